"""Whether two groups of runs differ: permutation tests; NumPy and SciPy only, no knowledge of MNIST.

If both groups were made alike, which runs are called new is arbitrary: every split of all runs into groups of these
sizes was as likely as the observed one. The p-value is the fraction of splits that look at least as different.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import comb

# With the observed split there are 100,000: the smallest p-value is 1e-5.
PERMUTATIONS = 99_999
# Relative difference below which computed numbers count as equal.
_ROUNDING = 1e-9
# Exchanges at least as extreme as the observed one that settle a p-value: most tests draw a few hundred.
ENOUGH = 50
_FIRST_BLOCK, _LARGEST_BLOCK = 512, 8_192

_Draw = Callable[[int], NDArray[np.float64]]
# Rows handled at once: they stay in the processor's cache.
_BLOCK = 4_096


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Ways to split runs into a new group and the rest."""

    members: NDArray[np.bool_]  #: of shape (splits, runs): which runs are in the new group
    exact: bool  #: whether these are all possible splits; else they were drawn at random


def smallest_p(new: int, baseline: int, *, permutations: int = PERMUTATIONS) -> float:
    """Return the smallest possible p-value of groups of `new` and `baseline` runs; 1 where a group is empty."""
    splits = comb(new + baseline, new, exact=True)
    if splits > permutations:
        return 1 / (permutations + 1)
    # Between groups of one size, exchanging them gives the same difference.
    return min(1.0, (2 if new == baseline else 1) / splits)


def draw_splits(new: int, baseline: int, *, generator: np.random.Generator, permutations: int = PERMUTATIONS) -> Splits:
    """List all splits into groups of `new` and `baseline` runs, or draw `permutations` where there are more.

    Parameters
    ----------
    new, baseline
        Sizes of the groups, each at least 1.
    generator
        Only its doubles are used, which are the same in every version of NumPy.

    Raises
    ------
    ValueError
        If a group is empty.
    """
    if new < 1 or baseline < 1:
        msg = f"Two groups are compared, each of at least one run; received {new} and {baseline}."
        raise ValueError(msg)
    runs = new + baseline
    splits = comb(runs, new, exact=True)
    if splits <= permutations:
        chosen = np.fromiter(chain.from_iterable(combinations(range(runs), new)), dtype=np.intp, count=splits * new)
        return Splits(members=_members(chosen.reshape(splits, new), runs), exact=True)
    return Splits(members=draw_subsets(permutations, runs, new, generator=generator), exact=False)


