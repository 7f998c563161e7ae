"""A made-up MNIST of ten tiny images: what the real files' fixed sums do not let tests make."""

from __future__ import annotations

import gzip
import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.idx import IdxFile


def _values_of(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return (np.arange(math.prod(shape)) * 7 % 10).astype(np.uint8).reshape(shape)


def content_of(file: IdxFile) -> bytes:
    """Return the content of the uncompressed IDX file."""
    return file.header + _values_of(file.shape).tobytes()


def _declare(name: str, npz_key: str, shape: tuple[int, ...]) -> IdxFile:
    file = IdxFile(name=name, npz_key=npz_key, shape=shape, sha256="")
    return replace(file, sha256=hashlib.sha256(content_of(file)).hexdigest())


SMALL_FILES = (
    _declare("train-images-idx3-ubyte", "x_train", (6, 3, 2)),
    _declare("train-labels-idx1-ubyte", "y_train", (6,)),
    _declare("t10k-images-idx3-ubyte", "x_test", (4, 3, 2)),
    _declare("t10k-labels-idx1-ubyte", "y_test", (4,)),
)
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = SMALL_FILES
SMALL_ARRAYS: dict[str, Any] = {file.npz_key: _values_of(file.shape) for file in SMALL_FILES}

# Five images to train with and three to test with, of 2 x 3 pixels, as `build_digits` gives them.
STAND_IN = tuple(
    (np.arange(6 * count, dtype=np.uint8).reshape(count, 2, 3) + count, np.arange(count, dtype=np.uint8))
    for count in (5, 3)
)


def write_plain(folder: Path) -> Path:
    """Write the four IDX files and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in SMALL_FILES:
        (folder / file.name).write_bytes(content_of(file))
    return folder


def write_gzipped(folder: Path) -> Path:
    """Write the four IDX files, gzipped, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in SMALL_FILES:
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(content_of(file), mtime=0))
    return folder


def write_dotted(folder: Path) -> Path:
    """Write the four IDX files under their other names and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in SMALL_FILES:
        (folder / file.name.replace("-idx", ".idx")).write_bytes(content_of(file))
    return folder


def write_npz(folder: Path) -> Path:
    """Write ``mnist.npz`` and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "mnist.npz", **SMALL_ARRAYS)
    return folder


def alter(path: Path) -> None:
    """Change the last byte of a file."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def assert_is_small_mnist(arrays: Sequence[NDArray[np.uint8]]) -> None:
    """Check each value."""
    for array, file in zip(arrays, SMALL_FILES, strict=True):
        np.testing.assert_array_equal(array, SMALL_ARRAYS[file.npz_key])
