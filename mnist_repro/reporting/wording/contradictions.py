"""Contradictions within a document: claims contradicted in any environment, our remarks, and source that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.numbers import format_printed, format_subject
from mnist_repro.verdicts.document import Family
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
        for each in result.judged:
            if each.document == document.id and each.finding.verdict is Verdict.CONTRADICTED:
                says = name_claim(each.claim) if isinstance(each, Family) else each.subject.says
                found.setdefault(each.id, Contradiction(lines=each.lines, says=says, reason=each.finding.reason))
    remarks = [Contradiction(lines=(remark.line,), says=remark.text) for remark in document.remarks]
    return sorted([*found.values(), *remarks], key=lambda entry: (entry.lines, entry.says))


def list_revisions(document: Document) -> list[str]:
    """Return a sentence for each change of a document's source that its numbers did not follow."""
    return [
        f"The numbers are older than the source: printed on {each.printed}, the source was changed on {each.changed}, "
        f"the numbers were not ({each.text.rstrip('.')})."
        for each in document.revisions
    ]


def name_claim(claim: Claim) -> str:
    """Name a claim with the value and the unit that are printed in the document."""
    return f"{claim.experiment}, {format_subject(claim)}: {format_printed(claim)}."
