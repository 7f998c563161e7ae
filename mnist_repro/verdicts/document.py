"""The verdicts on all that one document reports: its claims, its comparisons and its statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import groupby

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.document import Document
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.statement import Statement
from mnist_repro.verdicts.comparisons import judge_comparisons
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.judge import judge_claims
from mnist_repro.verdicts.measured import Assessment, Judgement, Measurements, assess_claims
from mnist_repro.verdicts.statements import judge_statements


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
class DocumentResult:
    """All that a document reports, judged."""

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
    supported: AbstractSet[str],
) -> DocumentResult:
    """Judge all that a document reports.

    Parameters
    ----------
    protocols
        Those of the experiments that were run, by id.
    labels
        Labels of MNIST's training images, by their place counted from 1.
    supported
        Ids of the variants under which the cause finder found the document possible. A family or a comparison that is
        not reproduced is explained where one of its explanations names one of them.
    """

    def explain(findings: Iterable[Finding]) -> list[Finding]:
        return [explain_miss(finding, document.explanations, supported=supported) for finding in findings]

    assessments = groupby(assess_claims(document.claims, measured=measured), key=lambda each: each.claim.family)
    judged = explain(judge_claims(document.claims, measured=measured, labels=labels))
    compared = explain(judge_comparisons(document.comparisons, measured=measured, protocols=protocols))
    stated = judge_statements(document.statements, measured=measured, protocols=protocols)
    return DocumentResult(
        families=tuple(
            Family(assessments=tuple(members), finding=finding)
            for (_, members), finding in zip(assessments, judged, strict=True)
        ),
        compared=_pair(document.comparisons, compared),
        stated=_pair(document.statements, stated),
    )


def _pair(subjects: Sequence[Comparison | Statement], findings: Sequence[Finding]) -> tuple[Said, ...]:
    return tuple(Said(subject=subject, finding=finding) for subject, finding in zip(subjects, findings, strict=True))


def explain_miss(finding: Finding, explanations: Sequence[Explanation], *, supported: AbstractSet[str]) -> Finding:
    """Overrule a miss that is explained, where runs of the changed experiment support the explanation.

    Parameters
    ----------
    explanations
        Why some families and comparisons of the document do not reproduce.
    supported
        As for `judge_document`.
    """
    own = [explanation for explanation in explanations if explanation.family == finding.family]
    if finding.verdict is not Verdict.NOT_REPRODUCED or not own:
        return finding
    found = next((explanation for explanation in own if explanation.variant in supported), None)
    if found is None:
        variants = ", ".join(explanation.variant for explanation in own)
        return replace(finding, reason=f"{finding.reason}; explained by {variants}, which no runs support")
    reason = f"{finding.reason}; explained on {found.date.isoformat()} by {found.variant}: {found.text}"
    return replace(finding, verdict=Verdict.EXPLAINED, reason=reason)
