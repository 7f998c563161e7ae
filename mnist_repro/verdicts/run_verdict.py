"""What is known of a reported run once it is judged, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mnist_repro.stats.ranks import runs_to_reject
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.exact import Exactness, format_exact
from mnist_repro.verdicts.finding import LEVEL, MINIMUM_RUNS, Verdict, count_runs
from mnist_repro.verdicts.in_turn import InTurn
from mnist_repro.verdicts.reported_run import ReportedRun
from mnist_repro.verdicts.standing import Standing


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
    runs: int  #: our completed runs on MNIST; of the best or the mean of several runs, how many of it they make
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
        each = self.reported.runs_each
        needed, planned = runs_to_reject(tests=self.tests), self.runs
        if self.rule and self.is_sequential:
            needed, planned = needed + self.rule.first, self.rule.planned // each
        is_tested = self.tests and not self.reported.is_deterministic
        return each * needed if is_tested and planned < needed else None

    @property
    def reason(self) -> str:
        """The verdict in words."""
        if not self.runs:
            return "no completed run of its experiment on MNIST"
        if self.word is Verdict.CHOSE:
            return "all its values chose the protocol"
        if self.exact:
            return f"{format_exact(self.exact)}{self.remark}"
        if self.rule and self.is_sequential:
            return self._format_decided(self.rule)
        if self.p is None:
            return self._format_untested()
        return f"the document {format_place(self.p, self.runs, made_as=self.reported.made_as)}{self.remark}"

    def _format_untested(self) -> str:
        if self.reported.is_deterministic or self.runs >= MINIMUM_RUNS:
            return "one of our numbers is not finite"
        own, least = (self.reported.runs_each * runs for runs in (self.runs, MINIMUM_RUNS))
        return f"too few runs: {own} of at least {least}; {self.runs_needed} can always refute it"

    def _format_decided(self, rule: StoppingRule) -> str:
        if self.in_turn is None:
            own, first = (self.reported.runs_each * runs for runs in (self.runs, rule.first))
            return f"{own} of the {first} runs that set the scale; `mnist-repro run --until-decided` goes on"
        found = self.in_turn.decide_document()
        lie = "lies" if found.reached == 1 else "lie"
        counted = count_runs(found.runs, made_as=self.reported.made_as)
        text = f"{found.reached} of {counted} after the first {rule.first} {lie} as far out as the document"
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
            Verdict.CONSISTENT: (
                f"no place could refute it with {self.reported.runs_each * self.runs} runs, {self.runs_needed} can"
            ),
            Verdict.DOUBTFUL: f"p is {float(self.adjusted_p or 1):.2f} after adjustment for the document's other runs",
        }.get(self.word, self.explanation)
        if self.rule and self.rule.is_fixed:
            fixed = f"our runs were made until they decide at first, then {self.rule.planned} were planned"
            runs = self.reported.runs_each * self.runs
            made = "" if runs == self.rule.planned else f" and {runs} made"
            said = "; ".join(filter(None, [said, f"{fixed}{made}"]))
        return f"; {said}" if said else ""


def format_place(p: Fraction, runs: int, *, made_as: str = "") -> str:
    """Return the place of a p-value among `runs`, or what is made of them, and the document: the end of a sentence."""
    rank = int(p * (runs + 1))
    begin = "is the" if rank == 1 else f"ranks {format_ordinal(rank)}"
    return f"{begin} most extreme of {runs + 1} ({count_runs(runs, made_as=made_as)} and the document)"


def format_ordinal(number: int) -> str:
    """Return an ordinal number in digits."""
    teens = range(11, 14)
    return f"{number}{'th' if number % 100 in teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
