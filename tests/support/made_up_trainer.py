"""In place of `mnist_repro.training.trainer`: runs that take a moment, train nothing, and are decided by their seed."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from io import FileIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from made_up_runs import make_run
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records import jsonl as line_files
from mnist_repro.records.environment import describe_environment, training_code_sha256
from mnist_repro.records.packages import keras_version, tensorflow_version
from mnist_repro.records.run import RunRecord

RUN_SECONDS = 0.03
# What processes of tests are told otherwise: how long a run takes, and which seed's run ends its process.
SECONDS_VARIABLE, DEADLY_VARIABLE = "MADE_UP_RUN_SECONDS", "MADE_UP_DEADLY_SEED"
HALF_LINE_SECONDS = 0.02
# What Python runs when it starts, if it lies on its path: worker processes find this module instead of the real one.
START_UP = """
import sys, made_up_trainer
sys.modules["mnist_repro.training.trainer"] = made_up_trainer
made_up_trainer.write_slowly()
"""


def __getattr__(name: str) -> Any:
    """Return what stands for TensorFlow and its Keras: the versions that are installed. TensorFlow may be missing."""
    if name != "tf":
        raise AttributeError(name)
    keras = SimpleNamespace(__version__=keras_version(), Sequential=Trainer)
    config = SimpleNamespace(get_visible_devices=list)
    return SimpleNamespace(__version__=tensorflow_version(), keras=keras, config=config)


def limit_threads(threads: int) -> None:
    """Do nothing."""


def write_start_up(folder: Path) -> str:
    """Write what makes every Python process use this module; return the search path that they are started with."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(START_UP, encoding="utf-8")
    here = Path(__file__).parent
    return os.pathsep.join(map(str, (folder, here, here.parents[1])))


def write_slowly() -> None:
    """Have each line written in two halves, so that it is no rare thing to be killed in the middle of one."""

    def write(stream: FileIO, content: bytes) -> None:
        half = len(content) // 2
        stream.write(content[:half])
        time.sleep(HALF_LINE_SECONDS)
        stream.write(content[half:])

    line_files._write = write  # noqa: SLF001 - in processes of tests alone


class Trainer:
    """Makes up the records of one protocol's runs."""

    def __init__(self, protocol: Protocol, dataset: Dataset) -> None:
        self.protocol = protocol
        self.dataset = dataset
        self.model = self

    def serves(self, protocol: Protocol, dataset: Dataset) -> bool:
        """Return whether it was made for these."""
        return (self.protocol.sha256, self.dataset.sha256) == (protocol.sha256, dataset.sha256)

    def train(self, seed: int) -> RunRecord:
        """Return a run's record: its figures are the seed's, its times are not."""
        started = time.perf_counter()
        generator = np.random.default_rng(seed)
        if os.environ.get(DEADLY_VARIABLE) == str(seed):
            os._exit(9)
        time.sleep(float(os.environ.get(SECONDS_VARIABLE, RUN_SECONDS)) * generator.uniform(0.2, 1.8))
        accuracy = float(generator.uniform(0.6, 0.9))
        record = make_run(
            self.protocol,
            seed=seed,
            environment=describe_environment(threads=1),
            accuracy=accuracy,
            dataset=self.dataset.name,
            dataset_sha256=self.dataset.sha256,
            training_sha256=training_code_sha256(),
        )
        return replace(record, total_seconds=time.perf_counter() - started)

    def load_run(self, seed: int) -> None:
        """Do nothing."""

    def train_steps(self, steps: int) -> None:
        """Do nothing."""

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return weights as of a trained network."""
        return [np.zeros((784, 10), dtype=np.float32)]


def make_images() -> Dataset:
    """Return a hundred blank images of each kind."""
    images, labels = np.zeros((100, 784), dtype=np.uint8), np.zeros(100, dtype=np.uint8)
    arrays: dict[str, Any] = {"train_images": images, "train_labels": labels}
    return Dataset(
        name="digits", **arrays, test_images=images.copy(), test_labels=labels.copy(), source="made up for the tests"
    )
