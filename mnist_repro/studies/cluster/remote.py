"""What the workers of a cluster do: say what they train with, find the images, make runs.

All of this is called by Dask, in the workers' processes; what is sent there and back goes over the wire.
"""

from __future__ import annotations

import re
import threading
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import numpy as np

from mnist_repro.datasets.dataset import Dataset, find_dataset
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment, package_code_sha256, training_code_sha256
from mnist_repro.studies.worker import THREADS, MadeRun, PlannedRun, make_run

# How long a worker that has asked for images waits for them before it asks again.
_IMAGES_SECONDS = 60.0
_SHOWN_DIGITS = 12  # of a hash
_HASH = re.compile("[0-9a-f]{64}")
_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
_QUICK = 1  # zlib's level


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What a worker trains with.

    Parameters
    ----------
    package_sha256, training_sha256
        Hashes of all code of this package, and of that which decides a run.
    environment
        Versions, processor and flags.
    runs_at_once
        Threads in which Dask gives it work.
    """

    package_sha256: str
    training_sha256: str
    environment: Environment
    runs_at_once: int


@dataclass(frozen=True, kw_only=True)
class Images:
    """What a worker is told of the images that it needs.

    Parameters
    ----------
    name, sha256
        As in `Dataset`.
    """

    name: Literal["mnist", "digits"]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ImagesWanted:
    """A worker's answer where it has no such images: the run was not begun.

    Parameters
    ----------
    worker
        Its address.
    run
        The run.
    """

    worker: str
    run: PlannedRun


def describe_equipment(dask_worker: Any = None) -> Equipment:
    """Say what this process trains with.

    Parameters
    ----------
    dask_worker
        Given by Dask; None in the process that plans.

    Raises
    ------
    ReproError
        If TensorFlow is not installed.
    """
    return Equipment(
        package_sha256=package_code_sha256(),
        training_sha256=training_code_sha256(),
        environment=describe_environment(threads=THREADS),
        runs_at_once=dask_worker.state.nthreads if dask_worker else 1,
    )


def shorten(sha256: str) -> str:
    """Return as much of a hash as a reader needs."""
    return sha256[:_SHOWN_DIGITS] if _HASH.fullmatch(sha256) else sha256


def list_differences(found: Equipment, expected: Equipment) -> list[str]:
    """Say in which ways a worker differs in what must be the same for all runs of a study."""

    def list_facts(equipment: Equipment) -> dict[str, object]:
        environment = equipment.environment
        return {
            "code of the package": shorten(equipment.package_sha256),
            "training code": shorten(equipment.training_sha256),
            "TensorFlow": environment.tensorflow,
            "Keras": environment.keras,
            "NumPy": environment.numpy,
            "processor": environment.processor,
            "flags": environment.flags or "none",
            "runs at once in one process (--nthreads)": equipment.runs_at_once,
        }

    theirs, ours = list_facts(found), list_facts(expected)
    return [f"{name} {theirs[name]} in place of {ours[name]}" for name in ours if theirs[name] != ours[name]]


def refuse_worker(address: str, reasons: list[str]) -> ReproError:
    """Return the error that a worker cannot take part."""
    return ReproError(
        f"Runs of different code, versions, processors or settings are never pooled, and the worker {address} differs "
        f"from the process that plans, or from the other workers: {'; '.join(reasons)}. Start it from the same "
        "environment with `dask worker --nthreads 1`, or take it out of the cluster."
    )


def train_here(run: PlannedRun, *, images: Images, expected: Equipment) -> MadeRun | ImagesWanted:
    """Make a run in this worker, unless it lacks the images.

    Raises
    ------
    ReproError
        If the worker is not equipped as expected: it may have joined, or been started anew, since it was asked.
    """
    from distributed import get_worker  # noqa: PLC0415 - an extra, and there in every worker

    worker = get_worker()
    differences = list_differences(describe_equipment(worker), expected)
    if differences:
        raise refuse_worker(worker.address, differences)
    dataset = _SHELF.find(images)
    return make_run(run, dataset) if dataset else ImagesWanted(worker=worker.address, run=run)


def pack_images(dataset: Dataset) -> bytes:
    """Return images with their labels as bytes to be sent, a quarter of their size."""
    file = BytesIO()
    arrays: dict[str, Any] = {name: getattr(dataset, name) for name in _ARRAYS}
    np.savez(file, **arrays)
    return zlib.compress(file.getvalue(), _QUICK)


def receive_images(packed: bytes, images: Images) -> None:
    """Keep images that were sent, for all runs to come.

    Parameters
    ----------
    packed
        As `pack_images` returns them.
    images
        What they are said to be.

    Raises
    ------
    ReproError
        If they are anything else.
    """
    with np.load(BytesIO(zlib.decompress(packed)), allow_pickle=False) as arrays:
        dataset = Dataset(name=images.name, source="sent by the process that plans", **arrays)
    if dataset.sha256 != images.sha256:
        msg = (
            f"Images were sent with the SHA-256 sum {images.sha256}; received are others: {dataset.sha256}. Try again."
        )
        raise ReproError(msg)
    _SHELF.put(dataset)


class _Shelf:
    """The images that a worker process has: those it needed last."""

    def __init__(self) -> None:
        self._dataset: Dataset | None = None
        self._asked_for: Images | None = None
        self._came = threading.Event()

    def find(self, images: Images) -> Dataset | None:
        """Return the images: at hand, in a folder of this machine, or sent; None where they are to be asked for."""
        if self._asked_for == images:
            # Whoever asks at once for every run would be given all runs of the study.
            self._came.wait(_IMAGES_SECONDS)
        elif not self._has(images):
            self._dataset = find_dataset(images.name, sha256=images.sha256)
        if self._has(images):
            return self._dataset
        self._asked_for = images
        self._came.clear()
        return None

    def put(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._asked_for = None
        self._came.set()

    def _has(self, images: Images) -> bool:
        return self._dataset is not None and self._dataset.sha256 == images.sha256


_SHELF = _Shelf()
