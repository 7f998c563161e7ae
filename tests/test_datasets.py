"""The dataset that a study gets: where it comes from, what it holds, what is said where there is none."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from small_mnist import SMALL_ARRAYS, SMALL_FILES, TEST_LABELS, TRAIN_IMAGES, write_gzipped, write_plain

from mnist_repro import datasets
from mnist_repro.datasets import Dataset, find_dataset, images_of, load_dataset, reorder_training_images
from mnist_repro.errors import ReproError
from mnist_repro.protocols import ImageSlice
from mnist_repro.sources import downloads
from mnist_repro.sources.digits import SOURCE as DIGITS_SOURCE
from mnist_repro.sources.downloads import Mirror
from mnist_repro.sources.idx import MNIST_FILES
from mnist_repro.sources.places import AbsentError

REAL_FOLDER = os.environ.get("MNIST_REPRO_DATA")
needs_mnist = pytest.mark.skipif(not REAL_FOLDER, reason="MNIST_REPRO_DATA does not name a folder with MNIST")

# Made by Dataset.sha256 from files with the published sums.
MNIST_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"

# Five images to train with and three to test with, of 2 x 3 pixels, as `build_digits` gives them.
STAND_IN = tuple(
    (np.arange(6 * count, dtype=np.uint8).reshape(count, 2, 3) + count, np.arange(count, dtype=np.uint8))
    for count in (5, 3)
)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace MNIST and its stand-in by small ones, and leave two empty usual places and no network."""
    monkeypatch.delenv("MNIST_REPRO_DATA", raising=False)
    monkeypatch.setattr(datasets, "MNIST_FILES", SMALL_FILES)
    monkeypatch.setattr(datasets, "usual_places", lambda: iter([tmp_path / "near", tmp_path / "far"]))
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(datasets, "build_digits", lambda: STAND_IN)

    def refuse(*_: object, **__: object) -> None:
        msg = "it could not be downloaded from any mirror. There is no network."
        raise AbsentError(msg)

    monkeypatch.setattr(downloads, "download_mnist", refuse)
    return tmp_path


@pytest.fixture
def small(nowhere: Path) -> Dataset:
    """Return the small MNIST as a dataset."""
    return load_dataset(folder=write_plain(nowhere / "given"))


def alter(path: Path) -> None:
    """Change the last byte of a file."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_load_dataset_gives_images_as_rows_of_pixels(small: Dataset) -> None:
    """Images are flattened, labels are as they are, and nothing can be changed by accident."""
    np.testing.assert_array_equal(small.train_images, SMALL_ARRAYS["x_train"].reshape(6, 6))
    np.testing.assert_array_equal(small.train_labels, SMALL_ARRAYS["y_train"])
    np.testing.assert_array_equal(small.test_images, SMALL_ARRAYS["x_test"].reshape(4, 6))
    np.testing.assert_array_equal(small.test_labels, SMALL_ARRAYS["y_test"])
    assert not small.train_images.flags.writeable
    assert (small.name, small.is_stand_in, small.note) == ("mnist", False, "")


def test_load_dataset_folder_is_preferred_to_the_variable(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is given decides; the variable is not even read."""
    monkeypatch.setenv("MNIST_REPRO_DATA", str(nowhere / "missing"))

    assert load_dataset(folder=write_plain(nowhere / "given")).source == str(nowhere / "given")


def test_load_dataset_variable_is_preferred_to_usual_places(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the variable names comes before the usual places."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", str(write_plain(nowhere / "named")))

    assert load_dataset().source == str(nowhere / "named")


def test_load_dataset_empty_variable_counts_as_none(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable names no folder."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", "")

    assert load_dataset().source == str(nowhere / "near")


def test_load_dataset_usual_places_are_tried_in_turn(nowhere: Path) -> None:
    """The first place that holds all of MNIST is used."""
    write_plain(nowhere / "far")

    assert load_dataset().source == str(nowhere / "far")

    write_plain(nowhere / "near")

    assert load_dataset().source == str(nowhere / "near")


