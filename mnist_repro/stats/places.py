"""The exact place of one run among others, by all that it shows together.

The first run is the one in question: a document's. If it was made as the others were, all are exchangeable, and no
place is likelier than another, whatever the numbers' distribution is and however they depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Scores are of the order of 1: a smaller difference is one of rounding alone.
_ROUNDING = 1e-9
# Where all others agree, a run that differs lies this many standard deviations off: finite, so that scores add up.
_FARTHEST = 1e9


def measure_distances(values: ArrayLike, families: ArrayLike) -> NDArray[np.float64]:
    """Return how far each run lies from the others, family by family.

    Parameters
    ----------
    values
        Of shape (..., runs, points), with at least 3 runs, finite.
    families
        Of shape (points,): to which family each point belongs, counted from 0 and none left out.

    Returns
    -------
    ndarray of float64, shape (..., runs, families)
        Above the median of the family's distance over all runs, in units of what lies between it and the ninth decile.

    Notes
    -----
    The distance of a family is the mean over its points of ``|x - m| / s``, with the mean and the standard deviation of
    the *other* runs: a point that is off by any amount moves it by as much. The distances of all runs then give their
    own scale, so that the families of one run can be compared: a curve's mean over ten points varies less than a single
    value's distance. Median and decile see to it that a few of our runs that went astray in one family do not hide what
    is off in it. Every step treats all runs alike, so exchangeable runs have exchangeable distances.

    A point at which all runs agree counts alike in all, and so says nothing; where one run alone differs from all
    others, it lies farther off than any. Where half of the runs or more lie equally far off in a family, the standard
    deviation is its scale; where all do, it counts nothing.
    """
    numbers, family = np.asarray(values, dtype=np.float64), np.asarray(families)
    if numbers.ndim < 2 or family.shape != numbers.shape[-1:] or not family.size:  # noqa: PLR2004 - runs by points
        msg = f"Values are runs by points, with a family for each; received {numbers.shape} and {family.shape}."
        raise ValueError(msg)
    if numbers.shape[-2] < 3 or not np.isfinite(numbers).all():  # noqa: PLR2004 - two others have a deviation
        runs = numbers.shape[-2]
        msg = f"Values are finite, of at least 3 runs; received {runs} runs, or a value that is not."
        raise ValueError(msg)
    distances = _leave_out(numbers) @ family_weights(family)
    return standardize(distances, among=distances)


def standardize(distances: NDArray[np.float64], *, among: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances above the median of those of some runs, by the scale of those, as `measure_distances` does.

    Parameters
    ----------
    distances, among
        Of shape (..., runs, families).
    """
    runs = among.shape[-2]
    sought = runs // 2, runs * 9 // 10, runs - 1
    ordered = np.partition(among, sought, axis=-2)
    middle, decile, largest = (ordered[..., place : place + 1, :] for place in sought)
    scale = decile - middle
    for instead in (among.std(axis=-2, keepdims=True), np.maximum(1.0, largest)):
        scale = np.where(scale > _ROUNDING * largest, scale, instead)
    return (distances - middle) / scale


def family_weights(families: ArrayLike) -> NDArray[np.float64]:
    """Return weights of shape (points, families) that take the mean over each family's points."""
    family = np.asarray(families)
    members = family[:, None] == np.arange(family.max() + 1)
    weights: NDArray[np.float64] = members / members.sum(axis=0)
    return weights


def _leave_out(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each value lies from the mean of the other runs', in their standard deviations."""
    runs = values.shape[-2]
    squares = values - values.mean(axis=-2, keepdims=True)
    np.square(squares, out=squares)
    total = squares.sum(axis=-2, keepdims=True)
    # Leaving out run i moves the mean of the others by -1 / (runs - 1) of its distance from the mean of all.
    left = total - squares * (runs / (runs - 1))
    alone = left <= _ROUNDING * total
    is_off = squares[alone] > 0
    left[alone] = 1.0
    distances: NDArray[np.float64] = np.divide(squares, left, out=left)
    np.sqrt(distances, out=distances)
    distances *= runs / (runs - 1) * math.sqrt(runs - 2)
    distances[alone] = np.where(is_off, _FARTHEST, 0.0)
    return distances


def count_as_far(distances: ArrayLike) -> NDArray[np.int64]:
    """Return the place of the first run: the number of runs that lie as far off as it does, itself and ties included.

    Parameters
    ----------
    distances
        Of shape (..., runs, families), as `measure_distances` returns them. A run's score is the largest of its
        families' distances.

    Returns
    -------
    ndarray of int64, shape (...)
        In 1..runs; over the number of runs it is the exact p-value: at most a fraction a of runs has one of at most a.

    Notes
    -----
    A Monte Carlo test [1]_ in which our runs are the simulations; known since as a conformal p-value [2]_. Ties count
    against rejecting.

    References
    ----------
    .. [1] G. A. Barnard, discussion of M. S. Bartlett, "The Spectral Analysis of Point Processes", Journal of the Royal
       Statistical Society B 25 (1963), 294.
    .. [2] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", Springer 2005, chapter 2.
    """
    scores = np.asarray(distances).max(axis=-1)
    counted: NDArray[np.int64] = np.sum(scores >= scores[..., :1] - _ROUNDING, axis=-1)
    return counted


def step_down(distances: ArrayLike) -> NDArray[np.int64]:
    """Return the place of the first run that each of its families has, adjusted for all of them.

    Parameters
    ----------
    distances
        Of shape (runs, families), as `measure_distances` returns them.

    Returns
    -------
    ndarray of int64, shape (families,)
        In 1..runs. The smallest is the run's own place. If only families whose place is at most k are rejected, a true
        one is among them with a probability of at most k / runs, whichever are true.

    Notes
    -----
    The step-down method of Westfall and Young [1]_: the farthest family is held against the largest distance of each
    run, the next against the largest without that family, and so on; none has a smaller place than the one before.

    References
    ----------
    .. [1] P. H. Westfall and S. S. Young, "Resampling-Based Multiple Testing", Wiley 1993, algorithm 2.8.
    """
    numbers = np.asarray(distances)
    order = np.argsort(-numbers[0], kind="stable")
    places = [int(count_as_far(numbers[:, order[step:]])) for step in range(len(order))]
    adjusted = np.empty(len(order), dtype=np.int64)
    adjusted[order] = np.maximum.accumulate(places)
    return adjusted


def adjust_exactly(p_values: Sequence[Fraction]) -> list[Fraction]:
    """Adjust exact p-values of several tests by Holm's method [1]_, without any rounding.

    Three times 1 / 60 is 5 %: in floating point it is not always.

    References
    ----------
    .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
       (1979), 65-70.
    """
    adjusted = [Fraction(1)] * len(p_values)
    largest = Fraction(0)
    for place, test in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, (len(p_values) - place) * p_values[test])
        adjusted[test] = min(largest, Fraction(1))
    return adjusted
