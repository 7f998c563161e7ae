"""One environment's runs, held against all that the documents report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, is_own
from mnist_repro.records.pooling import Pool, Reason, list_left_out, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.replay import read_replays
from mnist_repro.studies.stopping import read_rules
from mnist_repro.verdicts.causes.finder import ExperimentCauses, find_causes
from mnist_repro.verdicts.document import Family, JudgedRun, Said, judge_document
from mnist_repro.verdicts.exact import compare_replay
from mnist_repro.verdicts.finding import Basis, Finding, Verdict
from mnist_repro.verdicts.measured import Measurements, find_final_accuracy
from mnist_repro.verdicts.uncertainty import Certainty, assess_certainty


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """Medians over runs."""

    total: float  #: of the whole run without its first call
    training: float  #: of its training alone


@dataclass(frozen=True, kw_only=True)
class ExperimentResult:
    """One experiment's runs in one environment, beside its document's claims."""

    protocol: Protocol
    records: tuple[RunRecord, ...]  #: pooled runs, by seed; also those that did not complete
    set_aside: int  #: number of records that the pool excludes
    families: tuple[Family, ...]  #: the document's claims about it, judged

    @cached_property
    def completed(self) -> tuple[RunRecord, ...]:
        """The runs that completed."""
        return tuple(record for record in self.records if record.status == "completed")

    @property
    def unfinished(self) -> tuple[RunRecord, ...]:
        """The runs that diverged or failed."""
        return tuple(record for record in self.records if record.status != "completed")

    @cached_property
    def environment(self) -> Environment | None:
        """That of the newest run; None without any."""
        newest = max(self.records, key=lambda record: record.started, default=None)
        return newest.environment if newest else None

    @property
    def anchor(self) -> str:
        """What code hosts make of the experiment's heading."""
        return self.protocol.id.replace(".", "")

    @property
    def seconds(self) -> Seconds | None:
        """The time of a completed run; None without any."""
        if not self.completed:
            return None
        training = [record.training_seconds for record in self.completed]
        total = [record.total_seconds for record in self.completed]
        return Seconds(total=float(np.median(total)), training=float(np.median(training)))

    @property
    def final_accuracy(self) -> Claim | None:
        """The accuracy that the document reports at the end, on the set on which ours is asserted."""
        return find_final_accuracy((family.claim for family in self.families), protocol=self.protocol)

    @cached_property
    def certainties(self) -> tuple[Certainty, ...]:
        """The uncertainty of final values and of the ends of curves; times and rates have none."""
        last = [family.assessments[-1].measured for family in self.families]
        found = [assess_certainty(measured, protocol=self.protocol) for measured in last]
        return tuple(certainty for certainty in found if certainty)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps made at the end of each period, of shape (periods,)."""
        training = self.protocol.training
        return np.array([training.steps_after(period) for period in range(1, training.periods + 1)])

    def curves(self, metric: str) -> NDArray[np.float64]:
        """Return `metric` ("loss" or "accuracy") on the set of curves after each period, of shape (runs, periods)."""
        return np.array(
            [
                [getattr(period, metric)[self.protocol.curve_set] for period in record.periods]
                for record in self.completed
            ]
        )

    def reported(self, metric: str) -> NDArray[np.float64]:
        """Return the document's curve of `metric`, of shape (periods,), percentages as fractions.

        NaN after periods for which it reports nothing; empty where it reports no curve. It is that of the first run.
        """
        claims = [a.claim for f in self.families if f.claim.run == self.families[0].claim.run for a in f.assessments]
        curve = np.full(self.protocol.training.periods, np.nan)
        for claim in claims:
            if claim.metric == metric and claim.period and claim.evaluation_set in {None, self.protocol.curve_set}:
                curve[claim.period - 1] = claim.fraction
        return curve if np.isfinite(curve).any() else curve[:0]

    def confusion(self) -> NDArray[np.float64]:
        """Return the confusion matrix summed over the runs, of shape (10, 10): rows are true classes."""
        matrices = [record.confusion_matrix for record in self.completed]
        return np.asarray(np.sum(matrices, axis=0), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class EnvironmentResult:
    """All that one store of records says."""

    store: RecordStore
    experiments: tuple[ExperimentResult, ...]  #: every experiment of every document, also those that were not run
    runs: tuple[JudgedRun, ...]  #: every run that a document reports
    without_experiment: tuple[Family, ...]  #: claims that belong to no experiment
    compared: tuple[Said, ...]  #: every comparison of every document
    stated: tuple[Said, ...]  #: every statement of every document
    causes: tuple[ExperimentCauses, ...]  #: of the experiments for which the cause finder has runs here
    left_out: Mapping[Reason, tuple[int, ...]]  #: lines of the store's file that no pool has, by reason

    @cached_property
    def environment(self) -> Environment:
        """That of the newest pooled run."""
        return max(self.records, key=lambda record: record.started).environment

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.store.environment

    @property
    def differing(self) -> dict[str, dict[str, list[str]]]:
        """What decides runs and is not the same in all experiments: by its name, the ids of experiments by value."""
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for each in self.experiments:
            for name, value in each.environment.deciding.items() if each.environment else ():
                found[name][value].append(each.protocol.id)
        return {name: values for name, values in found.items() if len(values) > 1}

    @property
    def families(self) -> tuple[Family, ...]:
        """All claims, judged."""
        return (*(f for experiment in self.experiments for f in experiment.families), *self.without_experiment)

    @property
    def judged(self) -> tuple[Family | Said, ...]:
        """All that the documents report, with verdicts: families of claims, then comparisons, then statements."""
        return (*self.families, *self.compared, *self.stated)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The verdicts on all that the documents report."""
        return tuple(each.finding for each in self.judged)

    def outcome(self, document: str | None = None) -> Counter[Verdict]:
        """Count the verdicts on the runs that one document reports, or that all do."""
        return Counter(run.word for run in self.runs if document in {None, run.document})

    def beside(self, document: str | None = None) -> Counter[Verdict]:
        """Count the verdicts on what is reported beside the runs: neither their curves and values, nor facts."""
        itself = (each for each in self.judged if each.finding.basis is Basis.ITSELF)
        return Counter(each.finding.verdict for each in itself if document in {None, each.document})

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """All pooled runs."""
        return tuple(record for experiment in self.experiments for record in experiment.records)

    @property
    def is_stand_in(self) -> bool:
        """Whether any run was trained on the stand-in for MNIST."""
        return any(record.dataset != "mnist" for record in self.records)

    @property
    def is_published(self) -> bool:
        """Whether its numbers are results that may be cited: neither a user's own runs nor a stand-in's."""
        return not is_own(self.name) and not self.is_stand_in


