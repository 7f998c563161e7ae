"""MNIST as npz: the accepted arrays, and the message about all others."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from small_mnist import SMALL_ARRAYS, SMALL_FILES, assert_is_small_mnist

from mnist_repro.datasets.idx import BrokenFileError
from mnist_repro.datasets.npz import read_npz


def npz_of(**changed: Any) -> bytes:
    """Return the small MNIST as npz, with some arrays replaced; None leaves one out."""
    arrays = {key: value for key, value in {**SMALL_ARRAYS, **changed}.items() if value is not None}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def altered_images() -> Any:
    """Return the training images with one pixel changed."""
    images = SMALL_ARRAYS["x_train"].copy()
    images[0, 0, 0] ^= 1
    return images


def archive_with_member(content: bytes) -> bytes:
    """Return a zip archive in which the training images are `content`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x_train.npy", content)
    return buffer.getvalue()


NPZ = npz_of()
IMAGES = SMALL_ARRAYS["x_train"]


def test_read_npz_right_content_gives_the_arrays(tmp_path: Path) -> None:
    """The four arrays come in the order of the files, whatever their order in the archive."""
    path = tmp_path / "mnist.npz"
    path.write_bytes(NPZ)

    arrays = read_npz(path, files=SMALL_FILES)

    assert_is_small_mnist(arrays)
    assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "npz archive", id="empty"),
        pytest.param(b"<html>not here</html>", "npz archive", id="web page"),
        pytest.param(NPZ[:-30], "npz archive", id="cut"),
        pytest.param(npz_of(y_test=None), "MNIST's arrays, received one .*no item named 'y_test.npy'", id="missing"),
        pytest.param(
            npz_of(x_train=np.array([{"a": 1}], dtype=object)),
            r"array x_train: Expected .*uint8.*received .*dtype\('O'\)",
            id="pickled objects",
        ),
        pytest.param(
            npz_of(x_train=IMAGES.astype(np.float32)),
            "array x_train: Expected .*uint8.*received .*float32",
            id="another type",
        ),
        pytest.param(npz_of(x_train=IMAGES[:5]), r"Expected .*\(6, 3, 2\).*received .*\(5, 3, 2\)", id="too few"),
        pytest.param(npz_of(x_train=np.asfortranarray(IMAGES)), "Expected .*False.*received .*True", id="by columns"),
        pytest.param(
            npz_of(x_train=altered_images()),
            "array x_train: Expected .* the SHA-256 sum .* received .* altered",
            id="altered",
        ),
        pytest.param(archive_with_member(b"no array"), "npz archive", id="no array"),
        pytest.param(archive_with_member(b"\x93NUMPY\x02\x00"), "npz archive", id="cut after its version"),
    ],
)
def test_read_npz_wrong_content_says_what_was_expected_and_received(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """The message says what was expected and what was received."""
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)

    with pytest.raises(BrokenFileError, match=message):
        read_npz(path, files=SMALL_FILES)


def test_read_npz_folder_in_place_of_file_is_refused(tmp_path: Path) -> None:
    """A folder with the name of the archive is called a folder."""
    with pytest.raises(BrokenFileError, match=r"^Expected a file, received a folder\.$"):
        read_npz(tmp_path, files=SMALL_FILES)


def test_read_npz_header_with_enormous_shape_is_refused_before_it_is_believed(tmp_path: Path) -> None:
    """An array that claims terabytes costs no memory."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**42,)})
    path = tmp_path / "mnist.npz"
    path.write_bytes(archive_with_member(header.getvalue()))

    with pytest.raises(BrokenFileError, match=rf"received .*\({2**42},\)"):
        read_npz(path, files=SMALL_FILES)


@given(position=st.integers(0, len(NPZ) - 1), flipped=st.integers(1, 255))
def test_read_npz_any_altered_byte_gives_the_same_arrays_or_is_refused(position: int, flipped: int) -> None:
    """A damaged archive never gives other arrays, and never raises anything but BrokenFileError."""
    damaged = bytearray(NPZ)
    damaged[position] ^= flipped
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mnist.npz"
        path.write_bytes(damaged)
        try:
            arrays = read_npz(path, files=SMALL_FILES)
        except BrokenFileError:
            return

    assert_is_small_mnist(arrays)
