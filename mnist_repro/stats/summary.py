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
