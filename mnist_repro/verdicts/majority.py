"""The rule of what holds in some of our runs and not in others: whether it does in most of them.

It is reproduced where it holds in more than half, by the whole 95 % interval of that fraction, and not reproduced where
it holds in less than half.
"""

from __future__ import annotations

from collections.abc import Callable

from mnist_repro.stats.estimates import Estimate, runs_to_tell_half
from mnist_repro.stats.summary import Interval, round_up
from mnist_repro.verdicts.finding import Verdict

_HALF = 0.5


def judge_majority(
    fraction: Estimate, *, holds: str, runs: int, interval: Callable[[int], Interval]
) -> tuple[Verdict, str, int | None]:
    """Return the verdict on what holds in a fraction of our runs, in words, and how many more runs would decide.

    Parameters
    ----------
    holds
        A sentence's part that says so, with a place for the fraction.
    runs
        As many as the fraction is of.
    interval
        Returns the interval that the fraction would have with another number of runs.
    """
    low, high = fraction.interval.low, fraction.interval.high
    # Where all agree, the fraction has one bound.
    bounds = {1.0: f"100 % (at least {100 * low:.1f} %)", 0.0: f"0 % (at most {100 * high:.1f} %)"}
    reason = holds.format(
        bounds.get(fraction.value, f"{100 * fraction.value:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)")
    )
    if low > _HALF:
        return Verdict.REPRODUCED, reason, None
    if high < _HALF:
        return Verdict.NOT_REPRODUCED, reason, None
    enough = runs_to_tell_half(interval, runs=runs)
    if enough is None:
        return Verdict.INCONCLUSIVE, f"{reason}; no number of runs would decide", None
    needed = round_up(enough)
    return Verdict.INCONCLUSIVE, f"{reason}; about {needed:,} runs would decide", needed
