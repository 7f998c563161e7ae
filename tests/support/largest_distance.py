"""A place by the largest distance of any point: the statistic that the places of runs are measured against.

Of a single value it is the same rank, found in another way.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    if runs.ndim != 2 or document.shape != runs.shape[1:] or not document.size:
        msg = f"Curves are runs by points, with as many points as reported; received {runs.shape} and {document.shape}."
        raise ValueError(msg)
    if not (np.isfinite(runs).all() and np.isfinite(document).all()):
        msg = "Curves are finite; received a value that is not."
        raise ValueError(msg)
    if len(runs) < 2:
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
