"""Contradictions within a document: claims contradicted in any environment, and our remarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.numbers import format_subject
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Verdict


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """A passage that the document itself contradicts, or a remark on one."""

    lines: tuple[int, ...]  #: of the stored text
    says: str  #: the claim, or the remark
    reason: str = ""  #: the contradiction; empty for a remark

    @property
    def place(self) -> str:
        """The lines for readers."""
        return f"line{'s' if len(self.lines) > 1 else ''} {', '.join(map(str, self.lines))}"


def collect_contradictions(document: Document, *, results: Sequence[EnvironmentResult]) -> list[Contradiction]:
    """Return the contradictions within a document, by its lines; the first environment decides the words."""
    found: dict[str, Contradiction] = {}
    for result in results:
        for family in result.families:
            if family.claim.document == document.id and family.finding.verdict is Verdict.CONTRADICTED:
                lines = tuple(assessment.claim.line for assessment in family.assessments)
                words = Contradiction(lines=lines, says=_name(family.claim), reason=family.finding.reason)
                found.setdefault(family.id, words)
        for said in (*result.compared, *result.stated):
            if said.subject.document == document.id and said.finding.verdict is Verdict.CONTRADICTED:
                words = Contradiction(lines=said.subject.lines, says=said.subject.says, reason=said.finding.reason)
                found.setdefault(said.subject.id, words)
    remarks = [Contradiction(lines=(remark.line,), says=remark.text) for remark in document.remarks]
    return sorted([*found.values(), *remarks], key=lambda entry: (entry.lines, entry.says))


def _name(claim: Claim) -> str:
    """Name a claim with the value and the unit that are printed in the document."""
    percent = " %" if (claim.printed_unit or claim.unit) == "percent" else ""
    return f"{claim.experiment}, {format_subject(claim)}: {claim.printed}{percent}."
