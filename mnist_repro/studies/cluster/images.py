"""The images of a study on every worker of a Dask cluster: read on its machine, or received.

This module imports Dask, an extra; nothing imports it before a study on a cluster begins.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import numpy as np
from distributed import Worker, WorkerPlugin

from mnist_repro.datasets.dataset import Dataset, find_dataset
from mnist_repro.errors import ReproError

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
_LEVEL = 1  # of zlib: the fastest, to a quarter of the size


class ImagesPlugin(WorkerPlugin):  # type: ignore[misc] # Dask publishes no types
    """Dask sends it to every worker, also to those that join later; there it holds the images.

    Attributes
    ----------
    name
        By which a worker finds it.
    dataset
        In a worker, after `setup`; None before.
    """

    idempotent = True  # of one name, Dask sends only the first

    def __init__(self, dataset: Dataset) -> None:
        self.name = f"mnist-repro images {dataset.sha256}"
        self.dataset: Dataset | None = None
        self._choice = dataset.name
        self._sha256 = dataset.sha256
        arrays: dict[str, Any] = {name: getattr(dataset, name) for name in _ARRAYS}
        file = BytesIO()
        np.savez(file, **arrays)
        self._packed = zlib.compress(file.getvalue(), _LEVEL)

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Read the images on this machine, or unpack those received.

        Raises
        ------
        ReproError
            If the received images are not those of the study.
        """
        self.dataset = find_dataset(self._choice, sha256=self._sha256) or self._unpack()

    def _unpack(self) -> Dataset:
        with np.load(BytesIO(zlib.decompress(self._packed)), allow_pickle=False) as arrays:
            dataset = Dataset(name=self._choice, source="sent by the process that plans", **arrays)
        if dataset.sha256 != self._sha256:
            msg = f"Images with the SHA-256 sum {self._sha256} were sent; received {dataset.sha256}. Try again."
            raise ReproError(msg)
        return dataset
