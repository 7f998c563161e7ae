"""On which version a claim first gets another verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mnist_repro.verdicts.finding import Finding, Verdict

# The others say that nothing can be told, which is no change.
_DECIDED = frozenset({Verdict.REPRODUCED, Verdict.EXPLAINED, Verdict.NOT_REPRODUCED, Verdict.CONTRADICTED})


@dataclass(frozen=True, kw_only=True)
class History:
    """What all versions say of one thing that a document reports.

    Parameters
    ----------
    family
        The id of the family of claims, the comparison or the statement.
    findings
        By version, from the oldest to the newest; those that have none are left out.
    reference
        The version that the others are held against.
    """

    family: str
    findings: Mapping[str, Finding]
    reference: str

    @property
    def first_departure(self) -> str | None:
        """The oldest version that decides it otherwise than the reference; None where there is none."""
        reference = self.findings.get(self.reference)
        if reference is None or reference.verdict not in _DECIDED:
            return None
        others = (
            name
            for name, finding in self.findings.items()
            if finding.verdict in _DECIDED and finding.verdict is not reference.verdict
        )
        return next(others, None)


def follow_claims(findings: Mapping[str, Sequence[Finding]], *, reference: str) -> tuple[History, ...]:
    """Put together what all versions say of each thing that the documents report.

    Parameters
    ----------
    findings
        By version, from the oldest to the newest.
    """
    named = {version: {finding.family: finding for finding in found} for version, found in findings.items()}
    families = dict.fromkeys(family for found in named.values() for family in found)
    return tuple(
        History(
            family=family,
            findings={version: found[family] for version, found in named.items() if family in found},
            reference=reference,
        )
        for family in families
    )


def list_undecided(histories: Sequence[History]) -> dict[str, tuple[str, ...]]:
    """Return what each version has too few runs to decide, though the reference decides it; only where there is any."""
    undecided: dict[str, tuple[str, ...]] = {}
    for history in histories:
        reference = history.findings.get(history.reference)
        if reference is None or reference.verdict not in _DECIDED:
            continue
        for version, finding in history.findings.items():
            if finding.verdict is Verdict.INCONCLUSIVE:
                undecided[version] = (*undecided.get(version, ()), history.family)
    return undecided
