"""Whether runs from the same starts differ by the way they were made; NumPy only, no knowledge of MNIST.

What two ways make of one start belongs together. If the way makes no difference, which of the two runs was made in
which way is arbitrary: every exchange of the runs of some starts was as likely as the one at hand. That holds however
much the two runs of a start resemble each other, and also where they do not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

# With the one at hand there are 100,000: the smallest p-value is 1e-5.
PERMUTATIONS = 99_999
# So many exchanges that are at least as extreme settle a p-value: most take a few hundred.
ENOUGH = 50
# Relative difference below which numbers that were computed are the same.
_ROUNDING = 1e-9
_FIRST_BLOCK, _LARGEST_BLOCK = 512, 8_192

_Draw = Callable[[int], NDArray[np.float64]]


def smallest_two_ways_p(starts: int, *, permutations: int = PERMUTATIONS) -> float:
    """Return the smallest p-value that so many starts can give; 1 where there is none."""
    exchanges = 2**starts
    # To exchange every pair gives the same difference the other way round.
    return min(1.0, 2 / exchanges) if exchanges <= permutations else 1 / (permutations + 1)


def two_ways_p_value(
    differences: ArrayLike, *, generator: np.random.Generator, permutations: int = PERMUTATIONS
) -> float:
    """Return the p-value of the differences between two ways.

    Parameters
    ----------
    differences
        Of shape (starts, points), finite: the one way's run less the other's.
    generator
        Draws the exchanges, where there are more than `permutations`; only its doubles are used, which are the same in
        every version of NumPy.

    Returns
    -------
    float
        In (0, 1]; 1 where no run differs.

    Raises
    ------
    ValueError
        If there is no start, or a difference is not finite.

    Notes
    -----
    To exchange two runs turns the signs of their differences. The statistic is the largest over points of the mean
    difference in units of the root of the mean square, which no exchange changes and in which Student's t is monotone.
    """
    numbers = _checked(differences)
    scale = np.sqrt(np.square(numbers).sum(axis=0))
    scaled = np.divide(numbers, scale, out=np.zeros_like(numbers), where=scale > 0)
    starts = len(scaled)

    def statistics(signs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.abs(signs @ scaled).max(axis=1, initial=0.0))

    observed = statistics(np.ones((1, starts)))[0]
    if observed == 0:
        return 1.0
    if 2**starts <= permutations:
        every = np.array(list(product((-1.0, 1.0), repeat=starts)))
        return float(_is_extreme(statistics(every), observed).mean())
    return _settle(
        lambda count: statistics(np.where(generator.random((count, starts)) < 0.5, -1.0, 1.0)),  # noqa: PLR2004 - a coin
        observed,
        permutations=permutations,
    )


def _settle(draw: _Draw, observed: float, *, permutations: int) -> float:
    """Draw exchanges until it is clear that the one at hand is not extreme, or there are enough.

    Notes
    -----
    Where `ENOUGH` are at least as extreme after l draws, the p-value is ``ENOUGH / l``; else it is
    ``(1 + those) / (1 + permutations)``. Under exchange its chance to be at most `a` is `a` at most [1]_.

    References
    ----------
    .. [1] Besag and Clifford, "Sequential Monte Carlo p-values", Biometrika 78 (1991), pages 301-304.
    """
    made = extreme = 0
    size = _FIRST_BLOCK
    while made < permutations:
        size = min(size, permutations - made)
        hits = np.flatnonzero(_is_extreme(draw(size), observed))
        if extreme + len(hits) >= ENOUGH:
            return ENOUGH / (made + int(hits[ENOUGH - extreme - 1]) + 1)
        extreme += len(hits)
        made += size
        size = min(2 * size, _LARGEST_BLOCK)
    return (1 + extreme) / (1 + permutations)


def _is_extreme(statistics: NDArray[np.float64], observed: float) -> NDArray[np.bool_]:
    # Ties are extreme, also within rounding.
    return np.asarray(statistics >= observed * (1 - _ROUNDING))


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    numbers = np.array(values, dtype=np.float64)
    if numbers.ndim != 2 or not len(numbers):  # noqa: PLR2004 - starts by points
        msg = f"Differences are starts by points, with at least one start; received shape {numbers.shape}."
        raise ValueError(msg)
    if not np.isfinite(numbers).all():
        msg = "Runs are compared by finite numbers; received one that is not."
        raise ValueError(msg)
    return numbers