def select_front(results: Iterable[EnvironmentResult]) -> EnvironmentResult | None:
    """Return the environment that represents all where there is room for one: the published one with most runs.

    None where no published environment has a completed run.
    """
    shown = [each for each in results if each.is_published and any(e.completed for e in each.experiments)]
    return max(shown, key=lambda result: len(result.records), default=None)


class OutdatedRecordsError(ReproError):
    """An environment has records, and none of them is of today's protocols."""


def summarize_environment(
    store: RecordStore,
    *,
    documents: Mapping[str, Document],
    protocols: Mapping[str, Protocol],
    alternatives: Sequence[Variant],
    labels: Mapping[int, int],
    records: Sequence[RunRecord] | None = None,
    others: Collection[str] = (),
) -> EnvironmentResult:
    """Hold the runs of an environment against all that the documents report.

    Parameters
    ----------
    alternatives
        What the cause finder tries.
    labels
        Labels of MNIST's training images, by their place counted from 1, as `find_labels` returns them.
    records
        Those of the store's records that count; None takes all of them.
    others
        Ids of experiments of documents that the result is not about: nothing is said of their records.

    Raises
    ------
    ReproError
        If the store has a broken record, or none of today's protocols.
    """
    written = store.read()
    pools = _pool(store, written if records is None else records, protocols=protocols)
    pooled = [record for pool in pools.values() for record in pool.records]
    causes = find_causes(store, documents=documents, protocols=protocols, alternatives=alternatives)
    measured = Measurements(pooled, rules=read_rules(store.folder))
    judged = [
        judge_document(
            each, measured=measured, protocols=protocols, labels=labels, alternatives=alternatives, causes=causes
        )
        for each in documents.values()
    ]
    replays = read_replays(store.folder, documents=documents)
    families = [family for each in judged for family in each.families]
    return EnvironmentResult(
        store=store,
        experiments=tuple(
            ExperimentResult(
                protocol=protocol,
                records=pools[name].records,
                set_aside=pools[name].set_aside,
                families=tuple(family for family in families if family.claim.experiment == name),
            )
            for name, protocol in protocols.items()
        ),
        runs=tuple(
            replace(run, replay=compare_replay(run.verdict.reported, replays.get(run.document)))
            for each in judged
            for run in each.runs
            if run.verdict.reported.experiment in protocols
        ),
        without_experiment=tuple(family for family in families if family.claim.experiment is None),
        compared=tuple(said for each in judged for said in each.compared),
        stated=tuple(said for each in judged for said in each.stated),
        causes=causes,
        left_out=list_left_out(written, pools=pools, protocols=protocols, others=others),
    )


def _pool(store: RecordStore, records: Sequence[RunRecord], *, protocols: Mapping[str, Protocol]) -> dict[str, Pool]:
    pools = {name: pool_runs(records, protocol=protocol, store=store) for name, protocol in protocols.items()}
    if not any(pool.records for pool in pools.values()):
        msg = (
            f"{store.file} has no run of today's protocols; its {len(records)} records are of other ones. "
            "Run the study again, or take the folder out."
        )
        raise OutdatedRecordsError(msg)
    return pools
