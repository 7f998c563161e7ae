"""Whether what a document reports can be had again: a verdict on every curve and every single number.

A document's number is one run with an unknown seed; if our protocol is right, that run is exchangeable with ours. So a
curve or a final figure is ranked among our runs, exactly, and all that a document reports is tested together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby

import numpy as np

from mnist_repro.claims import Claim
from mnist_repro.placements import is_same_rate, measured_value
from mnist_repro.records import RunRecord
from mnist_repro.statistics import adjust_holm, rank_curve, runs_to_reject, summarize


class Verdict(Enum):
    """Whether what a document reports can be had again."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"
    NOT_COMPARABLE = "not comparable"
    NOT_RUN = "not run"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one family of claims: a reported curve, or a single number.

    Parameters
    ----------
    family
        The family's id.
    verdict
        Whether it reproduces.
    reason
        The verdict in words.
    runs
        Completed runs that it rests on.
    p
        Exact rank p-value, in [1 / (runs + 1), 1]; None where no chance is involved.
    adjusted_p
        The same, adjusted by Holm for all ranked families of the document.
    """

    family: str
    verdict: Verdict
    reason: str
    runs: int
    p: float | None = None
    adjusted_p: float | None = None


# Fewer runs cannot give an exact p-value of 5 %.
MINIMUM_RUNS = runs_to_reject(tests=1)
SIGNIFICANCE = 0.05

_RANKED = frozenset({"loss", "accuracy", "error"})


def judge_claims(claims: Sequence[Claim], *, records: Sequence[RunRecord]) -> list[Finding]:
    """Give a verdict on every family among the claims of one document.

    Parameters
    ----------
    claims
        All claims of the document, the points of a curve one after the other.
    records
        Pooled runs of any experiments; those that did not complete are left out.

    Returns
    -------
    list of Finding
        In the order of the claims.

    Notes
    -----
    The families that are ranked are tested together: the chance that any of a document's true curves and figures is
    found not to reproduce is at most 5 %.
    """
    completed = [record for record in records if record.status == "completed" and record.dataset == "mnist"]
    families = [tuple(members) for _, members in groupby(claims, key=lambda claim: claim.family)]
    ranked = {
        members[0].family: _rank(members, runs)
        for members in families
        if members[0].metric in _RANKED and len(runs := _runs_of(members[0], completed)) >= MINIMUM_RUNS
    }
    adjusted = dict(zip(ranked, adjust_holm(list(ranked.values())), strict=True))
    tests = sum(members[0].metric in _RANKED for members in families)
    findings = []
    for members in families:
        family, runs = members[0].family, _runs_of(members[0], completed)
        if family in ranked:
            verdict, reason = _judge_rank(ranked[family], float(adjusted[family]), runs=len(runs), tests=tests)
        else:
            verdict, reason = _judge_unranked(members, runs)
        finding = Finding(
            family=family,
            verdict=verdict,
            reason=reason,
            runs=len(runs),
            p=ranked.get(family),
            adjusted_p=float(adjusted[family]) if family in adjusted else None,
        )
        findings.append(_contradict(members[0], finding))
    return findings


def _runs_of(claim: Claim, completed: Sequence[RunRecord]) -> list[RunRecord]:
    return [record for record in completed if record.experiment == claim.experiment]


def _rank(members: Sequence[Claim], runs: Sequence[RunRecord]) -> float:
    curves = [[measured_value(claim, record) for claim in members] for record in runs]
    return rank_curve([claim.value for claim in members], curves)


def _judge_rank(p: float, adjusted_p: float, *, runs: int, tests: int) -> tuple[Verdict, str]:
    place = f"{round(p * (runs + 1))} of {runs + 1} runs, the document's among them, lie as far out or farther"
    if adjusted_p <= SIGNIFICANCE:
        return Verdict.NOT_REPRODUCED, f"only {place}"
    needed = runs_to_reject(tests=tests)
    if p <= SIGNIFICANCE and runs < needed:
        return Verdict.INCONCLUSIVE, f"only {place}; among {tests} tests {needed} runs would decide"
    return Verdict.REPRODUCED, place


def _judge_unranked(members: Sequence[Claim], runs: Sequence[RunRecord]) -> tuple[Verdict, str]:
    claim = members[0]
    if not runs:
        no_run = (
            "no completed run of its experiment on MNIST" if claim.experiment else "a fact of the data, not of a run"
        )
        return Verdict.NOT_RUN, no_run
    match claim.metric:
        case "learning_rate":
            return _judge_rates(members, runs)
        case "accuracy_promise":
            return _judge_promise(claim, runs)
        case "accuracy_target":
            return _judge_target(claim, runs)
        case "seconds_per_period" | "total_seconds":
            return Verdict.NOT_COMPARABLE, "a time on other hardware"
    return Verdict.INCONCLUSIVE, f"{len(runs)} runs cannot tell; it takes {MINIMUM_RUNS}"


def _judge_rates(members: Sequence[Claim], runs: Sequence[RunRecord]) -> tuple[Verdict, str]:
    """Compare rates exactly: no chance is involved."""
    different = [
        str(claim.period)
        for claim in members
        if not all(is_same_rate(claim, measured_value(claim, record)) for record in runs)
    ]
    if different:
        return Verdict.NOT_REPRODUCED, f"another float32 number after period {', '.join(different)}"
    return Verdict.REPRODUCED, "the same float32 numbers"


def _accuracies(claim: Claim, runs: Sequence[RunRecord]) -> list[float]:
    return [record.final_accuracy[claim.evaluation_set or ""] for record in runs]


def _judge_promise(claim: Claim, runs: Sequence[RunRecord]) -> tuple[Verdict, str]:
    """Ask whether our mean, with all its uncertainty, rounds to what was promised."""
    interval = summarize(_accuracies(claim, runs)).mean_interval
    low, high = claim.value - claim.half_unit, claim.value + claim.half_unit
    if low <= interval.low and interval.high < high:
        return Verdict.REPRODUCED, "our mean rounds to it"
    if interval.overlaps(low, high) or np.isnan(interval.low):
        return Verdict.INCONCLUSIVE, "our mean is not known well enough to say whether it rounds to it"
    return Verdict.NOT_REPRODUCED, "our mean rounds to another number"


def _judge_target(claim: Claim, runs: Sequence[RunRecord]) -> tuple[Verdict, str]:
    """Ask whether the document's own experiment reaches the aim that the document sets; else it contradicts itself."""
    reached = sum(accuracy >= claim.value for accuracy in _accuracies(claim, runs))
    reason = f"{reached} of our {len(runs)} runs of the document's experiment reach it"
    return (Verdict.REPRODUCED if reached == len(runs) else Verdict.CONTRADICTED), reason


def _contradict(claim: Claim, finding: Finding) -> Finding:
    """Overrule the verdict on a number whose printed unit the document's own code contradicts."""
    if claim.printed_unit is None or finding.verdict is Verdict.NOT_RUN:
        return finding
    reason = (
        f"printed as {claim.printed_unit}, but a {claim.unit}; read as such: {finding.verdict.value}, {finding.reason}"
    )
    return replace(finding, verdict=Verdict.CONTRADICTED, reason=reason)
