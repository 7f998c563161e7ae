"""Intervals and probabilities; NumPy and SciPy only, no knowledge of MNIST.

The unit of replication is one training run. What needs a standard deviation and has fewer than two values is NaN:
unknown, never 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A closed interval; both ends are NaN where it is unknown."""

    low: float
    high: float

    def overlaps(self, low: float, high: float) -> bool:
        """Return whether any of ``low..high`` lies inside; never True where the interval is unknown."""
        return self.low <= high and low <= self.high


UNKNOWN = Interval(math.nan, math.nan)


@dataclass(frozen=True)
class Summary:
    """One quantity over many runs."""

    n: int  #: number of runs
    mean: float
    standard_deviation: float  #: with n - 1 degrees of freedom
    mean_interval: Interval  #: 95 % confidence interval of the mean
    prediction_interval: Interval  #: 95 % prediction interval of one further run


def summarize(values: ArrayLike) -> Summary:
    """Summarize one quantity over runs.

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
    deviation = float(numbers.std(ddof=1)) if n > 1 else math.nan
    return Summary(
        n=n,
        mean=mean,
        standard_deviation=deviation,
        mean_interval=_t_interval(mean, deviation * math.sqrt(1 / n), n),
        prediction_interval=_t_interval(mean, deviation * math.sqrt(1 + 1 / n), n),
    )


def _t_interval(center: float, standard_error: float, n: int) -> Interval:
    if n < 2:  # noqa: PLR2004 - one value has no standard deviation
        return UNKNOWN
    reach = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * standard_error
    return Interval(center - reach, center + reach)


def false_failure_probability(reference: ArrayLike, *, threshold: float, runs: int) -> float:
    """Return the probability that the mean of further runs falls below `threshold` by chance alone.

    Parameters
    ----------
    reference
        The same quantity in earlier runs, of shape (n,).
    threshold
        The gate fails when the mean is below it.
    runs
        Number of runs in the gate's mean.

    Returns
    -------
    float
        In [0, 1]; NaN where the reference is a single run.

    Notes
    -----
    The mean of `runs` further values minus the mean of n earlier ones, over ``s * sqrt(1 / runs + 1 / n)``, has
    Student's t distribution with n - 1 degrees of freedom [1]_.

    References
    ----------
    .. [1] Hahn and Meeker, "Statistical Intervals", Wiley 1991, section 4.7.
    """
    summary = summarize(reference)
    scale = summary.standard_deviation * math.sqrt(1 / runs + 1 / summary.n)
    if scale == 0:
        return float(summary.mean < threshold)
    return float(special.stdtr(summary.n - 1, (threshold - summary.mean) / scale))


def bound_difference(summary: Summary, *, low: float, high: float) -> float:
    """Return the bound within which another way of training differs from ours, by one run of it, on average.

    Parameters
    ----------
    low, high
        The smallest and the largest number that the run's printed value stands for.

    Notes
    -----
    The largest of ``|D| + t * s * sqrt(1 + 1 / n)`` with the quantile of 95 %, D the value minus our mean: two
    one-sided tests [1]_ refute every larger difference at 5 %. It takes the other way to vary as ours does. NaN for one
    run.

    References
    ----------
    .. [1] D. J. Schuirmann, "A comparison of the Two One-Sided Tests Procedure and the Power Approach for assessing the
       equivalence of average bioavailability", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987), 657-680.
    """
    if summary.n < 2:  # noqa: PLR2004 - one value has no standard deviation
        return math.nan
    reach = special.stdtrit(summary.n - 1, CONFIDENCE) * summary.standard_deviation * math.sqrt(1 + 1 / summary.n)
    return float(max(abs(end - summary.mean) for end in (low, high)) + reach)


def round_up(runs: int) -> int:
    """Round an estimated number of runs up to two digits: no estimate is better than that."""
    unit: int = 10 ** max(0, len(str(runs)) - 2)
    return -(-runs // unit) * unit


def sampling_interval(accuracy: float, *, images: int) -> Interval:
    """Return Wilson's 95 % interval [1]_ for the accuracy on all possible images, from `images` of them.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
       Statistical Association 22 (1927), 209-212.
    """
    share = round(accuracy * images) / images
    squared = float(special.ndtri((1 + CONFIDENCE) / 2)) ** 2 / images
    center = (share + squared / 2) / (1 + squared)
    reach = math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return Interval(max(0.0, center - reach), min(1.0, center + reach))


def count_interval(count: float, *, of: int) -> Interval:
    """Return the exact 95 % interval [1]_ of a probability, from `count` events in `of` trials.

    References
    ----------
    .. [1] C. J. Clopper and E. S. Pearson, "The Use of Confidence or Fiducial Limits Illustrated in the Case of the
       Binomial", Biometrika 26 (1934), 404-413.
    """
    tail = (1 - CONFIDENCE) / 2
    low = special.betaincinv(count, of - count + 1, tail) if count else 0.0
    high = special.betaincinv(count + 1, of - count, 1 - tail) if count < of else 1.0
    return Interval(float(low), float(high))


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers) or not np.isfinite(numbers).all():
        msg = f"Values are finite, in one dimension, and at least one; received {numbers!r}."
        raise ValueError(msg)
    return numbers
