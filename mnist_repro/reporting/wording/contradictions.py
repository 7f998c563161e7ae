"""Where a document is at odds with itself: what is contradicted in any environment, and what we remark on it."""

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
    """What a document says, on which lines of the stored text, and what is against it; empty for a mere remark."""

    lines: tuple[int, ...]
    says: str
    reason: str = ""

    @property
    def place(self) -> str:
        """The lines for readers."""
        return f"line{'s' if len(self.lines) > 1 else ''} {', '.join(map(str, self.lines))}"


def collect_contradictions(document: Document, *, results: Sequence[EnvironmentResult]) -> list[Contradiction]:
    """Return what is contradicted of a document, by its lines; of several environments, the first one's words."""
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
    """Name a claim with the number as it stands in the document, in the unit that it has there."""
    percent = " %" if (claim.printed_unit or claim.unit) == "percent" else ""
    return f"{claim.experiment}, {format_subject(claim)}: {claim.printed}{percent}."
