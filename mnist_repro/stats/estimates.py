"""Estimates from one or two groups of runs, with intervals: differences, ratios, medians, fractions of pairs.

As in `summary`, the unit is one training run, and what needs a standard deviation and has fewer than two values is NaN.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mnist_repro.stats.summary import CONFIDENCE, UNKNOWN, Interval, summarize

_QUANTILE = float(special.ndtri((1 + CONFIDENCE) / 2))
_BESIDE = 1e-9
# More runs than anybody will make: what they do not decide counts as undecidable.
_MOST_RUNS = 1_000_000


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % confidence interval."""

    value: float
    interval: Interval


def estimate_difference(new: ArrayLike, other: ArrayLike) -> Estimate:
    """Return the mean of `new` minus that of `other`, with its 95 % interval.

    Parameters
    ----------
    new, other
        Of shapes (m,) and (n,), finite: values of separate runs.

    Notes
    -----
    Student's t with Welch's degrees of freedom [1]_: the groups may have different variances. NaN where either has a
    single value; where all values of each group are equal, both ends are the difference.

    References
    ----------
    .. [1] B. L. Welch, "The Generalization of 'Student's' Problem when Several Different Population Variances are
       Involved", Biometrika 34 (1947), 28-35.
    """
    groups = [np.asarray(group, dtype=np.float64) for group in (new, other)]
    # Summed exactly: means of a few digits stay what they are when they are rounded for readers.
    means = [math.fsum(group) / len(group) for group in groups]
    difference = means[0] - means[1]
    if min(map(len, groups)) < 2:  # noqa: PLR2004 - one value has no standard deviation
        return Estimate(difference, UNKNOWN)
    squares = [float(group.var(ddof=1)) / len(group) for group in groups]
    reach = _welch_quantile(squares, groups) * math.sqrt(sum(squares))
    return Estimate(difference, Interval(difference - reach, difference + reach))


def _welch_quantile(squares: Sequence[float], groups: Sequence[NDArray[np.float64]]) -> float:
    """Return Student's quantile for a sum of two independent errors with these squares."""
    if not any(squares):
        return 0.0
    freedom = sum(squares) ** 2 / sum(s**2 / (len(g) - 1) for s, g in zip(squares, groups, strict=True))
    return float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2))


def estimate_paired_difference(new: ArrayLike, other: ArrayLike) -> Estimate:
    """Return the mean of `new` minus that of `other`, with the 95 % interval of Student's t over the pairs.

    Parameters
    ----------
    new, other
        Of shape (pairs,), finite, in the same order of seeds. A single pair has no interval.
    """
    summary = summarize(np.asarray(new, dtype=np.float64) - np.asarray(other, dtype=np.float64))
    return Estimate(summary.mean, summary.mean_interval)


def estimate_ratio(numerator: ArrayLike, denominator: ArrayLike) -> Estimate:
    """Return the mean of `numerator` over that of `denominator`, with its 95 % interval.

    Parameters
    ----------
    numerator, denominator
        Of shapes (m,) and (n,), finite, the denominator's mean not zero: values of separate runs.

    Notes
    -----
    Fieller's theorem [1]_ with Welch's degrees of freedom: all ratios r for which the mean of `numerator` minus r times
    that of `denominator` is within its own error of 0. NaN where either has a single value, and where the denominator's
    mean is within its own error of 0.

    References
    ----------
    .. [1] E. C. Fieller, "Some Problems in Interval Estimation", Journal of the Royal Statistical Society B 16 (1954),
       175-185.
    """
    groups = [np.asarray(group, dtype=np.float64) for group in (numerator, denominator)]
    above, below = (float(group.mean()) for group in groups)
    ratio = above / below
    if min(map(len, groups)) < 2:  # noqa: PLR2004 - one value has no standard deviation
        return Estimate(ratio, UNKNOWN)
    squares = [float(group.var(ddof=1)) / len(group) for group in groups]
    quantile = _welch_quantile([squares[0], ratio**2 * squares[1]], groups)
    first, second = (quantile**2 * square for square in squares)
    if below**2 <= second:
        return Estimate(ratio, UNKNOWN)
    reach = math.sqrt(above**2 * second + below**2 * first - first * second)
    ends = ((above * below - sign * reach) / (below**2 - second) for sign in (1, -1))
    return Estimate(ratio, Interval(*ends))


