"""A small MNIST, and places that have none."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_mnist import SMALL_FILES, STAND_IN, write_plain

from mnist_repro.datasets import dataset as datasets, download as downloads
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.datasets.folders import AbsentError


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