def draw_subsets(count: int, runs: int, size: int, *, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Draw subsets of `size` among `runs`, all equally probable; return a bool array of shape (count, runs)."""
    drawn = np.empty((count, runs), dtype=np.bool_)
    for start in range(0, count, _BLOCK):
        block = drawn[start : start + _BLOCK]
        chosen = np.argsort(generator.random(block.shape), axis=1, kind="stable")[:, :size]
        block[:] = _members(chosen, runs)
    return drawn


def _members(chosen: NDArray[np.intp], runs: int) -> NDArray[np.bool_]:
    members = np.zeros((len(chosen), runs), dtype=np.bool_)
    np.put_along_axis(members, chosen, values=True, axis=1)
    return members


class PermutationTests:
    """Tests of several quantities of the same runs, all with the same splits.

    Parameters
    ----------
    runs
        Of shape (runs, points), finite: the quantities side by side.
    widths
        Number of points of each quantity, 1 for a single value; they add up to the points.
    splits
        The reference for the observed split.

    Notes
    -----
    The statistic of a quantity is the largest over its points of the distance between the two groups' means in units
    of the point's pooled standard deviation. It is computed in units of the standard deviation of all runs instead,
    which no split changes: with ``d`` the one and ``u`` the other, ``d**2 = u**2 / (1 - c * u**2)`` with ``c`` given by
    the groups' sizes, so both put all splits in the same order. A point where all runs are equal counts 0; one where
    runs differ only between the groups is the most extreme possible.

    Where all splits are listed, the p-value is the fraction of those at least as extreme; else it is
    ``(1 + those at least as extreme) / (1 + splits)`` [1]_. Ties count as extreme, also within rounding.

    Joint p-values compare every quantity with the largest statistic of all of them in each split [2]_: the probability
    that any is at most `a`, where nothing differs, is at most `a`, however the quantities depend on each other.

    References
    ----------
    .. [1] B. Phipson and G. K. Smyth, "Permutation P-values Should Never Be Zero", Statistical Applications in Genetics
       and Molecular Biology 9 (2010), article 39.
    .. [2] P. H. Westfall and S. S. Young, "Resampling-Based Multiple Testing", Wiley 1993, section 2.3: single-step
       maxT.
    """

    def __init__(self, runs: ArrayLike, *, widths: Sequence[int], splits: Splits) -> None:
        numbers = np.asarray(runs, dtype=np.float64)
        if numbers.ndim != 2 or numbers.shape[1] != sum(widths) or not all(width > 0 for width in widths):  # noqa: PLR2004 - runs by points
            msg = f"Quantities lie side by side, runs by points; received {numbers.shape} for widths {list(widths)}."
            raise ValueError(msg)
        if splits.members.shape[1] != len(numbers):
            msg = f"Splits are of the runs at hand: {len(numbers)}; received splits of {splits.members.shape[1]}."
            raise ValueError(msg)
        if not np.isfinite(numbers).all():
            msg = "Quantities are finite; received a value that is not."
            raise ValueError(msg)
        self._scaled = _scale(numbers)
        self._starts = np.cumsum([0, *widths[:-1]])
        self._exact = splits.exact
        largest = self._largest(splits.members)
        # Sorted: the statistics of many observed splits are looked up at once.
        self._references = np.sort(largest.T, axis=1)
        self._joint_reference = np.sort(largest.max(axis=1))

    def p_values(self, members: ArrayLike) -> NDArray[np.float64]:
        """Return the p-values of splits, each quantity by itself: in (0, 1], of shape (splits, quantities).

        Parameters
        ----------
        members
            bool array of shape (splits, runs): the new group of each.
        """
        largest = self._largest(np.asarray(members, dtype=np.bool_))
        columns = [self._look_up(column, r) for column, r in zip(largest.T, self._references, strict=True)]
        return np.stack(columns, axis=1)

    def joint_p_values(self, members: ArrayLike) -> NDArray[np.float64]:
        """Return the p-values of splits as `p_values` does, adjusted for all quantities."""
        return self._look_up(self._largest(np.asarray(members, dtype=np.bool_)), self._joint_reference)

    def _look_up(self, largest: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
        below = np.searchsorted(reference, largest * (1 - _ROUNDING) - _ROUNDING, side="left")
        itself = 0 if self._exact else 1
        return np.asarray((len(reference) - below + itself) / (len(reference) + itself), dtype=np.float64)

    def _largest(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the largest distance of each split and quantity, of shape (splits, quantities), but for a factor."""
        largest = np.empty((len(members), len(self._starts)))
        for start in range(0, len(members), _BLOCK):
            rows = slice(start, start + _BLOCK)
            # All runs add up to 0, so the sum of one group determines the difference between the means.
            distances = np.abs(members[rows].astype(np.float64) @ self._scaled)
            largest[rows] = np.maximum.reduceat(distances, self._starts, axis=1)
        return largest


def _scale(runs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Center each point and divide it by its standard deviation over all runs; equal runs become 0."""
    # Between equal numbers only rounding differs.
    equal = np.ptp(runs, axis=0) <= _ROUNDING * np.abs(runs).max(axis=0)
    centered = np.where(equal, 0.0, runs - runs.mean(axis=0))
    return np.asarray(centered / np.where(equal, 1.0, runs.std(axis=0)), dtype=np.float64)


def permutation_p_value(
    new: ArrayLike, baseline: ArrayLike, *, generator: np.random.Generator, permutations: int = PERMUTATIONS
) -> float:
    """Return the p-value of one curve in two groups of runs, in (0, 1]; a single value is a curve of one point.

    Parameters
    ----------
    new, baseline
        Of shape (runs, points), finite.
    generator
        Draws the splits, where there are more than `permutations`.

    Raises
    ------
    ValueError
        If a group is empty, the points are not the same, or a value is not finite.
    """
    groups = [np.asarray(group, dtype=np.float64) for group in (new, baseline)]
    if any(group.ndim != 2 or group.shape[1:] != groups[0].shape[1:] for group in groups):  # noqa: PLR2004 - runs by points
        msg = f"Groups are runs by points, with the same points; received {groups[0].shape} and {groups[1].shape}."
        raise ValueError(msg)
    splits = draw_splits(len(groups[0]), len(groups[1]), generator=generator, permutations=permutations)
    pooled = np.vstack(groups)
    tests = PermutationTests(pooled, widths=[pooled.shape[1]], splits=splits)
    return float(tests.p_values([np.arange(len(pooled)) < len(groups[0])])[0, 0])


def smallest_two_ways_p(starts: int, *, permutations: int = PERMUTATIONS) -> float:
    """Return the smallest possible p-value of `starts` pairs of runs; 1 without any."""
    exchanges = 2**starts
    # Exchanging every pair gives the same difference with the other sign.
    return min(1.0, 2 / exchanges) if exchanges <= permutations else 1 / (permutations + 1)


def two_ways_p_value(
    differences: ArrayLike, *, generator: np.random.Generator, permutations: int = PERMUTATIONS
) -> float:
    """Return the p-value of the differences between two ways of training, in (0, 1]; 1 where no run differs.

    Parameters
    ----------
    differences
        Of shape (starts, points), finite: the one way's run minus the other's.
    generator
        Draws the exchanges, where there are more than `permutations`; only its doubles are used, which are the same in
        every version of NumPy.

    Raises
    ------
    ValueError
        If there is no start, or a difference is not finite.

    Notes
    -----
    Exchanging two runs turns the signs of their differences. The statistic is the largest over points of the mean
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
    """Draw exchanges until the observed one is clearly not extreme, or `permutations` are drawn.

    Notes
    -----
    Where `ENOUGH` are at least as extreme after l draws, the p-value is ``ENOUGH / l``; else it is
    ``(1 + those) / (1 + permutations)``. Under exchange it is at most `a` with a probability of at most `a` [1]_.

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
