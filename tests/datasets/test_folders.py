"""Reading MNIST from a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_mnist import (
    SMALL_ARRAYS,
    SMALL_FILES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    alter,
    assert_is_small_mnist,
    content_of,
    write_dotted,
    write_gzipped,
    write_npz,
    write_plain,
)

from mnist_repro.datasets.folders import AbsentError, read_folder
from mnist_repro.datasets.idx import BrokenFileError


def write_unpacked(folder: Path) -> Path:
    """Write each IDX file into a subfolder with its own name, as Kaggle does, and return the folder."""
    for file in SMALL_FILES:
        (folder / file.name).mkdir()
        (folder / file.name / file.name).write_bytes(content_of(file))
    return folder


def make_empty_subfolders(folder: Path) -> Path:
    """Make a subfolder with the name of each IDX file, and return the folder."""
    for file in SMALL_FILES:
        (folder / file.name).mkdir()
    return folder


def rename_dotted(folder: Path) -> Path:
    """Give the IDX files in subfolders their other names, and return the folder."""
    for file in SMALL_FILES:
        path = folder / file.name / file.name
        path.rename(path.with_name(file.name.replace("-idx", ".idx")))
    return folder


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(write_plain, id="plain"),
        pytest.param(write_gzipped, id="gzipped"),
        pytest.param(write_dotted, id="names with a dot"),
        pytest.param(write_npz, id="npz"),
    ],
)
def test_read_folder_every_form_gives_the_same_arrays(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    """The form of the files makes no difference to the arrays."""
    assert_is_small_mnist(read_folder(write(tmp_path), files=SMALL_FILES))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(write_unpacked, id="in subfolders"),
        pytest.param(lambda folder: write_dotted(write_unpacked(folder)), id="in subfolders and beside them"),
        pytest.param(lambda folder: write_dotted(make_empty_subfolders(folder)), id="beside empty subfolders"),
        pytest.param(lambda folder: rename_dotted(write_unpacked(folder)), id="with a dot in subfolders with none"),
    ],
)
def test_read_folder_layout_of_kaggle_finds_the_files(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    """The files are found in subfolders with their own names, and beside such subfolders under their other names."""
    assert_is_small_mnist(read_folder(write(tmp_path), files=SMALL_FILES))


def test_read_folder_layout_of_kaggle_altered_file_is_an_error(tmp_path: Path) -> None:
    """An altered file in a subfolder is named with its path."""
    path = write_unpacked(tmp_path) / TRAIN_IMAGES.name / TRAIN_IMAGES.name
    alter(path)

    with pytest.raises(BrokenFileError) as caught:
        read_folder(tmp_path, files=SMALL_FILES)

    assert str(caught.value).startswith(f"{path}: Expected ")


def test_read_folder_empty_subfolder_in_place_of_file_is_an_error(tmp_path: Path) -> None:
    """A subfolder with the name of a file and nothing in it is no file."""
    path = write_plain(tmp_path) / TRAIN_IMAGES.name
    path.unlink()
    path.mkdir()

    with pytest.raises(BrokenFileError, match=r"train-images-idx3-ubyte: Expected a file, received a folder\."):
        read_folder(tmp_path, files=SMALL_FILES)


def test_read_folder_part_of_idx_and_npz_reads_npz(tmp_path: Path) -> None:
    """An npz is used if the IDX files are incomplete."""
    write_npz(write_plain(tmp_path))
    (tmp_path / TEST_LABELS.name).unlink()

    assert len(read_folder(tmp_path, files=SMALL_FILES)) == 4


def test_read_folder_empty_folder_is_absent(tmp_path: Path) -> None:
    """A folder with other things in it holds nothing of MNIST."""
    (tmp_path / "README.md").touch()

    with pytest.raises(AbsentError, match=r"holds nothing of MNIST$"):
        read_folder(tmp_path, files=SMALL_FILES)


def test_read_folder_part_of_mnist_is_absent_and_names_what_is_missing(tmp_path: Path) -> None:
    """A folder without one of the files says which."""
    (write_plain(tmp_path) / TEST_LABELS.name).unlink()

    with pytest.raises(AbsentError, match=r"a part of MNIST: t10k-labels-idx1-ubyte is missing$"):
        read_folder(tmp_path, files=SMALL_FILES)


def test_read_folder_missing_folder_is_absent(tmp_path: Path) -> None:
    """A folder that does not exist is not an error of its own."""
    with pytest.raises(AbsentError, match=r"nowhere does not exist$"):
        read_folder(tmp_path / "nowhere", files=SMALL_FILES)


def test_read_folder_file_in_place_of_folder_is_absent(tmp_path: Path) -> None:
    """A file is not a folder that holds MNIST."""
    (tmp_path / "file").touch()

    with pytest.raises(AbsentError, match=r"file is not a folder$"):
        read_folder(tmp_path / "file", files=SMALL_FILES)


def test_read_folder_forbidden_folder_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be listed is absent for the system's reason."""

    def forbid(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbid)

    with pytest.raises(AbsentError, match=r"cannot be read \(Permission denied\)$"):
        read_folder(tmp_path, files=SMALL_FILES)


def test_read_folder_altered_file_names_file_and_next_step(tmp_path: Path) -> None:
    """An altered file is an error that names the file and what to do."""
    path = write_plain(tmp_path) / TRAIN_IMAGES.name
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")

    with pytest.raises(BrokenFileError) as caught:
        read_folder(tmp_path, files=SMALL_FILES)

    assert str(caught.value).startswith(f"{path}: ")
    assert "Replace the file by an unaltered copy" in str(caught.value)


def test_read_folder_swapped_images_and_labels_names_the_first(tmp_path: Path) -> None:
    """Swapped files are recognised as swapped."""
    write_plain(tmp_path)
    images, labels = tmp_path / TRAIN_IMAGES.name, tmp_path / TRAIN_LABELS.name
    images.rename(tmp_path / "kept")
    labels.rename(images)
    (tmp_path / "kept").rename(labels)

    with pytest.raises(BrokenFileError, match=r"train-images.*received labels: .*swapped"):
        read_folder(tmp_path, files=SMALL_FILES)


def test_read_folder_broken_link_is_an_error(tmp_path: Path) -> None:
    """A link to nothing under a file's name is broken, not absent."""
    path = write_plain(tmp_path) / TRAIN_IMAGES.name
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")

    with pytest.raises(BrokenFileError, match=r"train-images-idx3-ubyte: .*received a broken link"):
        read_folder(tmp_path, files=SMALL_FILES)


def test_read_folder_broken_npz_names_file_and_array(tmp_path: Path) -> None:
    """An npz without an array names the archive, the array and the next step."""
    np.savez(tmp_path / "mnist.npz", x_train=SMALL_ARRAYS["x_train"])

    with pytest.raises(BrokenFileError, match=r"mnist\.npz: Expected .*MNIST's arrays, received .*y_train.* Replace"):
        read_folder(tmp_path, files=SMALL_FILES)
