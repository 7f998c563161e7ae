"""The verdict on each run that a document reports: one exact test for each, all of them tested together.

What the 5 % cover: the chance that any run whose protocol is right is called *not reproduced*, over all runs of the
document. Orderings, promises and ratios have tests of their own. Within a refuted run another 5 %, over all families of
the document, cover which of its curves and values are named.

Where runs were made until they decide, a run's p-value is that of the sequential test, and all else is as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.places import adjust_exactly
from mnist_repro.stats.ranks import runs_to_reject
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.exact import Exactness, compare_exactly, format_units
from mnist_repro.verdicts.finding import LEVEL, MINIMUM_RUNS, Verdict, count_runs
from mnist_repro.verdicts.in_turn import InTurn, take_in_turn
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
    refuting_p: Fraction = Fraction(0)  #: largest p-value at which it would be, likewise
    families: tuple[FamilyPlace, ...] = ()  #: first those that judge it, then those that chose the protocol
    standing: Standing | None = None  #: the document's run among ours; None without a test
    exact: Exactness | None = None  #: digit by digit beside ours, where chance has no part in it; else None
    rule: StoppingRule | None = None  #: when its runs stop, where their number was not fixed from the start
    in_turn: InTurn | None = None  #: our runs in turn, where they are made until they decide and the first are there
    explanation: str = ""  #: what explains a refuted run, or would if our runs supported it; else empty

    @property
    def named(self) -> tuple[str, ...]:
        """Ids of the families by which it is refuted."""
        if self.exact:
            return tuple(dict.fromkeys(claim.family for claim, off in self.exact.units.items() if off))
        refuted = self.word in {Verdict.NOT_REPRODUCED, Verdict.EXPLAINED}
        return tuple(each.family for each in self.families if refuted and each.is_named)

    @property
    def is_sequential(self) -> bool:
        """Whether our runs were made until they decide."""
        return self.rule is not None and not self.rule.is_fixed

    def refutes(self, candidates: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether it would refute each candidate, of shape (n, points), in the document's place."""
        if self.exact:
            return self.exact.differs(candidates)
        if self.in_turn:
            decided = self.in_turn.decide(candidates)
            return np.array([each.is_final and each.p <= self.refuting_p for each in decided], dtype=np.bool_)
        if self.standing is None or not self.refuting_place:
            return np.zeros(len(candidates), dtype=np.bool_)
        return self.standing.place_others(candidates) <= self.refuting_place

    @property
    def runs_needed(self) -> int | None:
        """Number of our runs with which it can be refuted, whatever the others' places; None from then on."""
        needed, planned = runs_to_reject(tests=self.tests), self.runs
        if self.rule and self.is_sequential:
            needed, planned = needed + self.rule.first, self.rule.planned
        is_tested = self.tests and not self.reported.is_deterministic
        return needed if is_tested and planned < needed else None

    @property
    def reason(self) -> str:
        """The verdict in words."""
        if not self.runs:
            return "no completed run of its experiment on MNIST"
        if self.word is Verdict.CHOSE:
            return "all its values chose the protocol"
        if self.exact:
            return f"{_format_exact(self.exact)}{self.remark}"
        if self.rule and self.is_sequential:
            return self._format_decided(self.rule)
        if self.p is None:
            return self._format_untested()
        return f"the document {format_place(self.p, self.runs)}{self.remark}"

    def _format_untested(self) -> str:
        if self.reported.is_deterministic or self.runs >= MINIMUM_RUNS:
            return "one of our numbers is not finite"
        return f"too few runs: {self.runs} of at least {MINIMUM_RUNS}; {self.runs_needed} can always refute it"

    def _format_decided(self, rule: StoppingRule) -> str:
        if self.in_turn is None:
            return f"{self.runs} of the {rule.first} runs that set the scale; `mnist-repro run --until-decided` goes on"
        found = self.in_turn.decide_document()
        lie = "lies" if found.reached == 1 else "lie"
        text = (
            f"{found.reached} of {count_runs(found.runs)} after the first {rule.first} {lie} as far out as the document"
        )
        if found.is_final:
            return f"{text}{self.remark}"
        return f"{text}, which does not decide yet; `mnist-repro run --until-decided` goes on"

    @property
    def together(self) -> str:
        """What all of the run gives, in words that follow the place of a part; empty without a test."""
        if self.p is None:
            return ""
        if self.is_sequential:
            return f", all of its run together has the p-value {self.p}"
        return f", all of its run together {format_ordinal(int(self.p * (self.runs + 1)))}"

    @property
    def remark(self) -> str:
        """What its place alone does not say; begins with a semicolon, or is empty."""
        said = {
            Verdict.CONSISTENT: f"no place could refute it with {self.runs} runs, {self.runs_needed} can",
            Verdict.DOUBTFUL: f"p is {float(self.adjusted_p or 1):.2f} after adjustment for the document's other runs",
        }.get(self.word, self.explanation)
        if self.rule and self.rule.is_fixed:
            fixed = f"our runs were made until they decide at first, then {self.rule.planned} were planned"
            made = "" if self.runs == self.rule.planned else f" and {self.runs} made"
            said = "; ".join(filter(None, [said, f"{fixed}{made}"]))
        return f"; {said}" if said else ""


