"""Print how often a run that is off is refuted: by the verdict on it, and by other rules.

The rules are exact all alike, so they are compared by what they find:

- the largest of the families' mean distances, each by its own scale: the verdict's;
- the smallest rank of the families' mean squared distances and of the sum of squares, ties broken by the sum;
- the rank of the largest distance in each family alone, adjusted for all families of the document.

python tests/support/power_table.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np
from largest_distance import rank_curve
from numpy.typing import NDArray
from recorded_runs import judge_all

from mnist_repro.verdicts.detection import find_power
from mnist_repro.verdicts.run_verdict import RunVerdict

# What a document's run may have in place of its own values, in standard deviations.
ALL_VALUES, FINAL_VALUE = 2.0, 4.0
# Families of each document that are ranked one by one, and adjusted for each other by Holm's method.
_RANKED = {"julia-blog": 7, "tf1-notebook": 12}


Powers = tuple[float, float]
Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Row:
    """The power for both shifts, of all values and of the last family alone, by each rule."""

    name: str
    others: int  #: runs that each run is judged by
    distances: Powers
    squares: Powers
    alone: Powers


def as_refutable(verdict: RunVerdict) -> RunVerdict:
    """Return the verdict as Holm's first step of three runs gives it."""
    return replace(verdict, refuting_place=int(Fraction(verdict.runs + 1, 60)))


def measure_power(verdict: RunVerdict) -> tuple[float, float]:
    """Return how often the verdict on a run finds either shift."""
    last = verdict.reported.families[-1][0].family
    return (
        float(find_power(verdict, deviations=ALL_VALUES)),
        float(find_power(verdict, deviations=FINAL_VALUE, family=last)),
    )


def measure_rule(verdict: RunVerdict, is_refuted: Callable[[RunVerdict, Values, Values], bool]) -> Powers:
    """Return how often another rule refutes either shift of one of our runs, given it and the others."""
    standing = verdict.standing
    assert standing is not None
    last = verdict.reported.families[-1][0].family
    found = []
    for deviations, shifted in ((ALL_VALUES, None), (FINAL_VALUE, last)):
        off = deviations * standing.deviations * [shifted in {None, claim.family} for claim in standing.claims]
        found.append(
            np.mean(
                [
                    is_refuted(verdict, ours + sign * off, np.delete(standing.ours, run, axis=0))
                    for sign in (1, -1)
                    for run, ours in enumerate(standing.ours)
                ]
            )
        )
    return float(found[0]), float(found[1])


def is_refuted_alone(verdict: RunVerdict, document: Values, others: Values) -> bool:
    """Rank each family by its largest distance."""
    level = 0.05 / _RANKED[verdict.reported.document] + 1e-12
    return any(rank_curve(document[points], others[:, points]) <= level for points in _points(verdict))


def is_refuted_by_squares(verdict: RunVerdict, document: Values, others: Values) -> bool:
    """Rank all runs by the smallest rank of their families' mean squares and of the sum of all squares."""
    values = np.vstack([document, others])
    squares = ((values - values.mean(axis=0)) / values.std(axis=0)) ** 2
    total = squares.sum(axis=1)
    scores = [*(squares[:, points].mean(axis=1) for points in _points(verdict)), total]
    smallest = np.min([(score >= score[:, None]).sum(axis=1) for score in scores], axis=0)
    as_far = (smallest < smallest[0]) | ((smallest == smallest[0]) & (total >= total[0]))
    return int(as_far.sum()) <= verdict.refuting_place


def _points(verdict: RunVerdict) -> list[list[int]]:
    assert verdict.standing is not None
    family_of = verdict.standing.family_of
    return [np.flatnonzero(family_of == family).tolist() for family in range(family_of.max() + 1)]


def list_rows() -> Iterator[Row]:
    """Yield the rows."""
    rules = {
        "distances": measure_power,
        "squares": partial(measure_rule, is_refuted=is_refuted_by_squares),
        "alone": partial(measure_rule, is_refuted=is_refuted_alone),
    }
    for name, judged in judge_all().items():
        verdict = as_refutable(judged)
        yield Row(name=name, others=verdict.runs - 1, **{rule: find(verdict) for rule, find in rules.items()})


if __name__ == "__main__":
    rules = ("distances", "squares", "alone")
    print(f"{'2 sd on all values, 4 sd on the last':36}others" + "".join(f"{rule:>12}" for rule in rules))  # noqa: T201
    for row in list_rows():
        cells = "".join(f"{every:7.2f}{last:5.2f}" for every, last in (row.distances, row.squares, row.alone))
        print(f"{row.name:36}{row.others:6}{cells}")  # noqa: T201 - a table
