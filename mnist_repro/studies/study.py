"""Many runs: records in the store are reused, missing runs are trained by worker processes and recorded as they end.

This process plans, counts and writes every record, whether processes of this machine train or a cluster. Each worker
trains with one thread. This process needs no TensorFlow, unless it is the only worker.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from joblib import cpu_count

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.chance import count_seeds
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment, training_code_sha256
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord, run_conditions
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.artifacts import has_model, save_first_weights, save_labels, save_model, save_sample_digits
from mnist_repro.studies.cluster.connection import Cluster
from mnist_repro.studies.loaded import check_alike
from mnist_repro.studies.processes import check_processes, interrupted_by_signals, train_on_processes
from mnist_repro.studies.stopping import IsDecided
from mnist_repro.studies.timing import StudyClock
from mnist_repro.studies.worker import THREADS, MadeRun, PlannedRun, check_keras

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The runs of a study: planned = reused + missing."""

    reused: tuple[RunRecord, ...]  #: records that the store already has
    missing: tuple[PlannedRun, ...]  #: runs to be trained, the longest first, so that no worker ends with a long one
    workers: int  #: processes that train them
    #: `arithmetic_sha256` of the recorded runs, by experiment
    arithmetic: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """Number of runs."""
        return len(self.reused) + len(self.missing)

    @property
    def cost(self) -> int:
        """What its missing runs cost together, in the unit of a run's cost."""
        return sum(run.cost for run in self.missing)


def profile_seeds(protocols: Iterable[Protocol], *, profile: Profile) -> dict[str, Sequence[int]]:
    """Return the seeds 0, 1, ... of each experiment in a profile."""
    return {protocol.id: range(count_seeds(protocol, profile)) for protocol in protocols}


def plan_study(
    protocols: Mapping[str, Protocol],
    *,
    seeds: Mapping[str, Sequence[int]],
    dataset: Dataset,
    store: RecordStore,
    workers: int | None = None,
    environment: Environment | None = None,
    keep_models: bool = False,
) -> Plan:
    """Determine which runs the store has under today's conditions, and which are missing.

    Parameters
    ----------
    workers
        Processes; None takes one per processor. There are never more than runs.
    environment
        Environment of the workers; None is that of this process.
    keep_models
        Whether a recorded run whose network is not saved is trained again.

    Raises
    ------
    ReproError
        If TensorFlow is not installed, Keras is set to another backend, or so many workers cannot train here.

    Notes
    -----
    A run that failed with an exception is missing: it is tried again. One that diverged is a result.
    """
    here = environment is None
    if environment is None:
        check_keras()
        environment = describe_environment(threads=THREADS)
    stored = store.read()
    reused: list[RunRecord] = []
    arithmetic: dict[str, str | None] = {}
    missing: list[PlannedRun] = []
    for protocol in protocols.values():
        conditions = run_conditions(
            experiment=protocol.id,
            protocol_sha256=protocol.sha256,
            training_sha256=training_code_sha256(),
            dataset_sha256=dataset.sha256,
            environment=environment,
        )
        pool = pool_runs(stored, protocol=protocol, store=store, conditions=conditions, is_altered=dataset.is_altered)
        known = {record.seed: record for record in pool.records}
        arithmetic[protocol.id] = pool.arithmetic_sha256
        for seed in seeds[protocol.id]:
            record = known.get(seed)
            if record is None or record.status == "failed":
                missing.append(PlannedRun(protocol, seed, environment))
            elif keep_models and not has_model(store.folder, record=record):
                missing.append(PlannedRun(protocol, seed, environment, recorded=record))
            else:
                reused.append(record)
    missing.sort(key=lambda run: -run.cost)
    workers = max(1, min(workers or cpu_count(), len(missing)))
    if here and missing:
        check_processes(workers)
    return Plan(reused=tuple(reused), missing=tuple(missing), workers=workers, arithmetic=arithmetic)


