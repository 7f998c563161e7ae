"""What a verdict on a reported run would have found: the smallest shift, and the values that it leaves possible."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.stats.summary import UNKNOWN, Interval
from mnist_repro.verdicts.run_verdict import RunVerdict

# What counts as found is refuted with this probability.
POWER = Fraction(4, 5)
# Beyond this number of standard deviations nothing more is found.
_FARTHEST = 1024.0
# Each halves what is not known: to a sixty-fourth.
_HALVINGS = 6

_Keep = Callable[[NDArray[np.float64]], NDArray[np.bool_]]


def find_power(verdict: RunVerdict, *, deviations: float, family: str | None = None) -> Fraction:
    """Return the probability that this verdict refutes a run which is shifted.

    Parameters
    ----------
    deviations
        Shift in standard deviations of our runs at each point.
    family
        Id of the family whose points are shifted; None shifts all values of the run.

    Notes
    -----
    Each of our runs, or some of many, takes the document's place among the others, shifted up and shifted down, and is
    judged by the place at which this verdict refutes. So it is what the verdict would have found, not what an interval
    would have.
    """
    standing = verdict.standing
    if standing is None or not verdict.refuting_place:
        return Fraction(0)
    shifted = np.array([family in {None, claim.family} for claim in standing.claims])
    shift = deviations * standing.deviations * shifted
    places = np.concatenate([standing.place_shifted(shift), standing.place_shifted(-shift)])
    return Fraction(int((places <= verdict.refuting_place).sum()), len(places))


def find_detectable(verdict: RunVerdict, *, family: str | None = None) -> float:
    """Return the smallest shift that this verdict finds with a probability of 80 %, by `find_power`.

    Returns
    -------
    float
        In standard deviations of our runs at each point; infinite where nothing would be found.
    """
    low, high = 0.0, 1.0
    while find_power(verdict, deviations=high, family=family) < POWER:
        low, high = high, 2 * high
        if high > _FARTHEST or not verdict.refuting_place:
            return math.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_found = find_power(verdict, deviations=middle, family=family) >= POWER
        low, high = (low, middle) if is_found else (middle, high)
    return high


def find_interval(verdict: RunVerdict, claim: Claim) -> Interval:
    """Return the values of a claim that this verdict would not refute, the document's other values as they are.

    In the claim's unit; from minus to plus infinity where nothing would be refuted, and unknown where all would be. So
    it always holds the printed value of a run that is not refuted.

    Notes
    -----
    A conformal prediction interval [1]_: exact by exchangeability, whatever the distribution. It reaches from the least
    to the largest such value, found to a thousandth of a
    standard deviation.

    References
    ----------
    .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", Springer 2005, chapter 2.
    """
    standing, place = verdict.standing, verdict.refuting_place
    if standing is None or not place:
        return Interval(-math.inf, math.inf)
    point = standing.claims.index(claim)
    center, deviation = float(standing.ours[:, point].mean()), float(standing.deviations[point])

    def is_kept(values: NDArray[np.float64]) -> NDArray[np.bool_]:
        candidates = np.repeat(standing.document[None], len(values), axis=0)
        candidates[:, point] = values
        kept: NDArray[np.bool_] = standing.place_others(candidates) > place
        return kept

    printed = claim.value
    reach = max(4 * deviation, 2 * abs(printed - center), 2 * claim.half_unit)
    while is_kept(np.array([center - reach, center + reach])).any():
        reach *= 2
    tried = np.sort(np.append(np.linspace(center - reach, center + reach, 129), printed))
    kept = np.flatnonzero(is_kept(tried))
    if not len(kept):
        return UNKNOWN
    ends = [_bisect(is_kept, tried[inside], tried[inside + side]) for inside, side in ((kept[0], -1), (kept[-1], 1))]
    return Interval(*ends)


def _bisect(is_kept: _Keep, inside: float, outside: float) -> float:
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_kept(np.array([middle]))[0] else (inside, middle)
    return float(inside)
