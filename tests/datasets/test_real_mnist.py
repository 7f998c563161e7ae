"""The real MNIST has its published form, in whichever form it lies there."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from installed import REAL_FOLDER, needs_mnist

from mnist_repro.datasets.dataset import MNIST_CLASSES, MNIST_SHA256, Dataset, load_dataset
from mnist_repro.datasets.idx import MNIST_FILES
from mnist_repro.errors import ReproError


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
    for (_, start, stop), counts in MNIST_CLASSES.items():
        assert np.bincount(real.test_labels[start:stop]).tolist() == [*counts]


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

    with pytest.raises(ReproError, match=f"with the SHA-256 sum {MNIST_FILES[0].sha256}, received"):
        load_dataset("mnist", folder=tmp_path)
