"""Exact ranks of a curve among others, their adjustment for several tests, and the runs that these need."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_repro.stats.summary import CONFIDENCE

# Relative difference below which computed numbers count as equal.
_ROUNDING = 1e-9


def rank_curve(reported: ArrayLike, curves: ArrayLike) -> float:
    """Return the exact p-value of a reported curve among the curves of runs; a single value is a curve of one point.

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
    distance over the points from the mean of the others, in units of their standard deviation; the p-value is the
    fraction of scores that are at least as large as the document's, its own and ties included. It is exact whatever the
    distribution and however the points depend on each other: a permutation test [1]_ of one against the rest.

    References
    ----------
    .. [1] B. Phipson and G. K. Smyth, "Permutation P-values Should Never Be Zero", Statistical Applications in Genetics
       and Molecular Biology 9 (2010), article 39.
    """
    runs, document = np.asarray(curves), np.asarray(reported)
    if runs.ndim != 2 or document.shape != runs.shape[1:] or not document.size:  # noqa: PLR2004 - runs by points
        msg = f"Curves are runs by points, with as many points as reported; received {runs.shape} and {document.shape}."
        raise ValueError(msg)
    if not (np.isfinite(runs).all() and np.isfinite(document).all()):
        msg = "Curves are finite; received a value that is not."
        raise ValueError(msg)
    if len(runs) < 2:  # noqa: PLR2004 - one run has no standard deviation
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
    # Between equal numbers only rounding differs.
    squares[squares < _ROUNDING * (centered**2).sum(axis=0)] = 0.0
    deviations = np.sqrt(squares / (n - 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = distances / deviations
    scores[(deviations == 0) & (distances == 0)] = 0.0
    largest: NDArray[np.float64] = scores.max(axis=1)
    return largest


def adjust_holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust the p-values of several tests by Holm's method.

    Rejecting those of at most 0.05 rejects a true hypothesis with a probability of at most 5 % over all tests.

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
    """Return the fewest runs with which the exact p-value of one of `tests` tests can be significant."""
    # The smallest p-value is 1 / (runs + 1), and Holm multiplies it by the number of tests.
    return math.ceil(tests / (1 - CONFIDENCE) - _ROUNDING) - 1