def estimate_median(values: ArrayLike) -> Estimate:
    """Return the median of `values`, of shape (n,), n >= 1, finite, with its 95 % interval.

    Notes
    -----
    The interval ends at two of the values, between which the median lies with at least 95 % [1]_: it assumes no
    distribution, and one outlier in nine does not move it. NaN for fewer than six values.

    References
    ----------
    .. [1] Conover, "Practical Nonparametric Statistics", Wiley 1999, section 3.2.
    """
    numbers = np.sort(np.asarray(values, dtype=np.float64))
    median, n = float(np.median(numbers)), len(numbers)
    # The number of values below the median is binomial.
    excluded = int(np.searchsorted(special.bdtr(np.arange(n), n, 0.5), (1 - CONFIDENCE) / 2, side="right"))
    if not excluded:
        return Estimate(median, UNKNOWN)
    return Estimate(median, Interval(float(numbers[excluded - 1]), float(numbers[n - excluded])))


def estimate_share(greater: ArrayLike, smaller: ArrayLike) -> Estimate:
    """Return the fraction of pairs in which the value of `greater` exceeds that of `smaller`, with its 95 % interval.

    Parameters
    ----------
    greater, smaller
        Of shapes (m,) and (n,), m, n >= 1, finite. Each value of one is paired with each of the other; ties count half.

    Notes
    -----
    The fraction is the Mann-Whitney statistic over m * n. Its interval is `share_interval`.
    """
    first, second = np.asarray(greater, dtype=np.float64), np.asarray(smaller, dtype=np.float64)
    ordered = np.sort(second)
    below, up_to = (int(np.searchsorted(ordered, first, side=side).sum()) for side in ("left", "right"))
    share = (below + up_to) / 2 / (len(first) * len(second))
    return Estimate(share, share_interval(share, first=len(first), second=len(second)))


def share_interval(share: float, *, first: int, second: int) -> Interval:
    """Return the 95 % interval of a fraction of pairs between `first` and `second` runs.

    Notes
    -----
    Newcombe's method 5 [1]_: all fractions whose distance from `share` is at most 1.96 of their own standard errors.
    Where all pairs agree it still has a width. NaN where either has a single run.

    References
    ----------
    .. [1] R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2:
       Asymptotic methods and evaluation", Statistics in Medicine 25 (2006), 559-573.
    """
    if min(first, second) < 2:  # noqa: PLR2004 - one run has no standard deviation
        return UNKNOWN
    others = (first + second) / 2 - 1
    # Both sides of "squared distance = 1.96 squared times variance", times the denominators of the variance.
    tried = np.polynomial.Polynomial([0.0, 1.0])
    above, beyond = 2 - tried, 1 + tried
    pairs = above * beyond + others * (1 - tried) * beyond + others * tried * above
    excess = (tried - share) ** 2 * above * beyond - _QUANTILE**2 / (first * second) * tried * (1 - tried) * pairs
    # The other two roots lie beyond 0 and 1.
    ends = [float(root.real) for root in excess.roots() if -_BESIDE < root.real < 1 + _BESIDE]
    return Interval(max(0.0, min(ends)), min(1.0, max(ends)))


def runs_to_tell_half(interval: Callable[[int], Interval], *, runs: int) -> int | None:
    """Return the fewest runs, beyond `runs`, with which the interval of a fraction excludes one half.

    None where no number suffices.

    Parameters
    ----------
    interval
        Returns the interval with a number of runs, which are taken to find the same fraction.
    """

    def tells(number: int) -> bool:
        found = interval(number)
        return found.low > 0.5 or found.high < 0.5  # noqa: PLR2004 - as likely as not

    more = range(runs + 1, _MOST_RUNS + 1)
    enough = bisect.bisect_left(more, x=True, key=tells)
    return more[enough] if enough < len(more) else None
