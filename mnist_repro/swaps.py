"""Two groups of runs with the same seeds: what the seed alone decides is no difference between the groups.

Runs of one seed start alike, and may end close to each other. If both groups were made alike, which run of a seed is
called new is arbitrary: every way to swap runs within seeds was as likely as the one at hand. The tests themselves are
those of `two_samples`, with these ways in place of all splits.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from mnist_repro.intervals import Estimate
from mnist_repro.statistics import summarize
from mnist_repro.two_samples import PERMUTATIONS, Splits


def smallest_paired_p(pairs: int, *, permutations: int = PERMUTATIONS) -> float:
    """Return the smallest p-value that so many pairs of runs can give; 1 where there is none."""
    swaps = 2**pairs
    # Swapping every pair gives the same difference the other way round.
    return min(1.0, 2 / swaps) if swaps <= permutations else 1 / (permutations + 1)


def draw_swaps(pairs: int, *, generator: np.random.Generator, permutations: int = PERMUTATIONS) -> Splits:
    """List all ways to swap runs within pairs, or draw as many as `permutations` where there are more.

    Parameters
    ----------
    pairs
        At least 1.
    generator
        Only its doubles are used, which are the same in every version of NumPy.

    Returns
    -------
    Splits
        Of 2 * pairs runs: first the new run of each pair, then the other runs in the same order.

    Raises
    ------
    ValueError
        If there is no pair.
    """
    if pairs < 1:
        msg = f"Pairs of runs are swapped, at least one; received {pairs}."
        raise ValueError(msg)
    exact = 2**pairs <= permutations
    if exact:
        stays = np.array(list(product((True, False), repeat=pairs)), dtype=np.bool_)
    else:
        stays = generator.random((permutations, pairs)) < 0.5  # noqa: PLR2004 - as likely as not
    return Splits(members=np.hstack([stays, ~stays]), exact=exact)


def estimate_paired_difference(new: ArrayLike, other: ArrayLike) -> Estimate:
    """Return the mean of `new` less that of `other`, with the 95 % interval of Student's t over the pairs.

    Parameters
    ----------
    new, other
        Of shape (pairs,), finite, in the same order of seeds. A single pair has no interval.
    """
    summary = summarize(np.asarray(new, dtype=np.float64) - np.asarray(other, dtype=np.float64))
    return Estimate(summary.mean, summary.mean_interval)