def _format_exact(exact: Exactness) -> str:
    values = len(exact.units)
    if exact.first_difference is None:
        return f"all digits of the {values} printed values are equal" if values > 1 else "all printed digits are equal"
    claim, off = exact.first_difference
    after = f" after period {claim.period}" if claim.period else ""
    return (
        f"{exact.equal} of {values} printed values are equal; the first that differs is {claim.family}{after}, printed "
        f"{claim.printed}: {format_units(off)}"
    )


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
    by_chance = [each for each in reported if not each.is_deterministic]
    tested = {each.id: found for each in by_chance if (found := _test(each, measured=measured))}
    tests = count_tests(reported)
    return tuple(
        _judge_exactly(each, measured=measured)
        if each.is_deterministic
        else _judge(each, measured=measured, tested=tested, tests=tests)
        for each in reported
    )


def _judge_exactly(reported: ReportedRun, *, measured: Measurements) -> RunVerdict:
    runs = measured.count_judged(reported.experiment)
    exact = compare_exactly(reported.families, measure=lambda claim: measured.of(claim).judged)
    undecided = Verdict.INCONCLUSIVE if reported.families else Verdict.CHOSE
    word = undecided if runs else Verdict.NOT_RUN
    if exact:
        word = Verdict.NOT_EXACT if exact.first_difference else Verdict.EXACT
    return RunVerdict(reported=reported, word=word, runs=runs, exact=exact)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Tested:
    """A reported run with what tests it."""

    standing: Standing
    in_turn: InTurn | None = None

    @cached_property
    def p(self) -> Fraction | None:
        """Its p-value; None while runs that are made until they decide do not."""
        if self.in_turn is None:
            return self.standing.p
        decided = self.in_turn.decide_document()
        return decided.p if decided.is_final else None

    @property
    def family_p(self) -> tuple[Fraction, ...]:
        """Those of its families, adjusted for each other: none is smaller than the run's."""
        return tuple(max(p, self.p or Fraction(1)) if self.in_turn else p for p in self.standing.adjusted_p)


def _test(reported: ReportedRun, *, measured: Measurements) -> _Tested | None:
    standing = _stand(reported.families, measured=measured)
    rule = measured.rules.get(reported.experiment)
    if standing is None or rule is None or rule.is_fixed:
        return _Tested(standing=standing) if standing else None
    records = measured.list_records(reported.experiment)
    in_turn = take_in_turn(reported.families, records=records, rule=rule)
    return _Tested(standing=standing, in_turn=in_turn) if in_turn else None


def _stand(families: Sequence[tuple[Claim, ...]], *, measured: Measurements) -> Standing | None:
    """Place families among our runs; None without any, with too few runs, or with numbers that are not finite."""
    if not families:
        return None
    standing = place_among(families, measure=lambda claim: measured.of(claim).judged)
    return standing if standing.runs >= MINIMUM_RUNS and np.isfinite(standing.ours).all() else None


def _judge(reported: ReportedRun, *, measured: Measurements, tested: Mapping[str, _Tested], tests: int) -> RunVerdict:
    runs = measured.count_judged(reported.experiment)
    chose = _stand(reported.chose, measured=measured)
    chose_places = _place_families(chose, adjusted=[None] * len(reported.chose)) if chose else ()
    own = tested.get(reported.id)
    undecided = Verdict.INCONCLUSIVE if reported.families or not chose else Verdict.CHOSE
    verdict = RunVerdict(
        reported=reported,
        word=undecided if runs else Verdict.NOT_RUN,
        runs=runs,
        tests=tests,
        families=chose_places,
        rule=measured.rules.get(reported.experiment),
        in_turn=own.in_turn if own else None,
    )
    if own is None or own.p is None:
        return verdict
    others = [each for run, each in tested.items() if run != reported.id and each.p is not None]
    # What was not run counts too: which runs were made must not decide how strict the test of one of them is.
    unknown = [Fraction(1)] * (tests - len(others) - 1)
    other_p = [*(each.p for each in others if each.p is not None), *unknown]
    adjusted_p, *_ = adjust_exactly([own.p, *other_p])
    refuting_p = _find_refuting_p(other_p)
    refuting_place = 0 if own.in_turn else int(refuting_p * (runs + 1))
    is_refutable = own.in_turn.smallest_p <= refuting_p if own.in_turn else refuting_place > 0
    largest = sorted([*(max(each.family_p) for each in others), *unknown], reverse=True)
    adjusted = [_adjust_for_runs(p, largest) for p in own.family_p]
    return replace(
        verdict,
        word=_choose_word(own.p, adjusted_p=adjusted_p, is_refutable=is_refutable),
        p=own.p,
        adjusted_p=adjusted_p,
        refuting_place=refuting_place,
        refuting_p=refuting_p,
        families=(*_place_families(own.standing, adjusted=adjusted), *chose_places),
        standing=own.standing,
    )


def _choose_word(p: Fraction, *, adjusted_p: Fraction, is_refutable: bool) -> Verdict:
    if adjusted_p <= LEVEL:
        return Verdict.NOT_REPRODUCED
    if p <= LEVEL:
        return Verdict.DOUBTFUL
    return Verdict.REPRODUCED if is_refutable else Verdict.CONSISTENT


def _find_refuting_p(other_p: Sequence[Fraction]) -> Fraction:
    """Return the largest p-value with which a run is refuted, given the other runs': one of Holm's levels."""
    levels = (LEVEL / tests for tests in range(1, len(other_p) + 2))
    return next(level for level in levels if adjust_exactly([level, *other_p])[0] <= LEVEL)


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
