"""What a report says, before it is formatted: one environment's runs beside the documents' claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mnist_repro.claims import Claim, Document
from mnist_repro.environment import Environment
from mnist_repro.errors import ReproError
from mnist_repro.placements import Assessment, Judgement, assess_claims
from mnist_repro.protocols import CLASSES, Protocol
from mnist_repro.records import RecordStore, RunRecord, pool_runs
from mnist_repro.verdicts import Finding, Verdict, judge_claims


@dataclass(frozen=True, kw_only=True)
class Family:
    """A single claim, or all points of one reported curve, with its verdict."""

    assessments: tuple[Assessment, ...]
    finding: Finding

    @property
    def id(self) -> str:
        """The id of the claim, or of the curve."""
        return self.finding.family

    @property
    def claim(self) -> Claim:
        """The last claim: of a curve, its end."""
        return self.assessments[-1].claim

    @property
    def places(self) -> Counter[Judgement]:
        """Number of points by their place."""
        return Counter(assessment.judgement for assessment in self.assessments)


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """Medians over runs: of the whole run without its first call, and of its training alone."""

    total: float
    training: float


@dataclass(frozen=True, kw_only=True)
class ExperimentResult:
    """One experiment's runs in one environment, beside its document's claims.

    Parameters
    ----------
    protocol
        What was run.
    records
        Pooled runs, by seed; also those that did not complete.
    set_aside
        Number of records left out of the pool.
    families
        The document's claims about it, assessed.
    """

    protocol: Protocol
    records: tuple[RunRecord, ...]
    set_aside: int
    families: tuple[Family, ...]

    @cached_property
    def completed(self) -> tuple[RunRecord, ...]:
        """The runs that completed."""
        return tuple(record for record in self.records if record.status == "completed")

    @property
    def unfinished(self) -> tuple[RunRecord, ...]:
        """The runs that diverged or failed."""
        return tuple(record for record in self.records if record.status != "completed")

    @property
    def anchor(self) -> str:
        """What code hosts make of the experiment's heading."""
        return self.protocol.id.replace(".", "")

    @property
    def seconds(self) -> Seconds | None:
        """How long a completed run takes; None where there is none."""
        if not self.completed:
            return None
        training = [sum(period.seconds for period in record.periods) for record in self.completed]
        total = [record.total_seconds for record in self.completed]
        return Seconds(total=float(np.median(total)), training=float(np.median(training)))

    @property
    def final_accuracy(self) -> Claim | None:
        """The accuracy that the document reports at the end, on the set on which ours is asserted."""
        evaluation_set = self.protocol.gate.evaluation_set
        finals = (family.claim for family in self.families if family.claim.period is None)
        matching = (c for c in finals if c.metric == "accuracy" and c.evaluation_set == evaluation_set)
        return next(matching, None)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps made at the end of each period, of shape (periods,)."""
        training = self.protocol.training
        return np.arange(1, training.periods + 1) * training.steps_per_period

    def curves(self, metric: str, *, evaluation_set: str = "validation") -> NDArray[np.float64]:
        """Return `metric` ("loss" or "accuracy") after each period, of shape (runs, periods)."""
        return np.array(
            [[getattr(period, metric)[evaluation_set] for period in record.periods] for record in self.completed]
        )

    def reported(self, metric: str) -> NDArray[np.float64]:
        """Return the document's curve of `metric`, of shape (periods,); empty where it reports none."""
        claims = [a.claim for family in self.families for a in family.assessments]
        return np.array([claim.value for claim in claims if claim.metric == metric and claim.period is not None])

    def confusion(self) -> NDArray[np.float64]:
        """Return the confusion matrix summed over the runs, of shape (10, 10): rows are true classes."""
        matrices = [record.confusion_matrix for record in self.completed]
        return np.asarray(np.sum(matrices, axis=0), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class EnvironmentResult:
    """All that one store of records says.

    Parameters
    ----------
    store
        Where the records are.
    environment
        Of the newest pooled record.
    experiments
        Every experiment of every document, also those that were not run.
    without_experiment
        Claims that belong to no experiment.
    """

    store: RecordStore
    environment: Environment
    experiments: tuple[ExperimentResult, ...]
    without_experiment: tuple[Family, ...]

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.store.environment

    @property
    def families(self) -> tuple[Family, ...]:
        """All claims, assessed."""
        return (*(f for experiment in self.experiments for f in experiment.families), *self.without_experiment)

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """All pooled runs."""
        return tuple(record for experiment in self.experiments for record in experiment.records)

    @property
    def is_stand_in(self) -> bool:
        """Whether any run was made with the stand-in for MNIST."""
        return any(record.dataset != "mnist" for record in self.records)

    def outcome(self, document: str | None = None) -> Counter[Verdict]:
        """Count the verdicts on the families of one document, or of all."""
        return Counter(family.finding.verdict for family in self.families if document in {None, family.claim.document})


def summarize_environment(
    store: RecordStore,
    *,
    documents: Mapping[str, Document],
    protocols: Mapping[str, Protocol],
    records: Sequence[RunRecord] | None = None,
) -> EnvironmentResult:
    """Hold the runs of an environment against the claims of all documents.

    Parameters
    ----------
    records
        Those of the store's records that count; None takes all of them.

    Raises
    ------
    ReproError
        If the store has a broken record, or none of today's protocols.
    """
    records = store.read() if records is None else records
    pools = {
        name: pool_runs(records, experiment=name, protocol_sha256=protocol.sha256)
        for name, protocol in protocols.items()
    }
    pooled = [record for pool in pools.values() for record in pool.records]
    if not pooled:
        msg = (
            f"{store.file} has no run of today's protocols; its {len(records)} records are of other ones. "
            "Run the study again, or take the folder out."
        )
        raise ReproError(msg)
    for record in pooled:
        _check_whole(record, protocol=protocols[record.experiment], store=store)
    families = [
        family for document in documents.values() for family in _judge_families(document.claims, records=pooled)
    ]
    return EnvironmentResult(
        store=store,
        environment=max(pooled, key=lambda record: record.started).environment,
        experiments=tuple(
            ExperimentResult(
                protocol=protocol,
                records=pools[name].records,
                set_aside=pools[name].set_aside,
                families=tuple(family for family in families if family.claim.experiment == name),
            )
            for name, protocol in protocols.items()
        ),
        without_experiment=tuple(family for family in families if family.claim.experiment is None),
    )


def _check_whole(record: RunRecord, *, protocol: Protocol, store: RecordStore) -> None:
    """Refuse a completed run that lacks anything that its protocol measures: it was damaged."""
    each_period, at_end = set(protocol.evaluated_each_period), set(protocol.evaluated_at_end)
    whole = (
        len(record.periods) == protocol.training.periods
        and all(each_period <= period.loss.keys() & period.accuracy.keys() for period in record.periods)
        and at_end <= record.final_loss.keys() & record.final_accuracy.keys()
        and [len(row) for row in record.confusion_matrix] == [CLASSES] * CLASSES
    )
    if record.status == "completed" and not whole:
        msg = (
            f"{store.file}: the record of {record.experiment}, seed {record.seed}, says completed and lacks a period, "
            "an evaluation or its confusion matrix. Take its line out and run again to replace it."
        )
        raise ReproError(msg)


def _judge_families(claims: Sequence[Claim], *, records: Sequence[RunRecord]) -> list[Family]:
    findings = {finding.family: finding for finding in judge_claims(claims, records=records)}
    return [
        Family(assessments=tuple(members), finding=findings[name])
        for name, members in groupby(assess_claims(claims, records=records), key=lambda a: a.claim.family)
    ]
