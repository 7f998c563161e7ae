"""What a process that trains does: one run after the other, with one thread, each recorded however it ends.

TensorFlow is imported here, in the process that trains: the one that plans has no use for it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import describe_environment, training_code_sha256
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.artifacts import PICTURED_SEED, save_first_weights
from mnist_repro.studies.timing import Part, RunClock, RunTimes

if TYPE_CHECKING:
    from mnist_repro.training.trainer import Trainer

THREADS = 1

_STDERR = 2  # the file descriptor
# A step's fixed cost, in multiplications, beside those of its matrix products; only for the estimate of the time left.
_STEP_OVERHEAD = 5_000_000


@dataclass(frozen=True)
class PlannedRun:
    """A run to be had: from the store, or by training."""

    protocol: Protocol
    seed: int

    @property
    def cost(self) -> int:
        """How long the run takes, relative to others."""
        return self.protocol.multiplications + _STEP_OVERHEAD * self.protocol.training.steps


@dataclass(frozen=True, kw_only=True)
class MadeRun:
    """A run that has ended.

    Parameters
    ----------
    record
        What is kept of it.
    first_weights
        Those of the first layer, of shape (784, units), where they are shown; else None.
    times
        What its time went to.
    """

    record: RunRecord
    first_weights: NDArray[np.float32] | None
    times: RunTimes


def make_run(
    run: PlannedRun,
    dataset: Dataset,
    *,
    store: RecordStore | None = None,
    keep_pictures: bool = False,
    keep_models: bool = False,
) -> MadeRun:
    """Train one run, and record it, however it ends.

    Parameters
    ----------
    store
        Where it is recorded; None leaves that to the process that planned it.
    keep_pictures, keep_models
        As for `run_study`; without a store there is no place for them.

    Returns
    -------
    MadeRun
        With the record that the store has.

    Raises
    ------
    ReproError
        If it cannot be recorded.
    """
    clock = RunClock(run.protocol.id)
    started = datetime.now(timezone.utc)
    try:
        trainer = _ready_trainer(run.protocol, dataset, clock=clock)
        with clock.measure(Part.TRAINING):
            record = trainer.train(run.seed)
    except Exception as error:  # noqa: BLE001 - whatever ends a run is recorded as its reason
        record = _failed_record(run, dataset, error, started=started)
    recorded, is_pictured = record, run.seed == PICTURED_SEED and record.status != "failed"
    first_weights = trainer.model.get_weights()[0] if is_pictured else None
    if store:
        recorded = keep_run(record, first_weights if keep_pictures else None, store=store)
        if keep_models and record.status != "failed":
            _keep_model(trainer, recorded, store)
    return MadeRun(record=recorded, first_weights=None if store else first_weights, times=clock.stop(record))


def read_first_weights(
    protocol: Protocol, dataset: Dataset, *, seed: int, steps: Sequence[int]
) -> dict[int, NDArray[np.float32]]:
    """Train a run as far as it takes, in this process, and return the first layer's weights on the way.

    Parameters
    ----------
    steps
        After how many of them; ascending.

    Returns
    -------
    dict
        Arrays of shape (784, units), by the steps made.
    """
    trainer = _ready_trainer(protocol, dataset, clock=RunClock(protocol.id))
    trainer.load_run(seed)
    weights = {}
    for before, after in pairwise((0, *steps)):
        trainer.train_steps(after - before)
        weights[after] = trainer.model.get_weights()[0]
    return weights


def keep_run(record: RunRecord, first_weights: NDArray[np.float32] | None, *, store: RecordStore) -> RunRecord:
    """Record a run, then keep its first layer's weights, if any are given; return the record that the store has.

    Raises
    ------
    ReproError
        If they cannot be written.
    """
    # Before anything else is kept, which may go wrong.
    recorded = store.append(record)
    if first_weights is not None:
        save_first_weights(store.folder, record=record, weights=first_weights)
    return recorded


# A worker process holds on to the trainer it used last: compiling takes longer than many a run.
_last_trainer: list[Trainer] = []


def _ready_trainer(protocol: Protocol, dataset: Dataset, *, clock: RunClock) -> Trainer:
    with clock.measure(Part.IMPORTING), _silenced_stderr():
        # TensorFlow's start-up messages tell a user nothing.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        is_first = "mnist_repro.training.trainer" not in sys.modules
        from mnist_repro.training.trainer import Trainer, limit_threads  # noqa: PLC0415 - see above

        if is_first:
            # joblib has each process look for garbage every second. Among all that TensorFlow brought there is none,
            # and to look there took a tenth of a second.
            gc.freeze()

    with clock.measure(Part.COMPILING):
        if not any(trainer.serves(protocol, dataset) for trainer in _last_trainer):
            limit_threads(THREADS)
            # Before the next one is made: two trainers' batches would be the most that a worker ever holds.
            _last_trainer.clear()
            _last_trainer.append(Trainer(protocol, dataset))
    return _last_trainer[0]


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Silence what compiled code prints: TensorFlow announces its build on import, and no setting stops it."""
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)


def _keep_model(trainer: Trainer, record: RunRecord, store: RecordStore) -> None:
    folder = store.folder / "models"
    folder.mkdir(exist_ok=True)
    trainer.model.save(folder / f"{record.experiment}-seed{record.seed}.keras")


def _failed_record(run: PlannedRun, dataset: Dataset, error: Exception, *, started: datetime) -> RunRecord:
    return RunRecord(
        experiment=run.protocol.id,
        protocol_sha256=run.protocol.sha256,
        training_sha256=training_code_sha256(),
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        seed=run.seed,
        status="failed",
        reason=f"{type(error).__name__}: {error}",
        periods=(),
        final_loss={},
        final_accuracy={},
        confusion_matrix=(),
        first_call_seconds=0.0,
        evaluation_seconds=0.0,
        total_seconds=(datetime.now(timezone.utc) - started).total_seconds(),
        started=started.isoformat(timespec="seconds"),
        environment=describe_environment(threads=THREADS),
    )
