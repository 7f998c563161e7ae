"""Files kept beside the records: sample digits, labels, first-layer weights of one run, and trained networks.

Small `.npz` files under `pictures/`, so that a report needs neither MNIST nor TensorFlow; networks under `models/`.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.training.randomness import stream

# The run whose weights are shown.
PICTURED_SEED = 0
SAMPLE_DIGITS = 36

_SAMPLES = "sample-digits"
_LABELS = "labels"
# Follows the name of an experiment.
_EARLY = "-early"


def save_sample_digits(folder: Path, *, dataset: Dataset) -> None:
    """Save 36 training images with their labels; a dataset always gives the same 36."""
    generator = stream(PICTURED_SEED, "sample digits")
    chosen = np.sort(generator.choice(len(dataset.train_labels), size=SAMPLE_DIGITS, replace=False))
    images, labels = dataset.train_images[chosen], dataset.train_labels[chosen]
    _save(folder, _SAMPLES, made_from=dataset.sha256, images=images, labels=labels)


def save_labels(folder: Path, *, dataset: Dataset, examples: Collection[int]) -> None:
    """Save the labels of some training images.

    Parameters
    ----------
    examples
        Positions of the images, counted from 1; positions beyond the dataset are skipped.
    """
    kept = np.array(sorted({example for example in examples if example <= len(dataset.train_labels)}), dtype=np.int64)
    _save(folder, _LABELS, made_from=dataset.sha256, examples=kept, labels=dataset.train_labels[kept - 1])


def load_labels(folder: Path, *, dataset_sha256: str) -> dict[int, int]:
    """Return the saved labels of this dataset's training images by position, from 1; empty where none are saved."""
    found = _load(folder, _LABELS, made_from=dataset_sha256)
    if found is None:
        return {}
    return dict(zip(found["examples"].tolist(), found["labels"].tolist(), strict=True))


def find_labels(store: RecordStore, *, folder: Path) -> dict[int, int]:
    """Return the labels that are kept of the training images of an environment's newest run on MNIST.

    Labels belong to the images, so any environment may have kept them: a graph session keeps none of its own.

    Parameters
    ----------
    folder
        Folder of all environments' records.

    Returns
    -------
    dict
        Labels by the image's place, counted from 1; empty where none are kept, or no run was on MNIST.

    Raises
    ------
    ReproError
        If a record is broken, or a file of labels cannot be read.
    """
    newest = next((record for record in reversed(store.read()) if record.dataset == "mnist"), None)
    folders = [store.folder, *sorted(folder.glob("*"))] if newest else []
    found = (load_labels(each, dataset_sha256=newest.dataset_sha256) for each in folders if newest)
    return next(filter(None, found), {})


def save_first_weights(folder: Path, *, record: RunRecord, weights: NDArray[np.float32]) -> None:
    """Save the first layer's weights after a run, of shape (784, units), rounded to float16."""
    _save(folder, record.experiment, made_from=_describe_run(record), weights=weights.astype(np.float16))


def save_early_weights(folder: Path, *, record: RunRecord, weights: Mapping[int, NDArray[np.float32]]) -> None:
    """Save the first layer's weights within a run, as float16: arrays of shape (784, units), by number of steps."""
    steps = np.array(list(weights), dtype=np.int64)
    stacked = np.stack([values.astype(np.float16) for values in weights.values()])
    _save(folder, f"{record.experiment}{_EARLY}", made_from=_describe_run(record), steps=steps, weights=stacked)


def load_early_weights(folder: Path, *, record: RunRecord) -> dict[int, NDArray[np.float16]] | None:
    """Return the weights saved within this very run, by number of steps, or None where none are saved."""
    found = _load(folder, f"{record.experiment}{_EARLY}", made_from=_describe_run(record))
    return None if found is None else dict(zip(found["steps"].tolist(), found["weights"], strict=True))


def load_sample_digits(folder: Path, *, dataset_sha256: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Return images of shape (36, 784) and labels of shape (36,), or None where none of this dataset are saved."""
    found = _load(folder, _SAMPLES, made_from=dataset_sha256)
    return None if found is None else (found["images"], found["labels"])


def load_first_weights(folder: Path, *, record: RunRecord) -> NDArray[np.float16] | None:
    """Return the weights saved after this very run, of shape (784, units), or None where none are saved."""
    found = _load(folder, record.experiment, made_from=_describe_run(record))
    return None if found is None else found["weights"]


def save_model(folder: Path, *, record: RunRecord, content: bytes) -> None:
    """Save the network of a run: `content` is that of a `.keras` file, a zip whose comment will name the run."""
    with writing(_model_file(folder, record)) as file:
        file.write(content)
        with zipfile.ZipFile(file, "a") as archive:
            archive.comment = _hash_run(record)


def has_model(folder: Path, *, record: RunRecord) -> bool:
    """Return whether the network of this very run is saved."""
    try:
        with zipfile.ZipFile(_model_file(folder, record)) as archive:
            return archive.comment == _hash_run(record)
    except (OSError, zipfile.BadZipFile):
        return False


def _model_file(folder: Path, record: RunRecord) -> Path:
    return folder / "models" / f"{record.experiment}-seed{record.seed}.keras"


def _hash_run(record: RunRecord) -> bytes:
    return hashlib.sha256(_describe_run(record).encode()).hexdigest().encode()


def _describe_run(record: RunRecord) -> str:
    return "\n".join((*record.conditions, str(record.seed)))


def _file(folder: Path, name: str) -> Path:
    return folder / "pictures" / f"{name}.npz"


def _save(folder: Path, name: str, *, made_from: str, **arrays: NDArray[np.generic]) -> None:
    # In a thread, which no interruption reaches: NumPy would make a ValueError of it.
    with writing(_file(folder, name)) as file, ThreadPoolExecutor(1) as thread:
        saved = {"made_from": np.array(made_from), **arrays}
        thread.submit(np.savez_compressed, file, allow_pickle=False, **saved).result()


@contextmanager
def writing(target: Path) -> Iterator[BinaryIO]:
    """Write a file beside `target`, then put it in place: readers never see half a file.

    Raises
    ------
    ReproError
        If it cannot be written.
    """
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w+b") as file:
            yield file
        part.replace(target)
    except OSError as error:
        msg = f"{target} cannot be written: {error.strerror}."
        raise ReproError(msg) from error


def _load(folder: Path, name: str, *, made_from: str) -> dict[str, NDArray[Any]] | None:
    """Return the arrays saved under `name`, or None where there are none or they were made from something else."""
    file = _file(folder, name)
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as kept:
            arrays = dict(kept)
            return arrays if str(arrays["made_from"]) == made_from else None
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        msg = f"{file} is not a readable .npz file: {error}. Remove it and run the study again."
        raise ReproError(msg) from error
