"""The verdicts on all that one document reports: its runs, its claims, its comparisons and its statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.document import Document
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.statement import Statement
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import Interval
from mnist_repro.verdicts.causes.finder import ExperimentCauses, collect_runs, possible_variants
from mnist_repro.verdicts.comparisons import judge_comparisons
from mnist_repro.verdicts.detection import find_detectable, find_interval
from mnist_repro.verdicts.exact import Replayed
from mnist_repro.verdicts.explained_run import explain_run, format_explanation, format_unsupported
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.judge import judge_claims
from mnist_repro.verdicts.measured import Assessment, Judgement, Measurements, assess_claims
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.statements import judge_statements
from mnist_repro.verdicts.worth import Grade, Worth, assess_worth


@dataclass(frozen=True, kw_only=True)
class Family:
    """A single claim, or all points of one reported curve, with its verdict."""

    assessments: tuple[Assessment, ...]  #: one for each claim, in the order of the document
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
    def document(self) -> str:
        """Id of the document."""
        return self.claim.document

    @property
    def lines(self) -> tuple[int, ...]:
        """Lines of the stored text, counted from 1."""
        return tuple(assessment.claim.line for assessment in self.assessments)

    @property
    def places(self) -> Counter[Judgement]:
        """Number of points by their place."""
        return Counter(assessment.judgement for assessment in self.assessments)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A comparison or a statement, with its verdict."""

    subject: Comparison | Statement
    finding: Finding

    @property
    def id(self) -> str:
        """The id of the comparison or the statement."""
        return self.subject.id

    @property
    def document(self) -> str:
        """Id of the document."""
        return self.subject.document

    @property
    def lines(self) -> tuple[int, ...]:
        """Lines of the stored text, counted from 1."""
        return self.subject.lines


@dataclass(frozen=True, kw_only=True)
class JudgedRun:
    """A reported run, its verdict, and what that is worth."""

    verdict: RunVerdict
    worth: Worth
    replay: Replayed | None = None  #: what its own seed gives in its own library; None where that is not recorded

    @property
    def id(self) -> str:
        """Its own id, or that of its experiment."""
        return self.verdict.reported.id

    @property
    def document(self) -> str:
        """Id of the document."""
        return self.verdict.reported.document

    @property
    def word(self) -> Verdict:
        """Whether it reproduces."""
        return self.verdict.word

    @property
    def grade(self) -> Grade | None:
        """How much *reproduced* is worth; no other verdict has a grade.

        Nor has a sequential one: what it would have found takes runs that it saved.
        """
        return self.worth.grade if self.word is Verdict.REPRODUCED and not self.verdict.is_sequential else None

    @cached_property
    def detectable(self) -> float:
        """The smallest shift of all its values that the verdict finds in 80 %, in our standard deviations."""
        return find_detectable(self.verdict)

    @cached_property
    def kept(self) -> dict[Claim, Interval]:
        """The values of each claim that the verdict would not refute; empty where it could refute none."""
        claims = self.verdict.reported.claims if self.verdict.refuting_place else ()
        return {claim: find_interval(self.verdict, claim) for claim in claims}


@dataclass(frozen=True, kw_only=True)
class DocumentResult:
    """All that a document reports, judged."""

    runs: tuple[JudgedRun, ...]
    families: tuple[Family, ...]
    compared: tuple[Said, ...]
    stated: tuple[Said, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The verdicts on families, comparisons and statements, in this order."""
        return tuple(each.finding for part in (self.families, self.compared, self.stated) for each in part)


def judge_document(
    document: Document,
    *,
    measured: Measurements,
    protocols: Mapping[str, Protocol],
    labels: Mapping[int, int],
    alternatives: Sequence[Variant],
    causes: Sequence[ExperimentCauses],
) -> DocumentResult:
    """Judge all that a document reports.

    Parameters
    ----------
    protocols
        Those of the experiments that were run, by id.
    labels
        Labels of MNIST's training images, by their place counted from 1.
    alternatives
        Those that are declared, of any experiment.
    causes
        What the recorded trials say of them, from one environment or several. A comparison that is not reproduced is
        explained where one of its explanations names one in which the document could have been made.
    """
    tried = collect_runs(causes)
    supported = possible_variants(causes, named={each.variant for each in document.explanations})
    runs = tuple(
        _assess(verdict, document, alternatives=alternatives, tried=tried)
        for verdict in judge_reported_runs(document, measured=measured, protocols=protocols)
    )
    exact = {id_ for id_, protocol in protocols.items() if is_deterministic(protocol)}
    assessments = groupby(
        assess_claims(document.claims, measured=measured, exact=exact), key=lambda each: each.claim.family
    )
    verdicts = [run.verdict for run in runs]
    judged = judge_claims(document.claims, measured=measured, labels=labels, verdicts=verdicts, exact=exact)
    compared = [
        explain_miss(finding, document.explanations, supported=supported)
        for finding in judge_comparisons(document.comparisons, measured=measured, protocols=protocols)
    ]
    stated = judge_statements(document.statements, measured=measured, protocols=protocols)
    return DocumentResult(
        runs=runs,
        families=tuple(
            Family(assessments=tuple(members), finding=finding)
            for (_, members), finding in zip(assessments, judged, strict=True)
        ),
        compared=_pair(document.comparisons, compared),
        stated=_pair(document.statements, stated),
    )


def _assess(
    verdict: RunVerdict,
    document: Document,
    *,
    alternatives: Sequence[Variant],
    tried: Mapping[str, Sequence[RunRecord]],
) -> JudgedRun:
    worth = assess_worth(
        verdict, claims=document.claims, alternatives=alternatives, runs=tried, material=document.material
    )
    explained = explain_run(verdict, document.explanations, worth=worth, alternatives=alternatives, runs=tried)
    return JudgedRun(verdict=explained, worth=worth)


def _pair(subjects: Sequence[Comparison | Statement], findings: Sequence[Finding]) -> tuple[Said, ...]:
    return tuple(Said(subject=subject, finding=finding) for subject, finding in zip(subjects, findings, strict=True))


def explain_miss(finding: Finding, explanations: Sequence[Explanation], *, supported: AbstractSet[str]) -> Finding:
    """Overrule a miss that is explained, where runs of the changed experiment support the explanation.

    Parameters
    ----------
    explanations
        Why some of the document does not reproduce.
    supported
        Ids of the variants in which the document could have been made.
    """
    own = [explanation for explanation in explanations if explanation.family == finding.family]
    if finding.verdict is not Verdict.NOT_REPRODUCED or not own:
        return finding
    found = next((explanation for explanation in own if explanation.variant in supported), None)
    if found is None:
        return replace(finding, reason=f"{finding.reason}; {format_unsupported(own)}")
    return replace(finding, verdict=Verdict.EXPLAINED, reason=f"{finding.reason}; {format_explanation(found)}")
