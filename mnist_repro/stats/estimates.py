"""Estimates from one or two groups of runs, with intervals: differences, ratios by the bootstrap, fractions of pairs.

As in `summary`, the unit is one training run, and what needs a standard deviation and has fewer than two values is NaN.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from mnist_repro.stats.summary import CONFIDENCE, MOST_RUNS, UNKNOWN, Interval, summarize

_RESAMPLES = 9_999
_FEWEST_RESAMPLES = 999
_MOST_DRAWS = 1 << 22  # values in all resamples, unless these would be too few: reached by about 400 runs
_MOST_AT_ONCE = 1 << 19  # values held in memory where there are more runs
_QUANTILE = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
_BESIDE = 1e-9


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % confidence interval."""

    value: float
    interval: Interval


def bootstrap_mean(values: ArrayLike, *, generator: np.random.Generator) -> Interval:
    """Return the 95 % bootstrap interval of the mean of `values`, of shape (n,), finite.

    Notes
    -----
    Bias-corrected and accelerated [1]_, by `scipy.stats.bootstrap`, from 9,999 resamples that `generator` draws; fewer
    with more than 400 values, but at least 999. NaN for one value; equal values have their own value at both ends.

    References
    ----------
    .. [1] B. Efron, "Better Bootstrap Confidence Intervals", Journal of the American Statistical Association 82 (1987),
       171-185.
    """
    numbers = np.asarray(values, dtype=np.float64)
    return _bootstrap(lambda sample, axis: sample.mean(axis=axis), numbers, generator=generator)


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
    if not any(squares):
        return Estimate(difference, Interval(difference, difference))
    freedom = sum(squares) ** 2 / sum(s**2 / (len(g) - 1) for s, g in zip(squares, groups, strict=True))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(sum(squares))
    return Estimate(difference, Interval(difference - reach, difference + reach))


def estimate_paired_difference(new: ArrayLike, other: ArrayLike) -> Estimate:
    """Return the mean of `new` minus that of `other`, with the 95 % interval of Student's t over the pairs.

    Parameters
    ----------
    new, other
        Of shape (pairs,), finite, in the same order of seeds. A single pair has no interval.
    """
    summary = summarize(np.asarray(new, dtype=np.float64) - np.asarray(other, dtype=np.float64))
    return Estimate(summary.mean, summary.mean_interval)


def estimate_ratio(numerator: ArrayLike, denominator: ArrayLike, *, generator: np.random.Generator) -> Estimate:
    """Return the mean of `numerator` over that of `denominator`, with its 95 % interval as in `bootstrap_mean`.

    Parameters
    ----------
    numerator, denominator
        Of shapes (m,) and (n,), finite, the denominator positive: values of separate runs, resampled separately.
    """
    above, below = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    interval = _bootstrap(
        lambda first, second, axis: first.mean(axis=axis) / second.mean(axis=axis), above, below, generator=generator
    )
    return Estimate(float(above.mean() / below.mean()), interval)


def estimate_median(values: ArrayLike) -> Estimate:
    """Return the median of `values`, of shape (n,), n >= 1, finite, with its 95 % interval.

    Notes
    -----
    The interval ends at two of the values, by `scipy.stats.quantile_test` [1]_: it assumes no distribution, and one
    outlier in nine does not move it. NaN for fewer than six values, between which the median lies with less than 95 %.

    References
    ----------
    .. [1] Conover, "Practical Nonparametric Statistics", Wiley 1999, section 3.2.
    """
    numbers = np.asarray(values, dtype=np.float64)
    found: Any = stats.quantile_test(numbers, q=0, p=0.5).confidence_interval(CONFIDENCE)
    return Estimate(float(np.median(numbers)), Interval(float(found.low), float(found.high)))


def _bootstrap(
    statistic: Callable[..., Any],
    *samples: NDArray[np.float64],
    generator: np.random.Generator,
    method: Literal["BCa", "percentile"] = "BCa",
) -> Interval:
    if min(map(len, samples)) < 2:  # noqa: PLR2004 - one value has no standard deviation
        return UNKNOWN
    if all((sample == sample[0]).all() for sample in samples):
        value = float(statistic(*samples, axis=0))
        return Interval(value, value)
    # SciPy holds all values of all resamples: thousands of runs would fill the memory.
    longest = max(map(len, samples))
    resamples = min(_RESAMPLES, max(_FEWEST_RESAMPLES, _MOST_DRAWS // longest))
    # SciPy's name for the generator changed from `random_state` to `rng`; all versions take the former.
    found = stats.bootstrap(
        samples,
        statistic,
        n_resamples=resamples,
        batch=_RESAMPLES if resamples == _RESAMPLES else max(1, _MOST_AT_ONCE // longest),
        confidence_level=CONFIDENCE,
        method=method,
        vectorized=True,
        random_state=generator,
    ).confidence_interval
    return Interval(float(found.low), float(found.high))


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
    share = float(stats.mannwhitneyu(first, second, method="asymptotic").statistic) / (len(first) * len(second))
    return Estimate(share, share_interval(share, first=len(first), second=len(second)))


def share_interval(share: float, *, first: int, second: int) -> Interval:
    """Return the 95 % interval of a fraction of pairs between `first` and `second` runs.

    Notes
    -----
    Newcombe's method 5 [1]_: all fractions whose distance from `share` is at most 1.96 of their own standard errors.
    Unlike the bootstrap it draws nothing, and where all pairs agree it still has a width. NaN where either has a single
    run.

    References
    ----------
    .. [1] R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2:
       Asymptotic methods and evaluation", Statistics in Medicine 25 (2006), 559-573.
    """
    if min(first, second) < 2:  # noqa: PLR2004 - one run has no standard deviation
        return UNKNOWN
    others = (first + second) / 2 - 1

    def excess(tried: float) -> float:
        pairs = 1 + others * (1 - tried) / (2 - tried) + others * tried / (1 + tried)
        variance = tried * (1 - tried) * pairs / (first * second)
        return (tried - share) ** 2 - _QUANTILE**2 * variance

    # At 0 and 1 the standard error is 0 too: the search for the other end starts beside them.
    inside = min(max(share, _BESIDE), 1 - _BESIDE)
    low = optimize.brentq(excess, 0.0, inside) if share > 0 else 0.0
    high = optimize.brentq(excess, inside, 1.0) if share < 1 else 1.0
    return Interval(float(low), float(high))


def runs_to_tell_share(share: float, *, runs: int) -> int | None:
    """Return the fewest runs of each kind, beyond `runs`, with which the interval of `share` excludes one half.

    None where no number suffices.

    Parameters
    ----------
    share
        As found with `runs` runs of each kind; more runs are taken to find the same.
    """

    def tells(number: int) -> bool:
        interval = share_interval(share, first=number, second=number)
        return interval.low > 0.5 or interval.high < 0.5  # noqa: PLR2004 - as likely as not

    more = range(runs + 1, MOST_RUNS + 1)
    enough = bisect.bisect_left(more, x=True, key=tells)
    return more[enough] if enough < len(more) else None
