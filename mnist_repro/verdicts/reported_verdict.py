"""The verdict on each run that a document reports: one exact test for each, all of them tested together.

What the 5 % cover: the chance that any run whose protocol is right is called *not reproduced*, over all runs of the
document. Orderings, promises and ratios have tests of their own. Within a refuted run another 5 %, over all families of
the document, cover which of its curves and values are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.places import adjust_exactly
from mnist_repro.verdicts.finding import MINIMUM_RUNS
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_run import ReportedRun, list_reported_runs
from mnist_repro.verdicts.standing import Standing, place_among

LEVEL = Fraction(1, 20)


class Word(Enum):
    """Whether a reported run reproduces."""

    REPRODUCED = "reproduced"  #: it could have been refuted with these runs, and is not
    DOUBTFUL = "doubtful"  #: p is 5 % or less, but not after adjustment for the document's other runs
    NOT_REPRODUCED = "not reproduced"  #: adjusted p is 5 % or less
    EXPLAINED = "explained"  #: not reproduced, and a variant that differs from the reconstruction makes it possible
    CONSISTENT = "consistent"  #: nothing speaks against it, but with so few runs nothing could have
    INCONCLUSIVE = "inconclusive"  #: too few runs for any p-value of 5 %, or a number that is not finite
    CHOSE = "chose the protocol"  #: all its values were used to choose a reconstruction
    NOT_RUN = "not run"  #: no completed run on MNIST


@dataclass(frozen=True, kw_only=True)
class FamilyPlace:
    """Where a curve or a single value of a reported run lies among ours."""

    family: str  #: its id
    p: Fraction  #: exact p-value of it alone
    adjusted_p: Fraction | None  #: adjusted for all families of all the document's runs; None if it chose the protocol

    @property
    def is_named(self) -> bool:
        """Whether it is one by which its run is refuted."""
        return self.adjusted_p is not None and self.adjusted_p <= LEVEL


@dataclass(frozen=True, kw_only=True)
class RunVerdict:
    """The verdict on a reported run."""

    reported: ReportedRun
    word: Word
    runs: int  #: our completed runs on MNIST
    p: Fraction | None = None  #: exact p-value, a multiple of 1 / (runs + 1); None without a test
    adjusted_p: Fraction | None = None  #: by Holm over the document's runs
    #: largest place at which it would be refuted, its document's other runs as they are; 0 where none would be
    refuting_place: int = 0
    families: tuple[FamilyPlace, ...] = ()  #: first those that judge it, then those that chose the protocol
    standing: Standing | None = None  #: the document's run among ours; None without a test

    @property
    def named(self) -> tuple[str, ...]:
        """Ids of the families by which it is refuted."""
        refuted = self.word in {Word.NOT_REPRODUCED, Word.EXPLAINED}
        return tuple(each.family for each in self.families if refuted and each.is_named)


def judge_reported_runs(
    document: Document, *, measured: Measurements, protocols: Mapping[str, Protocol]
) -> tuple[RunVerdict, ...]:
    """Judge all runs that a document reports, in its order.

    Parameters
    ----------
    protocols
        Those of its experiments, by id. Families by which a reconstruction was chosen are placed, and judge nothing.

    Notes
    -----
    A run's p-value is its exact place among ours (`count_as_far`), and Holm's method holds the error over all runs of
    the document. *Could have been refuted* means: farther off than all our runs, and the other runs as they are, it
    would have been. So with three runs and none refuted it takes 59 of ours, and 119 for the second place.
    """
    reported = list_reported_runs(document, protocols=protocols)
    standings = {each.experiment: _stand(each.families, measured=measured) for each in reported}
    tested = {experiment: standing for experiment, standing in standings.items() if standing}
    return tuple(_judge(each, measured=measured, tested=tested) for each in reported)


def _stand(families: Sequence[tuple[Claim, ...]], *, measured: Measurements) -> Standing | None:
    """Place families among our runs; None without any, with too few runs, or with numbers that are not finite."""
    if not families:
        return None
    standing = place_among(families, measure=lambda claim: measured.of(claim).judged)
    return standing if standing.runs >= MINIMUM_RUNS and np.isfinite(standing.ours).all() else None


def _judge(reported: ReportedRun, *, measured: Measurements, tested: Mapping[str, Standing]) -> RunVerdict:
    runs = measured.count_judged(reported.experiment)
    chose = _stand(reported.chose, measured=measured)
    chose_places = _place_families(chose, adjusted=[None] * len(reported.chose)) if chose else ()
    standing = tested.get(reported.experiment)
    if standing is None:
        undecided = Word.INCONCLUSIVE if reported.families or not chose else Word.CHOSE
        word = undecided if runs else Word.NOT_RUN
        return RunVerdict(reported=reported, word=word, runs=runs, families=chose_places)
    others = [each for experiment, each in tested.items() if experiment != reported.experiment]
    other_p = [each.p for each in others]
    adjusted_p, *_ = adjust_exactly([standing.p, *other_p])
    refuting_place = _find_refuting_place(runs, other_p)
    largest = sorted((max(each.adjusted_p) for each in others), reverse=True)
    adjusted = [_adjust_for_runs(p, largest) for p in standing.adjusted_p]
    return RunVerdict(
        reported=reported,
        word=_choose_word(standing.p, adjusted_p=adjusted_p, is_refutable=refuting_place > 0),
        runs=runs,
        p=standing.p,
        adjusted_p=adjusted_p,
        refuting_place=refuting_place,
        families=(*_place_families(standing, adjusted=adjusted), *chose_places),
        standing=standing,
    )


def _choose_word(p: Fraction, *, adjusted_p: Fraction, is_refutable: bool) -> Word:
    if adjusted_p <= LEVEL:
        return Word.NOT_REPRODUCED
    if p <= LEVEL:
        return Word.DOUBTFUL
    return Word.REPRODUCED if is_refutable else Word.CONSISTENT


def _find_refuting_place(runs: int, other_p: Sequence[Fraction]) -> int:
    """Return the largest place among `runs` and itself at which a run is refuted, given the other runs' p-values."""
    place = 0
    while adjust_exactly([Fraction(place + 1, runs + 1), *other_p])[0] <= LEVEL:
        place += 1
    return place


def _adjust_for_runs(p: Fraction, largest: Sequence[Fraction]) -> Fraction:
    """Adjust the p-value of a family for the other runs of its document.

    Parameters
    ----------
    p
        Adjusted for the families of its own run.
    largest
        The largest of such p-values of each other run, descending.

    Notes
    -----
    Closed testing: a set of families from several runs is tested by the smallest p-value of its runs times their
    number. The set that is hardest to reject has the families with the largest p-values of the other runs, from as many
    runs as make it hardest. So a run no longer counts only when all its families are refuted.
    """
    hardest = ((number + 1) * min(p, at) for number, at in enumerate(largest, 1))
    return min(max(p, *hardest), Fraction(1)) if largest else p


def _place_families(standing: Standing, *, adjusted: Sequence[Fraction | None]) -> tuple[FamilyPlace, ...]:
    return tuple(
        FamilyPlace(family=members[0].family, p=Fraction(int(place), standing.runs + 1), adjusted_p=adjusted_p)
        for members, place, adjusted_p in zip(standing.families, standing.places, adjusted, strict=True)
    )
