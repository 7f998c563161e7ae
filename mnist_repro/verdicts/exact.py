"""The comparison of a reported run in which chance has no part: digit by digit, and no test.

Such a run is the same on another processor only up to rounding, so one digit that differs refutes the way of training
or the arithmetic, and does not say which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.studies.replay import Replay
from mnist_repro.verdicts.reported_run import Printing, ReportedRun, find_printing


@dataclass(frozen=True, kw_only=True, eq=False)
class Exactness:
    """Every printed value of a run without randomness beside ours, printed alike."""

    claims: tuple[Claim, ...]  #: family by family
    printing: Printing
    ours: NDArray[np.float64]  #: of shape (runs, points); all runs are the same, unless something else decides them

    @cached_property
    def units(self) -> dict[Claim, int]:
        """Our value minus the document's, in units of the last printed digit: of the run that is farthest off."""
        printed = self.printing(np.array([claim.value for claim in self.claims]))
        off = np.rint((self.printing(self.ours) - printed) * 10.0**self.printing.decimals).astype(np.int64)
        farthest = off[np.abs(off).argmax(axis=0), np.arange(len(self.claims))]
        return dict(zip(self.claims, farthest.tolist(), strict=True))

    @property
    def equal(self) -> int:
        """Number of values that are equal in every digit."""
        return sum(not off for off in self.units.values())

    @property
    def first_difference(self) -> tuple[Claim, int] | None:
        """The first value in the document that differs, and by how many units; None where all are equal."""
        different = [(claim, off) for claim, off in self.units.items() if off]
        return min(different, key=lambda found: found[0].line, default=None)

    def differs(self, candidates: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether each candidate, of shape (n, points), prints anything else than our runs."""
        ours = self.printing(self.ours)
        printed = self.printing(candidates)
        different: NDArray[np.bool_] = (printed[:, None] != ours).any(axis=(1, 2))
        return different


@dataclass(frozen=True, kw_only=True, eq=False)
class Replayed:
    """The printed values of a run beside what its own seed gives in its own library."""

    made_with: str  #: the library and its version
    exact: Exactness


def compare_exactly(
    families: Sequence[tuple[Claim, ...]], *, measure: Callable[[Claim], NDArray[np.float64]]
) -> Exactness | None:
    """Hold the values of families against ours; None without runs, or where one of our numbers is not finite.

    Parameters
    ----------
    measure
        Returns what our runs measured of a claim, of shape (runs,).
    """
    claims = tuple(claim for family in families for claim in family)
    ours = np.stack([measure(claim) for claim in claims], axis=1) if claims else np.empty((0, 0))
    if not len(ours) or not np.isfinite(ours).all():
        return None
    return Exactness(claims=claims, printing=find_printing(families), ours=ours)


def compare_replay(reported: ReportedRun, replay: Replay | None) -> Replayed | None:
    """Hold all values of a reported run against those of a replay; None without one."""
    families = (*reported.families, *reported.chose)
    exact = compare_exactly(families, measure=lambda claim: np.array([replay.values[claim.id]])) if replay else None
    return Replayed(made_with=replay.made_with, exact=exact) if replay and exact else None


def format_exact(exact: Exactness) -> str:
    """Say how many printed values are equal, and which is the first that is not."""
    values = len(exact.units)
    if exact.first_difference is None:
        return f"all digits of the {values} printed values are equal" if values > 1 else "all printed digits are equal"
    claim, off = exact.first_difference
    after = f" after period {claim.period}" if claim.period else ""
    return (
        f"{exact.equal} of {values} printed values are equal; the first that differs is {claim.family}{after}, printed "
        f"{claim.printed}: {format_units(off)}"
    )


def format_units(off: int) -> str:
    """Say by how much a value of ours differs from a printed one."""
    side = "above" if off > 0 else "below"
    return f"ours lies {abs(off):,} unit{'' if abs(off) == 1 else 's'} of the last printed digit {side} it"
