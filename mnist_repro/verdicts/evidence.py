"""What our runs say of a choice that a document leaves open: how well it fits, what else does, what confirms it.

A reconstruction's own words are facts of the document and its code. All that was measured is read from records here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mnist_repro.documents.protocol import Reconstruction
from mnist_repro.verdicts.causes.alternatives import Answer, Cause
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult

_FITTING = frozenset({Answer.POSSIBLE, Answer.ALIKE})


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How the values that a choice was made by lie among our runs, which were made with it."""

    families: tuple[Family, ...]  #: their curves and single values
    runs: int  #: our completed runs
    deviations: tuple[float, ...]  #: of each value from our mean, in our standard deviations, without sign

    def count_within(self, deviations: int) -> int:
        """Return the number of values within as many standard deviations of our mean."""
        return sum(each <= deviations for each in self.deviations)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the records of an environment say of a reconstruction."""

    reconstruction: Reconstruction
    fit: Fit | None  #: None unless values chose it, or without runs
    otherwise: tuple[Cause, ...]  #: the same choice made otherwise, as far as it was run
    unused: tuple[Family, ...]  #: what depends on a choice made by values, and was not used for it

    @property
    def fitting(self) -> tuple[Cause, ...]:
        """The other ways in which the document could have been made too."""
        return tuple(cause for cause in self.otherwise if cause.answer in _FITTING)


def find_evidence(
    result: EnvironmentResult, reconstruction: Reconstruction, *, experiment: str | None = None
) -> Evidence:
    """Return what an environment's records say of a reconstruction.

    Experiments that have the same reconstruction share it: its alternatives may be tried on any of them, and the values
    of all depend on it.

    Parameters
    ----------
    experiment
        Id of the one whose alternatives are listed, if any of them was run; else those of all that share it are.
    """
    sharing = [each for each in result.experiments if reconstruction in each.protocol.reconstructions]
    names = {each.protocol.id for each in sharing}
    families = [family for experiment in sharing for family in experiment.families if family.finding.p is not None]
    chose = tuple(family for family in families if family.id in reconstruction.chosen_by)
    otherwise = [
        cause
        for tried in result.causes
        if tried.protocol.id in names
        for cause in tried.alternatives
        if cause.runs and cause.variant and cause.variant.choice == reconstruction.choice
    ]
    own = [cause for cause in otherwise if cause.variant and cause.variant.experiment == experiment]
    return Evidence(
        reconstruction=reconstruction,
        fit=_measure_fit(chose) if chose else None,
        otherwise=tuple(own or otherwise),
        unused=tuple(family for family in families if family not in chose) if reconstruction.chosen_by else (),
    )


def _measure_fit(families: tuple[Family, ...]) -> Fit:
    summaries = [(each.claim, each.summary) for family in families for each in family.assessments if each.summary]
    return Fit(
        families=families,
        runs=min(summary.n for _, summary in summaries),
        deviations=tuple(_count_deviations(claim.value - s.mean, s.standard_deviation) for claim, s in summaries),
    )


def _count_deviations(distance: float, deviation: float) -> float:
    # Where all our runs agree, any other value is infinitely far off.
    return abs(distance) / deviation if deviation else (math.inf if distance else 0.0)
