"""The judgement once more, in plain Python: what it says is done word by word, and slowly.

It shares nothing with `mnist_repro.stats.places`: others are left out by leaving them out, numbers are printed by
formatting them, and multiple tests are closed tests over all subsets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import chain, combinations, product
from statistics import fmean

# One run's values, family by family.
Run = Sequence[Sequence[float]]


def print_number(value: float, *, decimals: int) -> float:
    """Print a number with so many decimals, and read it again."""
    return float(f"{value:.{decimals}f}")


def find_distances(runs: Sequence[Run]) -> list[list[float]]:
    """Return the standardized distance of each run in each family."""
    by_family = []
    for family in range(len(runs[0])):
        raw = [
            fmean(_distance(runs, run, family, point) for point in range(len(runs[0][family])))
            for run in range(len(runs))
        ]
        ordered = sorted(raw)
        middle, decile = ordered[len(raw) // 2], ordered[len(raw) * 9 // 10]
        scale = decile - middle
        if scale < 1e-9 * max(raw):
            scale = math.sqrt(fmean((each - fmean(raw)) ** 2 for each in raw))
        by_family.append([(each - middle) / scale if scale > 1e-9 * max(raw) else 0.0 for each in raw])
    return [list(each) for each in zip(*by_family, strict=True)]


def _distance(runs: Sequence[Run], run: int, family: int, point: int) -> float:
    others = [each[family][point] for place, each in enumerate(runs) if place != run]
    mean = fmean(others)
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in others) / (len(others) - 1))
    off = abs(runs[run][family][point] - mean)
    if off < 1e-14:
        return 0.0
    return min(1e9, off / deviation) if deviation > 1e-14 else 1e9


def find_p(distances: Sequence[Sequence[float]], families: Sequence[int]) -> Fraction:
    """Return the fraction of runs that lie as far off as the first in the farthest of some families."""
    scores = [max(each[family] for family in families) for each in distances]
    return Fraction(
        sum(score > scores[0] or math.isclose(score, scores[0], abs_tol=1e-9) for score in scores), len(scores)
    )


def adjust_runs(p_values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Adjust the p-values of runs: each by the subset of runs with it that is hardest to reject."""
    return {
        name: max(
            min(Fraction(1), len(subset) * min(p_values[each] for each in subset))
            for subset in _subsets(sorted(p_values))
            if name in subset
        )
        for name in p_values
    }


def adjust_families(document: Mapping[str, Sequence[Sequence[float]]]) -> dict[tuple[str, int], Fraction]:
    """Adjust the p-values of all families of a document by testing every set of them.

    Parameters
    ----------
    document
        The distances of each of its runs.
    """

    @cache
    def p_of(run: str, families: tuple[int, ...]) -> Fraction:
        return find_p(document[run], families)

    names = sorted(document)
    choices = [list(_subsets(range(len(document[name][0])), empty=True)) for name in names]
    adjusted: dict[tuple[str, int], Fraction] = {}
    for chosen in product(*choices):
        tested = [(name, families) for name, families in zip(names, chosen, strict=True) if families]
        if tested:
            p = min(Fraction(1), len(tested) * min(p_of(name, families) for name, families in tested))
            for name, families in tested:
                for family in families:
                    adjusted[name, family] = max(p, adjusted.get((name, family), Fraction(0)))
    return adjusted


def _subsets(members: Sequence, *, empty: bool = False) -> Iterator[tuple]:
    return chain.from_iterable(combinations(members, size) for size in range(0 if empty else 1, len(members) + 1))
