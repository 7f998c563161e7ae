"""What a report says, before it is formatted: one environment's runs beside the documents' claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.statement import Statement
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.pooling import Reason, check_whole, list_left_out, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import LOCAL_ENVIRONMENT, RecordStore
from mnist_repro.studies.artifacts import load_labels
from mnist_repro.verdicts.causes.finder import ExperimentCauses, find_causes, possible_variants
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.judge import judge_document
from mnist_repro.verdicts.measured import Assessment, Judgement, assess_claims, find_final_accuracy
from mnist_repro.verdicts.uncertainty import Certainty, assess_certainty


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
class Said:
    """What a document says beside its numbers, a comparison or a statement, with its verdict."""

    subject: Comparison | Statement
    finding: Finding


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
        training = [record.training_seconds for record in self.completed]
        total = [record.total_seconds for record in self.completed]
        return Seconds(total=float(np.median(total)), training=float(np.median(training)))

    @property
    def final_accuracy(self) -> Claim | None:
        """The accuracy that the document reports at the end, on the set on which ours is asserted."""
        return find_final_accuracy((family.claim for family in self.families), protocol=self.protocol)

    @cached_property
    def certainties(self) -> tuple[Certainty, ...]:
        """How sure the verdicts on final figures and on the ends of curves are; of times and rates there is none."""
        claims = [family.claim for family in self.families]
        found = [assess_certainty(claim, records=self.records, protocol=self.protocol) for claim in claims]
        return tuple(certainty for certainty in found if certainty)

    @property
    def steps(self) -> NDArray[np.int64]:
        """Steps made at the end of each period, of shape (periods,)."""
        training = self.protocol.training
        return np.arange(1, training.periods + 1) * training.steps_per_period

    def curves(self, metric: str) -> NDArray[np.float64]:
        """Return `metric` ("loss" or "accuracy") on the set of curves after each period, of shape (runs, periods)."""
        return np.array(
            [
                [getattr(period, metric)[self.protocol.curve_set] for period in record.periods]
                for record in self.completed
            ]
        )

    def reported(self, metric: str) -> NDArray[np.float64]:
        """Return the document's curve of `metric`, of shape (periods,), shares as fractions.

        NaN after periods of which it tells nothing; empty where it reports no curve.
        """
        claims = [a.claim for family in self.families for a in family.assessments]
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
    compared
        Every comparison of every document.
    stated
        Every statement of every document.
    causes
        What the cause finder found, of the experiments of which it has runs here.
    """

    store: RecordStore
    environment: Environment
    experiments: tuple[ExperimentResult, ...]
    without_experiment: tuple[Family, ...]
    compared: tuple[Said, ...]
    stated: tuple[Said, ...]
    causes: tuple[ExperimentCauses, ...]

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

    @cached_property
    def left_out(self) -> dict[Reason, tuple[int, ...]]:
        """Lines of the store's file that are not counted, by reason."""
        protocols = {experiment.protocol.id: experiment.protocol for experiment in self.experiments}
        return list_left_out(self.store.read(), protocols=protocols)

    @property
    def is_stand_in(self) -> bool:
        """Whether any run was made with the stand-in for MNIST."""
        return any(record.dataset != "mnist" for record in self.records)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The verdicts on all that the documents report."""
        return tuple(finding for _, finding in self._judged)

    @property
    def is_published(self) -> bool:
        """Whether its numbers are results that may be cited: neither a user's own runs nor a stand-in's."""
        return self.name != LOCAL_ENVIRONMENT and not self.is_stand_in

    def outcome(self, document: str | None = None) -> Counter[Verdict]:
        """Count the verdicts on all that one document reports, or that all do."""
        return Counter(finding.verdict for name, finding in self._judged if document in {None, name})

    @property
    def _judged(self) -> tuple[tuple[str, Finding], ...]:
        """Every verdict, with the document that it is about."""
        return (
            *((family.claim.document, family.finding) for family in self.families),
            *((said.subject.document, said.finding) for said in (*self.compared, *self.stated)),
        )


def select_front(results: Iterable[EnvironmentResult]) -> EnvironmentResult | None:
    """Return the environment that stands for all where there is room for one: of the published, that with most runs.

    None where none is published, or none of these has a run that completed.
    """
    shown = [each for each in results if each.is_published and any(e.completed for e in each.experiments)]
    return max(shown, key=lambda result: len(result.records), default=None)


# FOLDED mnist_repro/reporting/environment_summary.py


class OutdatedRecordsError(ReproError):
    """An environment has records, and none of today's protocols."""


def summarize_environment(
    store: RecordStore,
    *,
    documents: Mapping[str, Document],
    protocols: Mapping[str, Protocol],
    records: Sequence[RunRecord] | None = None,
) -> EnvironmentResult:
    """Hold the runs of an environment against all that the documents report.

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
        raise OutdatedRecordsError(msg)
    for record in pooled:
        check_whole(record, protocol=protocols[record.experiment], store=store)
    labels = _kept_labels(store, pooled)
    causes = find_causes(store, documents=documents, protocols=protocols)
    supported = possible_variants(causes)
    families: list[Family] = []
    compared: list[Said] = []
    stated: list[Said] = []
    for document in documents.values():
        findings = {
            finding.family: finding
            for finding in judge_document(
                document, records=pooled, protocols=protocols, labels=labels, supported=supported
            )
        }
        families += assess_families(document, records=pooled, findings=findings)
        compared += [Said(subject=entry, finding=findings[entry.id]) for entry in document.comparisons]
        stated += [Said(subject=entry, finding=findings[entry.id]) for entry in document.statements]
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
        compared=tuple(compared),
        stated=tuple(stated),
        causes=causes,
    )


def assess_families(
    document: Document, *, records: Sequence[RunRecord], findings: Mapping[str, Finding]
) -> list[Family]:
    """Put the claims of a document beside pooled runs, and their verdicts, which are given by family, to them."""
    assessments = assess_claims(document.claims, records=records)
    return [
        Family(assessments=tuple(members), finding=findings[name])
        for name, members in groupby(assessments, key=lambda assessment: assessment.claim.family)
    ]


def _kept_labels(store: RecordStore, records: Sequence[RunRecord]) -> dict[int, int]:
    """Return the labels that are kept of the images of the newest run on MNIST; none where there is no such run."""
    on_mnist = [record for record in records if record.dataset == "mnist"]
    if not on_mnist:
        return {}
    dataset = max(on_mnist, key=lambda record: record.started).dataset_sha256
    # They are the images', and any environment may have kept them: a graph session does not.
    folders = [store.folder, *sorted(store.folder.parent.glob("*"))]
    return next((labels for folder in folders if (labels := load_labels(folder, dataset_sha256=dataset))), {})
