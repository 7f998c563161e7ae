"""Verdicts by version: on which version a claim first gets another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mnist_repro.verdicts.finding import DECIDED, Finding, Verdict


@dataclass(frozen=True, kw_only=True)
class History:
    """The verdicts of all versions on one reported result."""

    family: str  #: id of the family of claims, the comparison or the statement
    findings: Mapping[str, Finding]  #: by version, from the oldest to the newest; versions without one are excluded
    reference: str  #: the version with which the others are compared

    @property
    def first_departure(self) -> str | None:
        """The oldest version that decides differently from the reference; None where there is none."""
        reference = self.findings.get(self.reference)
        if reference is None or reference.verdict not in DECIDED:
            return None
        others = (
            name
            for name, finding in self.findings.items()
            if finding.verdict in DECIDED and finding.verdict is not reference.verdict
        )
        return next(others, None)


def follow_claims(findings: Mapping[str, Sequence[Finding]], *, reference: str) -> tuple[History, ...]:
    """Collect the verdicts of all versions on each reported result; `findings` are by version, the oldest first."""
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
    """Return the results that the reference decides and a version, by its few runs, does not; by version."""
    undecided: dict[str, tuple[str, ...]] = {}
    for history in histories:
        reference = history.findings.get(history.reference)
        if reference is None or reference.verdict not in DECIDED:
            continue
        for version, finding in history.findings.items():
            if finding.verdict is Verdict.INCONCLUSIVE:
                undecided[version] = (*undecided.get(version, ()), history.family)
    return undecided
