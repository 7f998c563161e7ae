"""Many runs over processes: what the store already has is reused, what is missing is run and recorded at once.

Each worker process trains with one thread; the process that plans and counts needs no TensorFlow, unless it is the only
worker.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from mnist_repro.claims import labelled_examples, load_documents
from mnist_repro.datasets import Dataset
from mnist_repro.environment import describe_environment, training_code_sha256
from mnist_repro.errors import ReproError
from mnist_repro.pictures import PICTURED_SEED, save_first_weights, save_labels, save_sample_digits
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord, run_conditions

if TYPE_CHECKING:
    from mnist_repro.training import Trainer

Profile = Literal["brief", "quick", "versions", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)

_THREADS = 1
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
class Plan:
    """The runs of a study: planned = reused + missing.

    Parameters
    ----------
    reused
        Records that the store has already.
    missing
        Runs to be made, the longest first, so that no worker is left with a long one at the end.
    workers
        Processes that make them.
    """

    reused: tuple[RunRecord, ...]
    missing: tuple[PlannedRun, ...]
    workers: int

    @property
    def planned(self) -> int:
        """Number of runs."""
        return len(self.reused) + len(self.missing)


def profile_seeds(protocols: Iterable[Protocol], *, profile: Profile) -> dict[str, Sequence[int]]:
    """Return the seeds 0, 1, ... of each experiment in a profile."""
    return {protocol.id: range(protocol.seeds[profile]) for protocol in protocols}


def plan_study(
    protocols: Mapping[str, Protocol],
    *,
    seeds: Mapping[str, Sequence[int]],
    dataset: Dataset,
    store: RecordStore,
    workers: int | None = None,
) -> Plan:
    """Find out which runs the store has under today's conditions, and which are missing.

    Parameters
    ----------
    workers
        Processes; None takes as many as there are processors. There are never more than runs.

    Notes
    -----
    A run that failed with an exception is missing: it is tried again. One that diverged is a result.
    """
    environment = describe_environment(threads=_THREADS)
    # The newest record of a run counts.
    stored = {(record.conditions, record.seed): record for record in store.read()}
    reused: list[RunRecord] = []
    missing: list[PlannedRun] = []
    for protocol in protocols.values():
        conditions = run_conditions(
            experiment=protocol.id,
            protocol_sha256=protocol.sha256,
            training_sha256=training_code_sha256(),
            dataset_sha256=dataset.sha256,
            environment=environment,
        )
        for seed in seeds[protocol.id]:
            record = stored.get((conditions, seed))
            if record is None or record.status == "failed":
                missing.append(PlannedRun(protocol, seed))
            else:
                reused.append(record)
    missing.sort(key=lambda run: -run.cost)
    return Plan(reused=tuple(reused), missing=tuple(missing), workers=max(1, min(workers or cpu_count(), len(missing))))


def run_study(
    plan: Plan,
    *,
    dataset: Dataset,
    store: RecordStore,
    keep_pictures: bool = True,
    keep_models: bool = False,
    on_record: Callable[[RunRecord], None] | None = None,
) -> list[RunRecord]:
    """Make the missing runs of `plan`, and return the records of all its runs.

    Parameters
    ----------
    keep_pictures
        Whether labels, sample digits and the first layer's weights of a run are kept for the report.
    keep_models
        Whether the trained networks are kept too, under `models/` in the store's folder.
    on_record
        Called in this process after each run that was made.

    Raises
    ------
    ReproError
        If the store cannot be written, or a worker process was killed.
    """
    store.prepare()
    if keep_pictures:
        save_sample_digits(store.folder, dataset=dataset)
        save_labels(store.folder, dataset=dataset, examples=labelled_examples(load_documents().values()))
    made: list[RunRecord] = []
    # Workers inherit this: TensorFlow's start-up messages tell a user nothing.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    jobs = (
        delayed(_make_run)(run, dataset, store, keep_pictures=keep_pictures, keep_models=keep_models)
        for run in plan.missing
    )
    try:
        with parallel_config(backend="loky", inner_max_num_threads=_THREADS):
            for record in Parallel(n_jobs=plan.workers, return_as="generator_unordered", batch_size=1)(jobs):
                made.append(record)
                if on_record:
                    on_record(record)
    # Also where a worker is killed in the middle of its answer.
    except BrokenProcessPool as error:
        msg = (
            "A worker process was killed, perhaps for want of memory; the runs that had ended are recorded. "
            "The same command goes on from there; fewer --workers need less memory."
        )
        raise ReproError(msg) from error
    return [*plan.reused, *made]


def _make_run(
    run: PlannedRun, dataset: Dataset, store: RecordStore, *, keep_pictures: bool, keep_models: bool
) -> RunRecord:
    """Train one run in a worker process and record it, however it ends."""
    started = datetime.now(timezone.utc)
    try:
        trainer = _ready_trainer(run.protocol, dataset)
        record = trainer.train(run.seed)
    except Exception as error:  # noqa: BLE001 - whatever ends a run is recorded as its reason
        record = _failed_record(run, dataset, error, started=started)
        return store.append(record)
    # Before anything else is kept, which may go wrong.
    recorded = store.append(record)
    if keep_pictures and run.seed == PICTURED_SEED:
        save_first_weights(store.folder, record=record, weights=trainer.model.get_weights()[0])
    if keep_models:
        _keep_model(trainer, record, store)
    return recorded


# A worker process holds on to the trainer it used last: compiling takes longer than many a run.
_last_trainer: list[Trainer] = []


def _ready_trainer(protocol: Protocol, dataset: Dataset) -> Trainer:
    # Imported where a worker trains: the process that plans has no use for TensorFlow.
    with _silenced_stderr():
        from mnist_repro.training import Trainer, limit_threads  # noqa: PLC0415

    if not any(trainer.serves(protocol, dataset) for trainer in _last_trainer):
        limit_threads(_THREADS)
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
        environment=describe_environment(threads=_THREADS),
    )
