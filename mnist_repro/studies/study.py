"""Many runs over processes: what the store already has is reused, what is missing is run and recorded at once.

Each worker process trains with one thread; the process that plans and counts needs no TensorFlow, unless it is the only
worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky import process_executor
from joblib.externals.loky.process_executor import BrokenProcessPool

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import labelled_examples
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment, training_code_sha256
from mnist_repro.records.run import RunRecord, run_conditions
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.artifacts import save_labels, save_sample_digits
from mnist_repro.studies.cluster.connection import Cluster
from mnist_repro.studies.timing import StudyClock
from mnist_repro.studies.worker import THREADS, MadeRun, PlannedRun, keep_run, make_run


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
    environment: Environment | None = None,
) -> Plan:
    """Find out which runs the store has under today's conditions, and which are missing.

    Parameters
    ----------
    workers
        Processes; None takes as many as there are processors. There are never more than runs.
    environment
        Where runs are made; None is this process's.

    Notes
    -----
    A run that failed with an exception is missing: it is tried again. One that diverged is a result.
    """
    environment = environment or describe_environment(threads=THREADS)
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
    clock: StudyClock | None = None,
    cluster: Cluster | None = None,
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
    clock
        Measures what the workers' time goes to.
    cluster
        Whose workers make the runs, with the environment of the plan; None makes them on this machine. Networks are
        not kept then.

    Raises
    ------
    ReproError
        If the store cannot be written, a worker process was killed, or the cluster fails.
    """
    store.prepare()
    if keep_pictures:
        save_sample_digits(store.folder, dataset=dataset)
        save_labels(store.folder, dataset=dataset, examples=labelled_examples(load_catalogue().documents.values()))
    clock = clock or StudyClock()
    clock.begin(workers=plan.workers)
    made: list[RunRecord] = []
    if cluster:
        ended = _run_on_cluster(plan, dataset, cluster=cluster, store=store, keep_pictures=keep_pictures)
    else:
        ended = _run_on_processes(plan, dataset, store=store, keep_pictures=keep_pictures, keep_models=keep_models)
    for run in ended:
        clock.add(run.times)
        made.append(run.record)
        if on_record:
            on_record(run.record)
    return [*plan.reused, *made]


def _run_on_processes(
    plan: Plan, dataset: Dataset, *, store: RecordStore, keep_pictures: bool, keep_models: bool
) -> Iterator[MadeRun]:
    """Make the runs on this machine; each process records its own."""
    # joblib gives every process the images as one file, mapped into its memory.
    jobs = (
        delayed(_make_on_process)(run, dataset, store=store, keep_pictures=keep_pictures, keep_models=keep_models)
        for run in plan.missing
    )
    try:
        with parallel_config(backend="loky", inner_max_num_threads=THREADS):
            yield from Parallel(n_jobs=plan.workers, return_as="generator_unordered", batch_size=1)(jobs)
    # Also where a worker is killed in the middle of its answer.
    except BrokenProcessPool as error:
        msg = (
            "A worker process was killed, perhaps for want of memory; the runs that had ended are recorded. "
            "The same command goes on from there; fewer --workers need less memory."
        )
        raise ReproError(msg) from error


def _run_on_cluster(
    plan: Plan, dataset: Dataset, *, cluster: Cluster, store: RecordStore, keep_pictures: bool
) -> Iterator[MadeRun]:
    """Have the runs made by a cluster's workers, which cannot reach the store: they are recorded here."""
    for run in cluster.train(plan.missing, dataset):
        weights = run.first_weights if keep_pictures else None
        yield replace(run, record=keep_run(run.record, weights, store=store))


def _make_on_process(run: PlannedRun, dataset: Dataset, **where: Any) -> MadeRun:
    # Where psutil is installed, joblib ends a process that holds 300 MB more than after its first run, as if it leaked.
    # Ours do when they go on to another experiment, and would import TensorFlow and compile again.
    process_executor._USE_PSUTIL = False  # noqa: SLF001 - it has no setting
    return make_run(run, dataset, **where)
