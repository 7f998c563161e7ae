"""The verdict on every curve and every single value that a document reports.

A document's value is one run with an unknown seed. If our protocol is right, that run is exchangeable with ours, so a
curve or a final value is ranked among our runs, exactly, and all families of a document are tested together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.stats.ranks import adjust_holm, rank_curve, runs_to_reject
from mnist_repro.stats.summary import Summary, round_up, runs_to_separate, summarize
from mnist_repro.verdicts.finding import MINIMUM_RUNS, RANKED_METRICS, SIGNIFICANCE, Finding, Verdict, count_runs
from mnist_repro.verdicts.measured import Measured, Measurements, list_different_rates, stack_judged

_Judged = tuple[Verdict, str, int | None]


def judge_claims(claims: Sequence[Claim], *, measured: Measurements, labels: Mapping[int, int]) -> list[Finding]:
    """Judge every family among the claims of one document.

    Parameters
    ----------
    claims
        All claims of the document, the points of a curve one after the other.
    labels
        Labels of MNIST's training images, by their place counted from 1.

    Returns
    -------
    list of Finding
        In the order of the claims.

    Notes
    -----
    The ranked families are tested together: the probability that any of a document's true curves and values is found
    not to reproduce is at most 5 %.
    """
    families = [
        _Family(members=tuple(measured.of(claim) for claim in members))
        for _, members in groupby(claims, key=lambda claim: claim.family)
    ]
    tests = sum(family.claim.metric in RANKED_METRICS for family in families)
    p_values = {family.id: family.p for family in families if family.p is not None}
    adjusted = dict(zip(p_values, adjust_holm(list(p_values.values())).tolist(), strict=True))
    return [_judge(family, adjusted_p=adjusted.get(family.id), tests=tests, labels=labels) for family in families]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Family:
    """A single claim, or all points of one reported curve, beside our runs."""

    members: tuple[Measured, ...]

    @property
    def claim(self) -> Claim:
        return self.members[0].claim

    @property
    def id(self) -> str:
        return self.claim.family

    @property
    def runs(self) -> int:
        return len(self.members[0].judged)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Our values, of shape (runs, members)."""
        return stack_judged(self.members)

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.values).all())

    @cached_property
    def p(self) -> float | None:
        """The exact rank p-value; None where nothing is ranked, or with too few runs."""
        if self.claim.metric not in RANKED_METRICS or self.runs < MINIMUM_RUNS or not self.is_finite:
            return None
        return rank_curve([member.claim.value for member in self.members], self.values)


def _judge(family: _Family, *, adjusted_p: float | None, tests: int, labels: Mapping[int, int]) -> Finding:
    verdict, reason, runs_needed = _decide(family, adjusted_p=adjusted_p, tests=tests, labels=labels)
    finding = Finding(
        family=family.id,
        verdict=verdict,
        reason=reason,
        runs=family.runs,
        runs_needed=runs_needed,
        p=family.p,
        adjusted_p=adjusted_p,
    )
    return _contradict(family.claim, finding)


def _decide(family: _Family, *, adjusted_p: float | None, tests: int, labels: Mapping[int, int]) -> _Judged:
    claim = family.claim
    if claim.metric == "label":
        return _judge_label(claim, labels)
    if not family.runs:
        return Verdict.NOT_RUN, "no completed run of its experiment on MNIST", None
    if not family.is_finite:
        return Verdict.INCONCLUSIVE, "one of our numbers is not finite", None
    return _judge_values(family, adjusted_p=adjusted_p, tests=tests)


def _judge_values(family: _Family, *, adjusted_p: float | None, tests: int) -> _Judged:
    match family.claim.metric:
        case "learning_rate":
            return _judge_rates(family)
        case "accuracy_promise":
            return _judge_promise(family)
        case "accuracy_target":
            return _judge_target(family)
        case "seconds_per_period" | "total_seconds":
            return Verdict.NOT_COMPARABLE, "a time on other hardware", None
    return _judge_rank(family, adjusted_p=adjusted_p, tests=tests)


def _judge_label(claim: Claim, labels: Mapping[int, int]) -> _Judged:
    """Compare a label with that of the same image: a fact of the data, and no run is involved."""
    if claim.example is None or claim.example not in labels:
        return Verdict.NOT_RUN, "the label of this image in MNIST is not kept with the records", None
    label = labels[claim.example]
    verdict = Verdict.REPRODUCED if label == claim.value else Verdict.NOT_REPRODUCED
    return verdict, f"training image {claim.example} of MNIST is labelled {label}", None


