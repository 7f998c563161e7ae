"""Verdicts on a document's comparisons, tested on our runs.

They are no part of the tests that Holm's adjustment covers: each comparison has its own 95 % interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.estimates import Estimate, estimate_ratio, estimate_share, share_interval
from mnist_repro.verdicts.finding import MINIMUM_RUNS, Finding, Verdict, count_runs
from mnist_repro.verdicts.majority import judge_majority
from mnist_repro.verdicts.measured import Measurements


def judge_comparisons(
    comparisons: Iterable[Comparison], *, measured: Measurements, protocols: Mapping[str, Protocol]
) -> list[Finding]:
    """Judge each comparison, in their order.

    Parameters
    ----------
    protocols
        Those of the experiments that were run, by id.

    Notes
    -----
    An ordering is reproduced where it holds in most of the pairs of our runs (`judge_majority`). A ratio of times is
    reproduced where the interval of ours overlaps what is printed as the document's. Else two ratios limit what threads
    and hardware can make of it: 1, where a step costs the same whatever it computes, and the ratio of the
    multiplications, where nothing else costs. Between them it is not comparable, beyond them not reproduced.
    """
    return [_judge_comparison(comparison, measured, protocols) for comparison in comparisons]


def _judge_comparison(comparison: Comparison, measured: Measurements, protocols: Mapping[str, Protocol]) -> Finding:
    claims = comparison.first, comparison.second
    first, second = (measured.of(claim).judged for claim in claims)
    runs = min(len(first), len(second))
    verdict, needed = Verdict.INCONCLUSIVE, None
    if not runs:
        verdict, reason = Verdict.NOT_RUN, "no completed run on MNIST of one of its experiments"
    elif not (np.isfinite(first).all() and np.isfinite(second).all()):
        reason = "one of our numbers is not finite"
    elif runs < MINIMUM_RUNS:
        needed = MINIMUM_RUNS
        reason = f"{count_runs(runs)} of each cannot tell; it takes {needed}"
    elif comparison.kind == "ordering":
        verdict, reason, needed = _judge_ordering(first, second, runs=runs)
    else:
        work = [protocols[claim.experiment or ""].multiplications for claim in claims]
        verdict, reason = _judge_ratio(comparison, first, second, most=work[0] / work[1])
    return Finding(family=comparison.id, verdict=verdict, reason=reason, runs=runs, runs_needed=needed)


def _judge_ordering(
    greater: NDArray[np.float64], smaller: NDArray[np.float64], *, runs: int
) -> tuple[Verdict, str, int | None]:
    fraction = estimate_share(greater, smaller)
    return judge_majority(
        fraction,
        holds="holds in {} of the pairs of our runs",
        runs=runs,
        interval=lambda number: share_interval(fraction.value, first=number, second=number),
    )


def _judge_ratio(
    comparison: Comparison, numerator: NDArray[np.float64], denominator: NDArray[np.float64], *, most: float
) -> tuple[Verdict, str]:
    ours = estimate_ratio(numerator, denominator)
    (low, high), (least, largest) = comparison.first.limits, comparison.second.limits
    printed = low / largest, high / least
    said = f"the document's is {printed[0]:.2f} to {printed[1]:.2f}, ours {_format_estimate(ours)}"
    if ours.interval.overlaps(*printed):
        return Verdict.REPRODUCED, said
    limits = f"between 1 (fixed cost per step) and {most:.2f} (all arithmetic)"
    if printed[1] < 1 or printed[0] > most:
        return Verdict.NOT_REPRODUCED, f"{said}; the document's does not lie {limits}"
    if not ours.interval.overlaps(1, most):
        busy = "other work must have shared the machine with some of our runs"
        return Verdict.INCONCLUSIVE, f"{said}; ours does not lie {limits}: {busy}"
    open_ = "where depends on threads and hardware, which the document does not state"
    return Verdict.NOT_COMPARABLE, f"{said}; both lie {limits}; {open_}"


def _format_estimate(estimate: Estimate) -> str:
    value, low, high = (f"{each:.2f}" for each in (estimate.value, estimate.interval.low, estimate.interval.high))
    return value if low == high else f"{value} ({low} to {high})"
