"""The verdict on each run that a document reports: one exact test for each, all of them tested together.

What the 5 % cover: the chance that any run whose protocol is right is called *not reproduced*, over all runs of the
document. Orderings, promises and ratios have tests of their own. Within a refuted run another 5 %, over all families of
the document, cover which of its curves and values are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.places import adjust_exactly
from mnist_repro.stats.ranks import runs_to_reject
from mnist_repro.verdicts.finding import LEVEL, MINIMUM_RUNS, Verdict, count_runs
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_run import ReportedRun, count_tests, list_reported_runs
from mnist_repro.verdicts.standing import Standing, place_among


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
    word: Verdict
    runs: int  #: our completed runs on MNIST
    p: Fraction | None = None  #: exact p-value, a multiple of 1 / (runs + 1); None without a test
    adjusted_p: Fraction | None = None  #: by Holm over the document's runs
    tests: int = 0  #: runs that the document reports and that something judges
    #: largest place at which it would be refuted, its document's other runs as they are; 0 where none would be
    refuting_place: int = 0
    families: tuple[FamilyPlace, ...] = ()  #: first those that judge it, then those that chose the protocol
    standing: Standing | None = None  #: the document's run among ours; None without a test
    explanation: str = ""  #: what explains a refuted run, or would if our runs supported it; else empty

    @property
    def named(self) -> tuple[str, ...]:
        """Ids of the families by which it is refuted."""
        refuted = self.word in {Verdict.NOT_REPRODUCED, Verdict.EXPLAINED}
        return tuple(each.family for each in self.families if refuted and each.is_named)

    @property
    def runs_needed(self) -> int | None:
        """Number of our runs with which it can be refuted, whatever the others' places; None from then on."""
        needed = runs_to_reject(tests=self.tests)
        return needed if self.tests and self.runs < needed else None

    @property
    def reason(self) -> str:
        """The verdict in words."""
        if not self.runs:
            return "no completed run of its experiment on MNIST"
        if self.word is Verdict.CHOSE:
            return "all its values chose the protocol"
        if self.p is None and self.runs < MINIMUM_RUNS:
            return f"too few runs: {self.runs} of at least {MINIMUM_RUNS}; {self.runs_needed} can always refute it"
        if self.p is None:
            return "one of our numbers is not finite"
        return f"the document {format_place(self.p, self.runs)}{self.remark}"

    @property
    def remark(self) -> str:
        """What its place alone does not say; begins with a semicolon, or is empty."""
        if self.word is Verdict.CONSISTENT:
            return f"; no place could refute it with {self.runs} runs, {self.runs_needed} can"
        if self.word is Verdict.DOUBTFUL:
            return f"; p is {float(self.adjusted_p or 1):.2g} after adjustment for the document's other runs"
        return f"; {self.explanation}" if self.explanation else ""


def format_place(p: Fraction, runs: int) -> str:
    """Return the place of a p-value among `runs` and the document, as the end of a sentence."""
    rank = int(p * (runs + 1))
    begin = "is the" if rank == 1 else f"ranks {format_ordinal(rank)}"
    return f"{begin} most extreme of {runs + 1} ({count_runs(runs)} and the document)"


def format_ordinal(number: int) -> str:
    """Return an ordinal number in digits."""
    teens = range(11, 14)
    return f"{number}{'th' if number % 100 in teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


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
    would have been. So with three runs and none refuted it takes 59 of ours, and 119 for the second place, also where
    only one of the three was made.
    """
    reported = list_reported_runs(document, protocols=protocols)
    standings = {each.experiment: _stand(each.families, measured=measured) for each in reported}
    tested = {experiment: standing for experiment, standing in standings.items() if standing}
    tests = count_tests(reported)
    return tuple(_judge(each, measured=measured, tested=tested, tests=tests) for each in reported)


def _stand(families: Sequence[tuple[Claim, ...]], *, measured: Measurements) -> Standing | None:
    """Place families among our runs; None without any, with too few runs, or with numbers that are not finite."""
    if not families:
        return None
    standing = place_among(families, measure=lambda claim: measured.of(claim).judged)
    return standing if standing.runs >= MINIMUM_RUNS and np.isfinite(standing.ours).all() else None


def _judge(reported: ReportedRun, *, measured: Measurements, tested: Mapping[str, Standing], tests: int) -> RunVerdict:
    runs = measured.count_judged(reported.experiment)
    chose = _stand(reported.chose, measured=measured)
    chose_places = _place_families(chose, adjusted=[None] * len(reported.chose)) if chose else ()
    standing = tested.get(reported.experiment)
    if standing is None:
        undecided = Verdict.INCONCLUSIVE if reported.families or not chose else Verdict.CHOSE
        word = undecided if runs else Verdict.NOT_RUN
        return RunVerdict(reported=reported, word=word, runs=runs, tests=tests, families=chose_places)
    others = [each for experiment, each in tested.items() if experiment != reported.experiment]
    # What was not run counts too: which runs were made must not decide how strict the test of one of them is.
    unknown = [Fraction(1)] * (tests - len(tested))
    other_p = [*(each.p for each in others), *unknown]
    adjusted_p, *_ = adjust_exactly([standing.p, *other_p])
    refuting_place = _find_refuting_place(runs, other_p)
    largest = sorted([*(max(each.adjusted_p) for each in others), *unknown], reverse=True)
    adjusted = [_adjust_for_runs(p, largest) for p in standing.adjusted_p]
    return RunVerdict(
        reported=reported,
        word=_choose_word(standing.p, adjusted_p=adjusted_p, is_refutable=refuting_place > 0),
        runs=runs,
        p=standing.p,
        adjusted_p=adjusted_p,
        tests=tests,
        refuting_place=refuting_place,
        families=(*_place_families(standing, adjusted=adjusted), *chose_places),
        standing=standing,
    )


def _choose_word(p: Fraction, *, adjusted_p: Fraction, is_refutable: bool) -> Verdict:
    if adjusted_p <= LEVEL:
        return Verdict.NOT_REPRODUCED
    if p <= LEVEL:
        return Verdict.DOUBTFUL
    return Verdict.REPRODUCED if is_refutable else Verdict.CONSISTENT


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
