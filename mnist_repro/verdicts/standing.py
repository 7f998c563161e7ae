"""A reported run among ours: its exact place, and the place that anything else would have in its stead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.stats.places import count_as_far, measure_distances, step_down
from mnist_repro.verdicts.reported_run import Printing, find_printing

# Values that are placed at once: more would be too much for a processor's cache.
_AT_ONCE = 1 << 15
# A shift is judged at all of our runs, or at so many that these by all runs are this number; never at fewer than 40.
_MOST_PAIRS, _FEWEST_SHIFTED = 160_000, 40
Measure = Callable[[Claim], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """The families of a reported run beside ours, all values in their claims' units."""

    families: tuple[tuple[Claim, ...], ...]  #: curves and single values
    document: NDArray[np.float64]  #: of shape (points,)
    ours: NDArray[np.float64]  #: of shape (runs, points), as measured
    printing: Printing  #: how the document prints them

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of the points, family by family."""
        return tuple(claim for family in self.families for claim in family)

    @cached_property
    def family_of(self) -> NDArray[np.int64]:
        """To which family each point belongs, of shape (points,)."""
        return np.repeat(np.arange(len(self.families)), [len(family) for family in self.families])

    @property
    def runs(self) -> int:
        """Number of our runs."""
        return len(self.ours)

    @cached_property
    def deviations(self) -> NDArray[np.float64]:
        """Standard deviations of our runs, of shape (points,)."""
        deviations: NDArray[np.float64] = self.ours.std(axis=0, ddof=1)
        return deviations

    @property
    def mean_deviations(self) -> NDArray[np.float64]:
        """How far the document, and then each of our runs, lies from our mean, of shape (1 + runs,).

        In our standard deviations, as means over the points at which our runs differ; there has to be one.
        """
        differ = self.deviations > 0
        away = np.abs(np.vstack([self.document, self.ours]) - self.ours.mean(axis=0))
        found: NDArray[np.float64] = (away[:, differ] / self.deviations[differ]).mean(axis=1)
        return found

    @cached_property
    def printed(self) -> NDArray[np.float64]:
        """Our runs as the document would have printed them, of shape (runs, points)."""
        return self.printing(self.ours)

    @cached_property
    def distances(self) -> NDArray[np.float64]:
        """How far each run lies off in each family, of shape (1 + runs, families): the document first."""
        return measure_distances(np.vstack([self.printing(self.document), self.printed]), self.family_of)

    @cached_property
    def p(self) -> Fraction:
        """The document's place among all runs and itself, over their number: the exact p-value of the run."""
        return Fraction(int(count_as_far(self.distances)), self.runs + 1)

    @property
    def places(self) -> NDArray[np.int64]:
        """The document's place in each family by itself, of shape (families,)."""
        return count_as_far(self.distances.T[..., None])

    @cached_property
    def adjusted_p(self) -> tuple[Fraction, ...]:
        """The exact p-value of each family, adjusted for all families of the run; the smallest is `p`."""
        return tuple(Fraction(place, self.runs + 1) for place in step_down(self.distances).tolist())

    def place_others(self, candidates: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the places, of shape (n,), that candidates of shape (n, points) would have instead of the document."""
        return self._place_each(candidates, lambda _: self.printed)

    def place_shifted(self, shift: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the places that our runs have among the others, each moved by `shift` at each point.

        Returns
        -------
        ndarray of int64, shape (n,)
            Of all runs in their order up to 400; of more, of some evenly among them.
        """
        most = max(_MOST_PAIRS // self.runs, _FEWEST_SHIFTED)
        moved = np.linspace(0, self.runs - 1, min(self.runs, most)).astype(np.int64)
        return self._place_each(self.ours[moved] + shift, lambda place: np.delete(self.printed, moved[place], axis=0))

    def _place_each(
        self, candidates: NDArray[np.float64], others: Callable[[int], NDArray[np.float64]]
    ) -> NDArray[np.int64]:
        """Return the place of each candidate among the runs that `others` gives for its index."""
        printed = self.printing(candidates)
        at_once = max(1, _AT_ONCE // self.ours.size)
        places = []
        for start in range(0, len(printed), at_once):
            part = range(start, min(start + at_once, len(printed)))
            values = np.array([np.vstack([printed[place], others(place)]) for place in part])
            places.append(count_as_far(measure_distances(values, self.family_of)))
        return np.concatenate(places)


def place_among(families: Sequence[tuple[Claim, ...]], *, measure: Measure) -> Standing:
    """Place families of one reported run among ours.

    Parameters
    ----------
    measure
        Returns what our runs measured of a claim, of shape (runs,).
    """
    claims = [claim for family in families for claim in family]
    return Standing(
        families=tuple(families),
        document=np.array([claim.value for claim in claims]),
        ours=np.stack([measure(claim) for claim in claims], axis=1),
        printing=find_printing(families),
    )