def test_load_dataset_incomplete_usual_place_is_passed_over(nowhere: Path) -> None:
    """A usual place without one of the files does not keep the next from being used."""
    (write_plain(nowhere / "near") / TEST_LABELS.name).unlink()
    write_plain(nowhere / "far")

    assert load_dataset().source == str(nowhere / "far")


def test_load_dataset_altered_file_in_usual_place_is_an_error(nowhere: Path) -> None:
    """An altered file is never passed over silently, even where another place has a good one."""
    path = write_plain(nowhere / "near") / TRAIN_IMAGES.name
    alter(path)
    write_plain(nowhere / "far")

    with pytest.raises(ReproError, match=f"{TRAIN_IMAGES.name}: Its content was altered"):
        load_dataset()


@pytest.mark.parametrize("choice", ["auto", "mnist"])
def test_load_dataset_given_folder_without_mnist_is_an_error(nowhere: Path, choice: Literal["auto", "mnist"]) -> None:
    """A folder that was given is the only one that is looked into."""
    write_plain(nowhere / "near")

    with pytest.raises(ReproError, match=r"^--data must name a folder with .* but .*given does not exist\. Correct it"):
        load_dataset(choice, folder=nowhere / "given")


def test_load_dataset_named_folder_without_mnist_is_an_error(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that the variable names is the only one that is looked into."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", str(nowhere))

    with pytest.raises(ReproError, match=r"^MNIST_REPRO_DATA must name .* holds nothing of MNIST\. Correct"):
        load_dataset()


def test_load_dataset_auto_without_mnist_is_the_stand_in_and_says_why(nowhere: Path) -> None:
    """Where MNIST cannot be had, the stand-in is used, with a note."""
    dataset = load_dataset()

    assert (dataset.name, dataset.is_stand_in) == ("digits", True)
    assert dataset.note == (
        "MNIST is in none of the usual places, and it could not be downloaded from any mirror. There is no network."
    )
    assert not (nowhere / "cache").exists()


def test_load_dataset_mnist_without_mnist_names_every_place_and_the_next_step(nowhere: Path) -> None:
    """MNIST is never replaced where it was asked for; the error says where it was looked for."""
    (write_plain(nowhere / "far") / TEST_LABELS.name).unlink()

    with pytest.raises(ReproError) as caught:
        load_dataset("mnist")

    lines = str(caught.value).splitlines()
    assert lines == [
        "MNIST was not found:",
        f"  {nowhere / 'near'} does not exist",
        f"  {nowhere / 'far'} holds only a part of MNIST: t10k-labels-idx1-ubyte is missing",
        "  and it could not be downloaded from any mirror. There is no network.",
        (
            "Give a folder with MNIST's four IDX files, plain or gzipped, or with mnist.npz "
            "by --data or MNIST_REPRO_DATA, or use the stand-in: --dataset digits."
        ),
    ]


def test_load_dataset_digits_does_not_look_for_mnist(nowhere: Path) -> None:
    """The stand-in is given to whoever asks for it, though MNIST is there."""
    dataset = load_dataset("digits", folder=write_plain(nowhere / "given"))

    assert (dataset.name, dataset.note, dataset.source) == ("digits", "", DIGITS_SOURCE)
    np.testing.assert_array_equal(dataset.train_images, STAND_IN[0][0].reshape(5, 6))
    np.testing.assert_array_equal(dataset.train_labels, STAND_IN[0][1])
    np.testing.assert_array_equal(dataset.test_images, STAND_IN[1][0].reshape(3, 6))
    np.testing.assert_array_equal(dataset.test_labels, STAND_IN[1][1])


def test_load_dataset_digits_have_the_form_of_mnist() -> None:
    """The stand-in from scikit-learn has as many images as MNIST, of as many pixels, and cannot be changed either."""
    dataset = load_dataset("digits")

    assert dataset.train_images.shape == (60_000, 784)
    assert dataset.test_images.shape == (10_000, 784)
    assert not dataset.train_images.flags.writeable


