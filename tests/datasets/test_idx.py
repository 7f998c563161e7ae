"""IDX files: the accepted bytes, and the message about all others."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from small_mnist import SMALL_ARRAYS, TEST_IMAGES, TRAIN_IMAGES, TRAIN_LABELS, content_of

from mnist_repro.datasets.idx import MNIST_FILES, BrokenFileError, check_idx, read_idx

IMAGES = content_of(TRAIN_IMAGES)
IMAGES_GZIPPED = gzip.compress(IMAGES, mtime=0)
ALTERED = IMAGES[:-1] + bytes([IMAGES[-1] ^ 1])
ALTERED_SHA256 = hashlib.sha256(ALTERED).hexdigest()


def refusal_of(path: Path) -> str:
    """Return the message about a file that should hold the small training images."""
    with pytest.raises(BrokenFileError) as caught:
        read_idx(path, file=TRAIN_IMAGES)
    return str(caught.value)


@pytest.mark.parametrize("content", [pytest.param(IMAGES, id="plain"), pytest.param(IMAGES_GZIPPED, id="gzipped")])
@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_read_idx_right_content_gives_the_array_whatever_the_name(tmp_path: Path, content: bytes, name: str) -> None:
    """A file is unpacked when its content is a gzip; its name does not matter."""
    path = tmp_path / name
    path.write_bytes(content)

    array = read_idx(path, file=TRAIN_IMAGES)

    np.testing.assert_array_equal(array, SMALL_ARRAYS["x_train"])
    assert array.dtype == np.uint8
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("content", "expected", "received"),
    [
        pytest.param(b"", "52 bytes of images", "only 0", id="empty"),
        pytest.param(b"\n<!DOCTYPE html>", "52 bytes of images", "looks like a web page", id="web page"),
        pytest.param(b"PK\x03\x04zip", "52 bytes of images", "only 7", id="another format"),
        pytest.param(content_of(TRAIN_LABELS), "52 bytes of images", "labels: images and labels may be", id="labels"),
        pytest.param(content_of(TEST_IMAGES), "52 bytes of images", "4 images: training and test files may", id="test"),
        pytest.param(struct.pack(">4I", 2051, 6, 2, 3) + IMAGES[16:], "52 bytes", "file was altered", id="wrong shape"),
        pytest.param(IMAGES[:10], "52 bytes", "only 10", id="cut in the header"),
        pytest.param(IMAGES[:-1], "52 bytes", "only 51", id="cut in the values"),
        pytest.param(IMAGES + b"\0", "52 bytes", "more", id="too long"),
        pytest.param(gzip.compress(IMAGES + bytes(10**6)), "52 bytes", "more", id="gzip of something too long"),
        pytest.param(
            ALTERED, TRAIN_IMAGES.sha256, f"as many with the sum {ALTERED_SHA256}: the file was", id="altered"
        ),
        pytest.param(IMAGES_GZIPPED[:-9], "intact gzip", "damaged one (Compressed file ended", id="cut gzip"),
        pytest.param(IMAGES_GZIPPED[:-8] + bytes(8), "intact gzip", "damaged", id="gzip with a wrong sum"),
        pytest.param(IMAGES_GZIPPED[:10] + b"\xff" * 40, "intact gzip", "damaged", id="gzip without sense"),
    ],
)
def test_read_idx_wrong_content_says_what_was_expected_and_received(
    tmp_path: Path, content: bytes, expected: str, received: str
) -> None:
    """The message says what was expected and what was received."""
    path = tmp_path / "images.gz"
    path.write_bytes(content)

    message = refusal_of(path)

    expectation, _, reception = message.partition("received")
    assert expected in expectation
    assert received in f"received{reception}"


def test_read_idx_images_where_labels_belong_says_they_may_be_swapped(tmp_path: Path) -> None:
    """Images under the name of labels are recognised as images."""
    (tmp_path / "labels").write_bytes(IMAGES)

    with pytest.raises(BrokenFileError, match=r"Expected 14 bytes of labels.*received images: .*swapped"):
        read_idx(tmp_path / "labels", file=TRAIN_LABELS)


def test_read_idx_folder_in_place_of_file_is_refused(tmp_path: Path) -> None:
    """A folder with the name of a file is called a folder."""
    assert refusal_of(tmp_path) == "Expected a file, received a folder."


def test_read_idx_broken_link_is_refused(tmp_path: Path) -> None:
    """A link to nothing is called a broken link."""
    link = tmp_path / "images"
    link.symlink_to(tmp_path / "nowhere")

    assert refusal_of(link) == "Expected a file, received a broken link."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_read_idx_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """A pipe that nobody writes to is not opened."""
    pipe = tmp_path / "images"
    os.mkfifo(pipe)

    assert refusal_of(pipe) == "Expected a file, received something else."


def test_read_idx_forbidden_file_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system refuses to open is refused with the system's reason."""
    path = tmp_path / "images"
    path.write_bytes(IMAGES)

    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)

    assert refusal_of(path) == "It cannot be read: Permission denied."


def test_read_idx_enormous_gzip_reads_no_more_than_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a gzip that unpacks to far too much, only one byte beyond the expected size is unpacked."""
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(IMAGES + bytes(10**7)))
    limits: list[int] = []
    read = gzip.GzipFile.read

    def record(stream: gzip.GzipFile, size: int | None = -1) -> bytes:
        limits.append(-1 if size is None else size)
        return read(stream, size)

    monkeypatch.setattr(gzip.GzipFile, "read", record)

    assert "more" in refusal_of(path)
    assert limits == [TRAIN_IMAGES.size + 1]


@given(content=st.binary(max_size=80))
def test_check_idx_any_other_bytes_are_refused(content: bytes) -> None:
    """No other content than the right one is accepted, and none raises anything but BrokenFileError."""
    with pytest.raises(BrokenFileError):
        check_idx(content, file=TRAIN_IMAGES)


@given(position=st.integers(0, len(IMAGES) - 1), flipped=st.integers(1, 255))
def test_check_idx_any_altered_byte_is_refused(position: int, flipped: int) -> None:
    """A file of which a single byte differs is refused."""
    altered = bytearray(IMAGES)
    altered[position] ^= flipped

    with pytest.raises(BrokenFileError):
        check_idx(bytes(altered), file=TRAIN_IMAGES)


def test_mnist_files_sizes_are_the_published_ones() -> None:
    """The four files have the sizes that their authors published."""
    assert [file.size for file in MNIST_FILES] == [47_040_016, 60_008, 7_840_016, 10_008]
