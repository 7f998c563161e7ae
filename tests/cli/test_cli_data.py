"""`data`: where MNIST is, and one clear line for files that are not MNIST's."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from command_line import Call, assert_one_line, files_in
from installed import REAL_FOLDER, needs_mnist

from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING

IMAGES_HEADER = bytes.fromhex("00000803 0000ea60 0000001c 0000001c")
IMAGES_BYTES = len(IMAGES_HEADER) + 60_000 * 28 * 28
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@needs_mnist
def test_data_mnist_says_where_it_is(call: Call) -> None:
    """MNIST is named with its folder, and no word is said of a stand-in."""
    ended = call("data", "--dataset", "mnist", "--data", REAL_FOLDER)

    assert ended == (0, f"Images: mnist, {REAL_FOLDER}\n", "")


def test_data_stand_in_says_so(call: Call) -> None:
    """The stand-in is named, with the warning that it says nothing about any number."""
    ended = call("data", "--dataset", "digits")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Images: digits, ")
    assert STAND_IN_WARNING in ended.out


def _write_mnist_with(first: bytes, folder: Path) -> Path:
    """Write four files with MNIST's names, of which the first, which is read first, holds `first`."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"")
    (folder / FILES[0]).write_bytes(first)
    return folder / FILES[0]


@pytest.mark.parametrize("verb", ["data", "run"])
@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param(
            IMAGES_HEADER + bytes(100), [f"Expected {IMAGES_BYTES} bytes", "received only 116"], id="truncated"
        ),
        pytest.param(gzip.compress(IMAGES_HEADER + bytes(100))[:-9], ["Expected an intact gzip"], id="truncated gzip"),
        pytest.param(
            b"<!DOCTYPE html><title>404</title>",
            [f"Expected {IMAGES_BYTES} bytes", "looks like a web page"],
            id="web page",
        ),
        pytest.param(b"", [f"Expected {IMAGES_BYTES} bytes", "received only 0"], id="empty"),
    ],
)
def test_broken_mnist_file_is_named(call: Call, tmp_path: Path, verb: str, content: bytes, parts: list[str]) -> None:
    """The line names the file, what was expected and what was received."""
    file = _write_mnist_with(content, tmp_path / "mnist")
    before = files_in(tmp_path)

    ended = call(verb, "--data", file.parent)

    assert_one_line(ended, str(file), *parts, "Replace the file")
    assert before == files_in(tmp_path)


def test_altered_mnist_file_is_named(call: Call, tmp_path: Path) -> None:
    """A file of the right form and size with other values is told from MNIST by its sum."""
    file = _write_mnist_with(IMAGES_HEADER, tmp_path / "mnist")
    # All its pixels are 0: a hole in the file, which takes no room on the disk.
    os.truncate(file, IMAGES_BYTES)

    ended = call("data", "--data", file.parent)

    assert_one_line(ended, str(file), "with the SHA-256 sum ba891046e6505d7a", ", received ", "altered")