def run_study(
    plan: Plan,
    *,
    dataset: Dataset,
    store: RecordStore,
    keep_pictures: bool = True,
    labelled_examples: Collection[int] = (),
    keep_models: bool = False,
    on_record: Callable[[RunRecord], None] | None = None,
    is_decided: IsDecided | None = None,
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
    is_decided
        Asked before the first run, and after each one for its experiment: whether that needs no further run. Those
        that workers were given already are made all the same. Not on a cluster, which is given all runs at once.
    clock
        Measures how the workers spend their time.
    cluster
        Its workers train, in the environment of the plan; None trains on this machine.

    Raises
    ------
    ReproError
        If the store cannot be written, a worker process was killed or computes otherwise than the recorded runs' did,
        or the cluster fails.
    """
    store.prepare()
    if keep_pictures:
        save_sample_digits(store.folder, dataset=dataset)
    if labelled_examples:
        save_labels(store.folder, dataset=dataset, examples=labelled_examples)
    clock = clock or StudyClock()
    clock.begin(workers=plan.workers)
    decided = _Decided(is_decided, plan.reused)
    if cluster:
        ended = cluster.train(plan.missing, dataset, keep_models=keep_models)
    else:
        # Whether a run is still needed is asked when a worker is free for it.
        needed = (run for run in plan.missing if run.protocol.id not in decided.experiments)
        ended = train_on_processes(needed, dataset, workers=plan.workers, keep_models=keep_models)
    records, arithmetic = list(plan.reused), dict(plan.arithmetic)
    recorded = {(run.protocol.id, run.seed): run.recorded for run in plan.missing}
    with interrupted_by_signals(), closing(ended):
        for run in ended:
            record = recorded.get((run.record.experiment, run.record.seed))
            if record is None:
                record = run.record
                expected = arithmetic.get(record.experiment)
                check_alike(record, arithmetic_sha256=expected)
                arithmetic[record.experiment] = expected or record.arithmetic_sha256
                _record(run, store=store, keep_pictures=keep_pictures)
            else:
                _keep_again(run, record, store=store)
            clock.add(run.times)
            records.append(record)
            decided.add(record)
            if on_record:
                on_record(record)
    return records


class _Decided:
    """The experiments that need no further run."""

    def __init__(self, is_decided: IsDecided | None, records: Iterable[RunRecord]) -> None:
        self.experiments: set[str] = set()
        self._is_decided = is_decided
        self._records: dict[str, list[RunRecord]] = defaultdict(list)
        for record in records:
            self._records[record.experiment].append(record)
        for experiment in self._records:
            self._ask(experiment)

    def add(self, record: RunRecord) -> None:
        self._records[record.experiment].append(record)
        self._ask(record.experiment)

    def _ask(self, experiment: str) -> None:
        if self._is_decided and self._is_decided(experiment, self._records[experiment]):
            self.experiments.add(experiment)


def find_alike(store: RecordStore, *, records: Iterable[RunRecord]) -> list[RunRecord]:
    """Return a store's runs of the same experiments under the same conditions, with these: verdicts are of all."""
    mine = {record.experiment: record.conditions for record in records}
    return [record for record in store.read() if record.conditions == mine.get(record.experiment)]


def find_other_pools(
    store: RecordStore, *, records: Iterable[RunRecord], protocols: Mapping[str, Protocol]
) -> dict[str, str]:
    """Return the experiments of which a store pools runs under other conditions than these, with what differs.

    A study that finds all of its runs recorded adds none, and one on another machine may have fewer than before.
    """
    mine, stored = {record.experiment: record for record in records}, store.read()
    others = {name: pool_runs(stored, protocol=protocols[name], store=store).records[-1] for name in mine}
    return {
        name: ", ".join(others[name].environment.list_differences(record.environment)) or "with other code or images"
        for name, record in mine.items()
        if others[name].conditions != record.conditions
    }


def _record(run: MadeRun, *, store: RecordStore, keep_pictures: bool) -> None:
    record = run.record
    # Before anything else is saved, which may fail.
    store.append(record)
    if keep_pictures and run.first_weights is not None:
        save_first_weights(store.folder, record=record, weights=run.first_weights)
    _keep_model(run, store=store)


def _keep_again(run: MadeRun, record: RunRecord, *, store: RecordStore) -> None:
    """Keep the network of a run that was trained again for it, if it is the recorded run's; record nothing."""
    if run.record.outcome == record.outcome:
        _keep_model(run, store=store)
    else:
        reason = run.record.reason or "other numbers"
        _LOGGER.warning(
            "%s, seed %d, did not come out as recorded (%s): its network is not kept. Its record stays as it is.",
            record.experiment,
            record.seed,
            reason,
        )


def _keep_model(run: MadeRun, *, store: RecordStore) -> None:
    record = run.record
    if run.model is not None:
        save_model(store.folder, record=record, content=run.model)
    if run.model_error is not None:
        msg = (
            f"The network of {record.experiment}, seed {record.seed}, could not be saved: {run.model_error}. "
            "The run is recorded; the same command goes on without its network."
        )
        raise ReproError(msg)
