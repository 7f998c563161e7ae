"""Many runs: records in the store are reused, missing runs are trained by worker processes and recorded as they end.

This process plans, counts and writes every record, whether processes of this machine train or a cluster. Each worker
trains with one thread. This process needs no TensorFlow, unless it is the only worker.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky import process_executor
from joblib.externals.loky.process_executor import BrokenProcessPool

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment, training_code_sha256
from mnist_repro.records.pooling import select_newest
from mnist_repro.records.run import RunRecord, run_conditions
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.artifacts import save_first_weights, save_labels, save_model, save_sample_digits
from mnist_repro.studies.cluster.connection import Cluster
from mnist_repro.studies.timing import StudyClock
from mnist_repro.studies.worker import THREADS, MadeRun, PlannedRun, check_keras, make_run

_STDERR = 2  # the file descriptor


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The runs of a study: planned = reused + missing."""

    reused: tuple[RunRecord, ...]  #: records that the store already has
    missing: tuple[PlannedRun, ...]  #: runs to be trained, the longest first, so that no worker ends with a long one
    workers: int  #: processes that train them

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
    environment: Environment | None = None,
) -> Plan:
    """Determine which runs the store has under today's conditions, and which are missing.

    Parameters
    ----------
    workers
        Processes; None takes one per processor. There are never more than runs.
    environment
        Environment of the workers; None is that of this process.

    Raises
    ------
    ReproError
        If TensorFlow is not installed, or Keras is set to another backend.

    Notes
    -----
    A run that failed with an exception is missing: it is tried again. One that diverged is a result.
    """
    if environment is None:
        check_keras()
        environment = describe_environment(threads=THREADS)
    stored = select_newest(store.read())
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
                missing.append(PlannedRun(protocol, seed, environment))
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
    labelled_examples: Collection[int] = (),
    keep_models: bool = False,
    on_record: Callable[[RunRecord], None] | None = None,
    clock: StudyClock | None = None,
    cluster: Cluster | None = None,
) -> list[RunRecord]:
    """Train the missing runs of `plan`, record each as it ends, and return the records of all its runs.

    Parameters
    ----------
    keep_pictures
        Whether sample digits and the first layer's weights of one run are saved for the report.
    labelled_examples
        Training images, counted from 1, whose label is saved for the report.
    keep_models
        Whether the trained networks are saved too, under `models/` in the store's folder.
    on_record
        Called after each run that was recorded.
    clock
        Measures how the workers spend their time.
    cluster
        Its workers train, in the environment of the plan; None trains on this machine.

    Raises
    ------
    ReproError
        If the store cannot be written, a worker process was killed, or the cluster fails.
    """
    store.prepare()
    if keep_pictures:
        save_sample_digits(store.folder, dataset=dataset)
    if labelled_examples:
        save_labels(store.folder, dataset=dataset, examples=labelled_examples)
    clock = clock or StudyClock()
    clock.begin(workers=plan.workers)
    if cluster:
        ended = cluster.train(plan.missing, dataset, keep_models=keep_models)
    else:
        ended = _train_on_processes(plan, dataset, keep_models=keep_models)
    records = list(plan.reused)
    with closing(ended):
        for run in ended:
            _record(run, store=store, keep_pictures=keep_pictures)
            clock.add(run.times)
            records.append(run.record)
            if on_record:
                on_record(run.record)
    return records


def _record(run: MadeRun, *, store: RecordStore, keep_pictures: bool) -> None:
    record = run.record
    # Before anything else is saved, which may fail.
    store.append(record)
    if keep_pictures and run.first_weights is not None:
        save_first_weights(store.folder, record=record, weights=run.first_weights)
    if run.model is not None:
        save_model(store.folder, record=record, content=run.model)
    if run.model_error is not None:
        msg = (
            f"The network of {record.experiment}, seed {record.seed}, could not be saved: {run.model_error}. "
            "The run is recorded; the same command goes on without its network."
        )
        raise ReproError(msg)


def _train_on_processes(plan: Plan, dataset: Dataset, *, keep_models: bool) -> Generator[MadeRun, None, None]:
    """Train the missing runs on this machine, and yield each as it ends."""
    _open_stderr()
    # joblib gives every process the images as one file, mapped into its memory.
    jobs = (delayed(_make_on_process)(run, dataset, keep_model=keep_models) for run in plan.missing)
    try:
        with parallel_config(backend="loky", inner_max_num_threads=THREADS):
            answers = Parallel(n_jobs=plan.workers, return_as="generator_unordered", batch_size=1)(jobs)
        try:
            for answer in answers:  # noqa: UP028 - `yield from` would close it outside of the block below
                yield answer
        finally:
            # Where the study ends early, joblib warns of results that nobody fetched.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answers.close()
    # Also where a worker is killed while it returns a run.
    except BrokenProcessPool as error:
        msg = (
            "A worker process was killed, perhaps because memory ran out; the runs that had ended are recorded. "
            "The same command goes on from there; fewer --workers need less memory."
        )
        raise ReproError(msg) from error


def _make_on_process(run: PlannedRun, dataset: Dataset, *, keep_model: bool) -> MadeRun:
    # Where psutil is installed, joblib ends a process that holds 300 MB more than after its first run, as if it leaked.
    # Ours do when they go on to another experiment, and would import TensorFlow and compile again.
    process_executor._USE_PSUTIL = False  # noqa: SLF001 - it has no setting
    return make_run(run, dataset, keep_model=keep_model)


def _open_stderr() -> None:
    """Open the null device as stderr where the process was started without: joblib flushes it.

    Compiled code prints to its descriptor, which the next file to be opened would get. Workers inherit it.
    """
    if sys.stderr is not None:
        return
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process runs
    opened = sys.stderr.fileno()
    try:
        os.fstat(_STDERR)
    except OSError:
        os.dup2(opened, _STDERR)
    else:
        os.set_inheritable(_STDERR, opened == _STDERR)