def test_load_dataset_unknown_choice_is_an_error() -> None:
    """A misspelt choice is not taken for another."""
    with pytest.raises(ReproError, match=r"one of auto, mnist, digits; received 'minst'"):
        load_dataset("minst")  # type: ignore[arg-type]


def test_load_dataset_downloads_at_last(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a mirror gives for the cache is used, and both are named; it shows its progress if it may."""
    mirror = Mirror(name="near", url="https://mirror.example/mnist", form="idx")
    arrays = tuple(SMALL_ARRAYS[file.npz_key] for file in SMALL_FILES)
    asked = []

    def give(*place: object, **wishes: object) -> tuple[Any, Mirror]:
        asked.append((place, wishes))
        return arrays, mirror

    monkeypatch.setattr(downloads, "download_mnist", give)

    dataset = load_dataset("mnist", progress=False)
    load_dataset()

    wishes = {"files": SMALL_FILES, "mirrors": downloads.MIRRORS}
    assert asked == [((nowhere / "cache",), {**wishes, "progress": shown}) for shown in (False, True)]
    assert dataset.name == "mnist"
    assert dataset.source == f"https://mirror.example/mnist, kept in {nowhere / 'cache'}"


def test_dataset_sha256_depends_on_the_images_only(nowhere: Path, small: Dataset) -> None:
    """The same images from elsewhere have the same sum."""
    assert load_dataset(folder=write_gzipped(nowhere / "gzipped")).sha256 == small.sha256


def test_dataset_sha256_of_other_images_differs(small: Dataset) -> None:
    """One other pixel makes another sum."""
    images = small.train_images.copy()
    images[0, 0] ^= 1
    other = Dataset(
        name="mnist",
        train_images=images,
        train_labels=small.train_labels,
        test_images=small.test_images,
        test_labels=small.test_labels,
        source="",
    )

    assert other.sha256 != small.sha256


def test_find_dataset_images_of_this_machine_are_found_by_their_sum(nowhere: Path, small: Dataset) -> None:
    """Images in a usual place are found where they are those that are wanted, and else are not taken."""
    write_gzipped(nowhere / "far")

    found = find_dataset("mnist", sha256=small.sha256)

    assert found is not None
    assert (found.sha256, found.source) == (small.sha256, str(nowhere / "far"))
    assert find_dataset("mnist", sha256="0" * 64) is None


@pytest.mark.parametrize("damaged", [True, False], ids=["damaged", "missing"])
def test_find_dataset_named_folder_without_images_finds_none(
    nowhere: Path, small: Dataset, monkeypatch: pytest.MonkeyPatch, *, damaged: bool
) -> None:
    """Where the folder that the variable names does not hold them, nothing else is looked at or downloaded."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", str(nowhere / "named"))
    if damaged:
        alter(write_plain(nowhere / "named") / TRAIN_IMAGES.name)

    assert find_dataset("mnist", sha256=small.sha256) is None


def test_find_dataset_stand_in_is_made_here(nowhere: Path) -> None:
    """The stand-in is made on every machine, whatever folders it has."""
    write_plain(nowhere / "near")
    stand_in = load_dataset("digits")

    found = find_dataset("digits", sha256=stand_in.sha256)

    assert found is not None
    np.testing.assert_array_equal(found.train_images, stand_in.train_images)
    assert find_dataset("digits", sha256="0" * 64) is None


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        pytest.param(1, 3, id="within"),
        pytest.param(0, 4, id="from the first, and of the test images all"),
        pytest.param(2, 2, id="of no image"),
    ],
)
@pytest.mark.parametrize("source", ["train", "test"])
def test_images_of_slice_gives_views(
    small: Dataset, source: Literal["train", "test"], *, start: int, stop: int
) -> None:
    """A slice is the named stretch of images with their labels, and copies nothing."""
    images, labels = images_of(small, ImageSlice(source=source, start=start, stop=stop))

    whole = small.train_images if source == "train" else small.test_images
    np.testing.assert_array_equal(images, whole[start:stop])
    np.testing.assert_array_equal(labels, SMALL_ARRAYS[f"y_{source}"][start:stop])
    assert images.base is whole.base