def _judge_rates(family: _Family) -> _Judged:
    """Compare learning rates exactly: no chance is involved."""
    if different := list_different_rates(family.members):
        return Verdict.NOT_REPRODUCED, f"another float32 number after period {', '.join(different)}", None
    if family.runs < 2:  # noqa: PLR2004 - a single run says nothing of the next
        return Verdict.INCONCLUSIVE, "the same float32 numbers in a single run; 2 runs decide", 2
    return Verdict.REPRODUCED, "the same float32 numbers", None


def _judge_promise(family: _Family) -> _Judged:
    """Ask whether our mean, with all its uncertainty, rounds to what was promised."""
    summary = summarize(family.members[0].judged)
    interval, (low, high) = summary.mean_interval, family.claim.limits
    if low <= interval.low and interval.high < high:
        return Verdict.REPRODUCED, "our mean rounds to it", None
    if not interval.overlaps(low, high) and not math.isnan(interval.low):
        return Verdict.NOT_REPRODUCED, "our mean rounds to another number", None
    doubt = "our mean is not known well enough to say whether it rounds to it"
    if summary.n == 1:
        unknown = "a single run has no spread, and from 2 on it can be said how many would decide"
        return Verdict.INCONCLUSIVE, f"{doubt}; {unknown}", None
    enough = runs_to_place_mean(family.claim, summary)
    if enough is None:
        return Verdict.INCONCLUSIVE, f"{doubt}; no number of runs would decide", None
    needed = round_up(enough)
    return Verdict.INCONCLUSIVE, f"{doubt}; about {needed:,} runs would decide", needed


def runs_to_place_mean(promise: Claim, summary: Summary) -> int | None:
    """Return the fewest runs with which our mean is known to round, or not, to a promise; None where none are known.

    Parameters
    ----------
    summary
        Runs that give the mean and the standard deviation.
    """
    return runs_to_separate(summary, distance=min(abs(summary.mean - limit) for limit in promise.limits))


def _judge_target(family: _Family) -> _Judged:
    """Ask whether the document's own experiment reaches the aim that the document sets; else it contradicts itself."""
    reached = int((family.members[0].judged >= family.claim.value).sum())
    reason = f"{reached} of our {count_runs(family.runs)} of the document's experiment reach it"
    if reached < family.runs:
        return Verdict.CONTRADICTED, reason, None
    if family.runs < MINIMUM_RUNS:
        return Verdict.INCONCLUSIVE, f"{reason}; it takes {MINIMUM_RUNS} to decide", MINIMUM_RUNS
    return Verdict.REPRODUCED, reason, None


def _judge_rank(family: _Family, *, adjusted_p: float | None, tests: int) -> _Judged:
    """Ask whether the document is among the runs that are farthest out."""
    needed = runs_to_reject(tests=tests)
    if family.p is None or adjusted_p is None:
        reason = f"too few runs: {family.runs} of at least {MINIMUM_RUNS}; {needed} always suffice"
        return Verdict.INCONCLUSIVE, reason, needed
    ranked = family.runs + 1
    rank = _format_rank(round(family.p * ranked))
    place = f"the document {rank} most extreme of {ranked} ({family.runs} runs and the document)"
    if adjusted_p <= SIGNIFICANCE:
        return Verdict.NOT_REPRODUCED, place, None
    if family.p <= SIGNIFICANCE and family.runs < needed:
        return Verdict.INCONCLUSIVE, f"{place}; among {tests} tests {needed} runs would decide", needed
    return Verdict.REPRODUCED, place, None


def _format_rank(rank: int) -> str:
    if rank == 1:
        return "is the"
    teens = range(11, 14)
    ending = "th" if rank % 100 in teens else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"ranks {rank}{ending}"


def _contradict(claim: Claim, finding: Finding) -> Finding:
    """Overrule the verdict on a number whose printed unit the document's own code contradicts."""
    if claim.printed_unit is None or finding.verdict is Verdict.NOT_RUN:
        return finding
    reason = (
        f"printed as {claim.printed_unit}, but a {claim.unit}; read as such: {finding.verdict.value}, {finding.reason}"
    )
    return replace(finding, verdict=Verdict.CONTRADICTED, reason=reason)
