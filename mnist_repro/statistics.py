"""Intervals and probabilities; NumPy and SciPy only, no knowledge of MNIST.

The unit of replication is one training run. What needs a spread and has fewer than two values is NaN: unknown, never 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.95
# Relative difference below which numbers that were computed are the same.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Interval:
    """A closed interval; both ends are NaN where it is unknown."""

    low: float
    high: float

    def overlaps(self, low: float, high: float) -> bool:
        """Return whether any of ``low..high`` lies inside; never True where the interval is unknown."""
        return self.low <= high and low <= self.high


@dataclass(frozen=True)
class Summary:
    """What many runs say about one number.

    Parameters
    ----------
    n
        Number of runs.
    mean, standard_deviation
        Over the runs; the standard deviation with n - 1 degrees of freedom.
    mean_interval
        95 % confidence interval of the mean.
    prediction_interval
        95 % prediction interval of one further run.
    """

    n: int
    mean: float
    standard_deviation: float
    mean_interval: Interval
    prediction_interval: Interval


def summarize(values: ArrayLike) -> Summary:
    """Summarize one number over runs.

    Parameters
    ----------
    values
        Of shape (n,), n >= 1, finite.

    Raises
    ------
    ValueError
        If there is no value, or one is not finite.

    Notes
    -----
    Student's t intervals [1]_: ``mean +- t * s / sqrt(n)``, and ``mean +- t * s * sqrt(1 + 1 / n)`` for one more run.

    References
    ----------
    .. [1] Hahn and Meeker, "Statistical Intervals", Wiley 1991, sections 4.2 and 4.8.
    """
    numbers = _checked(values)
    n = len(numbers)
    mean = float(numbers.mean())
    spread = float(numbers.std(ddof=1)) if n > 1 else math.nan
    return Summary(
        n=n,
        mean=mean,
        standard_deviation=spread,
        mean_interval=_t_interval(mean, spread * math.sqrt(1 / n), n),
        prediction_interval=_t_interval(mean, spread * math.sqrt(1 + 1 / n), n),
    )


def _t_interval(center: float, standard_error: float, n: int) -> Interval:
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return Interval(math.nan, math.nan)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * standard_error
    return Interval(center - reach, center + reach)


def false_failure_probability(reference: ArrayLike, *, threshold: float, runs: int) -> float:
    """Return how probable it is that the mean of further runs falls below `threshold` by chance alone.

    Parameters
    ----------
    reference
        The same number in earlier runs, of shape (n,).
    threshold
        The gate fails when the mean is below it.
    runs
        Number of runs that the gate takes the mean of.

    Returns
    -------
    float
        In [0, 1]; NaN where the reference is a single run.

    Notes
    -----
    The mean of `runs` further values, less the mean of n earlier ones, over ``s * sqrt(1 / runs + 1 / n)``, has
    Student's t distribution with n - 1 degrees of freedom [1]_.

    References
    ----------
    .. [1] Hahn and Meeker, "Statistical Intervals", Wiley 1991, section 4.7.
    """
    summary = summarize(reference)
    scale = summary.standard_deviation * math.sqrt(1 / runs + 1 / summary.n)
    if scale == 0:
        return float(summary.mean < threshold)
    return float(stats.t.cdf((threshold - summary.mean) / scale, summary.n - 1))


def rank_curve(reported: ArrayLike, curves: ArrayLike) -> float:
    """Return the exact p-value of a reported curve among the curves of runs; a single number is a curve of one point.

    Parameters
    ----------
    reported
        Of shape (points,), finite.
    curves
        Of shape (runs, points), finite.

    Returns
    -------
    float
        A multiple of 1 / (runs + 1) in (0, 1]; NaN where there are fewer than two runs.

    Notes
    -----
    If the document's run was made as ours are, all runs + 1 curves are exchangeable. Each is scored by its largest
    distance over the points from the mean of the others, in units of their standard deviation; the p-value is the share
    of scores that are at least as large as the document's, its own and ties included. It is exact whatever the
    distribution and however the points depend on each other: a permutation test [1]_ of one against the rest.

    References
    ----------
    .. [1] B. Phipson and G. K. Smyth, "Permutation P-values Should Never Be Zero", Statistical Applications in Genetics
       and Molecular Biology 9 (2010), article 39.
    """
    runs = np.asarray(curves, dtype=np.float64)
    document = np.asarray(reported, dtype=np.float64)
    if runs.ndim != 2 or document.shape != runs.shape[1:] or not document.size:  # noqa: PLR2004 - runs by points
        msg = f"Curves are runs by points, with as many points as reported; received {runs.shape} and {document.shape}."
        raise ValueError(msg)
    if not (np.isfinite(runs).all() and np.isfinite(document).all()):
        msg = "Curves are finite; received a value that is not."
        raise ValueError(msg)
    if len(runs) < 2:  # noqa: PLR2004 - one run has no spread
        return math.nan
    scores = _scores(np.vstack([document, runs]))
    # Scores that differ by rounding alone are ties.
    return float(np.mean(scores >= scores[0] * (1 - _ROUNDING)))


def _scores(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score each curve, of shape (n, points), by its largest standardized distance from the mean of the others."""
    n = len(curves)
    centered = curves - curves.mean(axis=0)
    # Leaving out curve i moves the mean of the others by -centered[i] / (n - 1).
    distances = np.abs(centered) * n / (n - 1)
    squares = (centered**2).sum(axis=0) - centered**2 * n / (n - 1)
    # What is left of equal numbers is rounding.
    squares[squares < _ROUNDING * (centered**2).sum(axis=0)] = 0.0
    spreads = np.sqrt(squares / (n - 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = distances / spreads
    scores[(spreads == 0) & (distances == 0)] = 0.0
    largest: NDArray[np.float64] = scores.max(axis=1)
    return largest


def adjust_holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust the p-values of a family, so that rejecting those at most 0.05 errs at all in 5 % of families at most.

    Parameters
    ----------
    p_values
        Of shape (tests,), in [0, 1].

    Returns
    -------
    ndarray of float64, shape (tests,)

    References
    ----------
    .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
       (1979), 65-70.
    """
    numbers = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(numbers, kind="stable")
    stepped = np.maximum.accumulate(numbers[order] * np.arange(len(numbers), 0, -1))
    adjusted = np.empty_like(numbers)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def runs_to_reject(*, tests: int) -> int:
    """Return the fewest runs with which the exact p-value of one among `tests` tests can be significant."""
    # The smallest p-value is 1 / (runs + 1), and Holm multiplies it by the number of tests.
    return math.ceil(tests / (1 - CONFIDENCE) - _ROUNDING) - 1


def detectable_difference(summary: Summary, *, power: float = 0.8) -> float:
    """Return the smallest distance from our mean at which a reported number is found outside with probability `power`.

    Notes
    -----
    By the normal approximation: ``(t + z) * s * sqrt(1 + 1 / n)`` with the quantiles of 97.5 % and `power`. NaN for
    one run.
    """
    if summary.n < 2:  # noqa: PLR2004 - one value has no spread
        return math.nan
    quantiles = stats.t.ppf((1 + CONFIDENCE) / 2, summary.n - 1) + stats.norm.ppf(power)
    return float(quantiles * summary.standard_deviation * math.sqrt(1 + 1 / summary.n))


def runs_to_separate(summary: Summary, *, distance: float) -> int | None:
    """Return with how many runs the interval of the mean would reach less than `distance`, or None if with none.

    Notes
    -----
    ``(t * s / distance) ** 2`` with the spread and the quantile of the runs at hand: more runs than there are now.
    """
    if summary.n < 2 or not distance > 0:  # noqa: PLR2004 - one value has no spread
        return None
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, summary.n - 1))
    return max(summary.n + 1, math.ceil((quantile * summary.standard_deviation / distance) ** 2))


def sampling_interval(accuracy: float, *, images: int) -> Interval:
    """Return Wilson's 95 % interval for the accuracy on all possible images, of which `images` were evaluated."""
    interval = stats.binomtest(round(accuracy * images), images).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers) or not np.isfinite(numbers).all():
        msg = f"Values are finite, in one dimension, and at least one; received {numbers!r}."
        raise ValueError(msg)
    return numbers
