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

_AT_ONCE = 16
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
        ours = np.broadcast_to(self.printed, (len(candidates), *self.printed.shape))
        return self._place_first(candidates, ours)

    def place_shifted(self, shift: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the place that each of our runs, moved by `shift` at each point, has among the others, as (runs,)."""
        others = np.array([np.delete(np.arange(self.runs), run) for run in range(self.runs)])
        return self._place_first(self.ours + shift, self.printed[others])

    def _place_first(self, candidates: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.int64]:
        values = np.concatenate([self.printing(candidates)[:, None], others], axis=1)
        # A few at a time: all at once would be too much for a processor's cache.
        parts = (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
        return np.concatenate([count_as_far(measure_distances(part, self.family_of)) for part in parts])


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
