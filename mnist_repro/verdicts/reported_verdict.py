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

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.places import adjust_exactly
from mnist_repro.verdicts.exact import compare_exactly
from mnist_repro.verdicts.finding import LEVEL, MINIMUM_RUNS, Verdict
from mnist_repro.verdicts.in_turn import InTurn, take_in_turn
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_run import ReportedRun, count_tests, list_reported_runs
from mnist_repro.verdicts.run_verdict import FamilyPlace, RunVerdict
from mnist_repro.verdicts.standing import Standing, place_among


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
    runs = measured.count_judged(reported.experiment) // reported.runs_each
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
