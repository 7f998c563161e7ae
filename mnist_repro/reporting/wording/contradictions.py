"""Where a document is at odds with itself: what is contradicted in any environment, and what we remark on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.numbers import format_subject
from mnist_repro.verdicts.document import Family
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
        for each in result.judged:
            if each.document == document.id and each.finding.verdict is Verdict.CONTRADICTED:
                says = _name(each.claim) if isinstance(each, Family) else each.subject.says
                found.setdefault(each.id, Contradiction(lines=each.lines, says=says, reason=each.finding.reason))
    remarks = [Contradiction(lines=(remark.line,), says=remark.text) for remark in document.remarks]
    return sorted([*found.values(), *remarks], key=lambda entry: (entry.lines, entry.says))


def _name(claim: Claim) -> str:
    """Name a claim with the number as it stands in the document, in the unit that it has there."""
    percent = " %" if (claim.printed_unit or claim.unit) == "percent" else ""
    return f"{claim.experiment}, {format_subject(claim)}: {claim.printed}{percent}."