@pytest.mark.parametrize(("start", "stop"), [(0, 5), (-1, 2), (3, 2)])
def test_images_of_slice_beyond_the_images_is_an_error(small: Dataset, start: int, stop: int) -> None:
    """A slice that would come out shorter than it says is refused."""
    with pytest.raises(ReproError, match=rf"within the 4 test images; received {start}\.\.{stop}"):
        images_of(small, ImageSlice(source="test", start=start, stop=stop))


def test_reorder_training_images_moves_labels_with_their_images(small: Dataset) -> None:
    """Training images and labels change places together; all else is as it was."""
    order = np.array([5, 0, 3, 1, 2, 4])

    reordered = reorder_training_images(small, order)

    np.testing.assert_array_equal(reordered.train_images, small.train_images[order])
    np.testing.assert_array_equal(reordered.train_labels, small.train_labels[order])
    assert reordered.test_images is small.test_images
    assert reordered.test_labels is small.test_labels
    assert (reordered.name, reordered.source) == (small.name, small.source)


@pytest.fixture(scope="module")
def real() -> Dataset:
    """Return MNIST itself."""
    return load_dataset("mnist", folder=Path(str(REAL_FOLDER)))


@needs_mnist
def test_load_dataset_real_mnist_has_the_published_form(real: Dataset) -> None:
    """Shapes, types, range and the number of images of each class are those of MNIST."""
    assert real.train_images.shape == (60_000, 784)
    assert real.test_images.shape == (10_000, 784)
    assert real.train_images.dtype == real.test_images.dtype == np.uint8
    assert (real.train_images.min(), real.train_images.max()) == (0, 255)
    # Counted by numpy.bincount in the published label files.
    assert np.bincount(real.train_labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(real.test_labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


@needs_mnist
def test_load_dataset_real_mnist_keeps_the_original_order(real: Dataset) -> None:
    """The 72nd training image is the 7 that the Julia document shows, and the sum is the recorded one."""
    assert real.train_labels[72 - 1] == 7
    assert real.sha256 == MNIST_SHA256


@needs_mnist
@pytest.mark.parametrize("form", ["plain", "gzipped", "npz"])
def test_load_dataset_real_mnist_is_the_same_in_every_form(real: Dataset, tmp_path: Path, form: str) -> None:
    """IDX files, gzipped IDX files and an npz give the same dataset."""
    arrays = (
        real.train_images.reshape(-1, 28, 28),
        real.train_labels,
        real.test_images.reshape(-1, 28, 28),
        real.test_labels,
    )
    if form == "npz":
        by_key: dict[str, Any] = {file.npz_key: array for file, array in zip(MNIST_FILES, arrays, strict=True)}
        np.savez(tmp_path / "mnist.npz", **by_key)
    for file, array in zip(MNIST_FILES, arrays, strict=True):
        content = file.header + array.tobytes()
        if form == "plain":
            (tmp_path / file.name).write_bytes(content)
        elif form == "gzipped":
            (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(content, compresslevel=1))

    assert load_dataset("mnist", folder=tmp_path).sha256 == real.sha256


@needs_mnist
def test_load_dataset_real_mnist_with_one_altered_pixel_is_refused(real: Dataset, tmp_path: Path) -> None:
    """One pixel of 47 million is enough."""
    for file in MNIST_FILES:
        (tmp_path / file.name).touch()
    altered = real.train_images.copy()
    altered[-1, 400] ^= 1
    (tmp_path / MNIST_FILES[0].name).write_bytes(MNIST_FILES[0].header + altered.tobytes())

    with pytest.raises(ReproError, match=f"expected the SHA-256 sum {MNIST_FILES[0].sha256}, received"):
        load_dataset("mnist", folder=tmp_path)
