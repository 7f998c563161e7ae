"""Runs that are made until they decide are judged by their own rule, and by no other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made_up_claims import make_claim
from made_up_runs import make_unfinished
from recorded_runs import CATALOGUE, REFERENCE, choose_by, read_runs

from mnist_repro.records.run import RunRecord
from mnist_repro.stats.places import adjust_exactly
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.finding import LEVEL, Verdict
from mnist_repro.verdicts.in_turn import take_in_turn, until_decided
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_run import list_reported_runs
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.worth import assess_worth

MakeRuns = Callable[..., list[RunRecord]]
EXPERIMENT = "tf1-basic"
FIRST = (0.9 + 0.01 * np.linspace(-1, 1, 20)).tolist()
FAR, NEAR = 0.8, 0.9001
PLAN = StoppingRule(planned=80)


def judge(runs: Sequence[RunRecord], rule: StoppingRule = PLAN, *, printed: str = "0.9300") -> RunVerdict:
    """Return the verdict on a document that prints one accuracy."""
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=(make_claim(printed, experiment=EXPERIMENT),))
    measured = Measurements(runs, rules={EXPERIMENT: rule})
    (verdict,) = judge_reported_runs(document, measured=measured, protocols=choose_by(protocols=CATALOGUE.protocols))
    return verdict


@pytest.mark.parametrize(
    ("further", "word", "p", "said"),
    [
        pytest.param([FAR, FAR, FAR], Verdict.REPRODUCED, Fraction(1), "3 of 3 runs after the first 20", id="three"),
        pytest.param(
            [0.869] * 3, Verdict.REPRODUCED, Fraction(1), "3 of 3 runs", id="as far by the scale of the first"
        ),
        pytest.param([FAR, NEAR] * 3, Verdict.REPRODUCED, Fraction(3, 5), "3 of 5 runs", id="the third of five"),
        pytest.param([NEAR] * 60, Verdict.NOT_REPRODUCED, Fraction(1, 61), "0 of 60 runs", id="none of all planned"),
        pytest.param([NEAR] * 59, Verdict.INCONCLUSIVE, None, "does not decide yet", id="one is missing"),
        pytest.param([FAR, FAR], Verdict.INCONCLUSIVE, None, "2 of 2 runs", id="the third is missing"),
        pytest.param([], Verdict.INCONCLUSIVE, None, "0 of 0 runs", id="only the first"),
    ],
)
def test_judge_reported_runs_in_turn_ends_with_the_third_or_the_last(
    make_runs: MakeRuns, further: list[float], word: Verdict, p: Fraction | None, said: str
) -> None:
    """The verdict rests on the runs that lie as far out as the document, and has no other p-value."""
    verdict = judge(make_runs(EXPERIMENT, [*FIRST, *further]))

    assert (verdict.word, verdict.p) == (word, p)
    assert said in verdict.reason
    assert verdict.refuting_place == 0


def test_judge_reported_runs_in_turn_could_have_refuted_or_is_consistent(make_runs: MakeRuns) -> None:
    """With 39 runs planned the smallest p-value is 1 / 20, which refutes one run alone; with one fewer not."""
    runs = make_runs(EXPERIMENT, [*FIRST, FAR, FAR, FAR])

    assert judge(runs, StoppingRule(planned=39)).word is Verdict.REPRODUCED
    too_few = judge(runs, StoppingRule(planned=38))
    assert (too_few.word, too_few.runs_needed) == (Verdict.CONSISTENT, 39)


def test_judge_reported_runs_in_turn_counts_by_seed_up_to_the_first_gap(make_runs: MakeRuns) -> None:
    """Which of several processors ends first decides nothing, and runs that did not complete count nothing."""
    runs = make_runs(EXPERIMENT, [*FIRST, NEAR, FAR, FAR, FAR, FAR])

    assert judge(runs[::-1]).p == Fraction(3, 4)
    assert judge([run for run in runs if run.seed != 21]).p is None
    assert judge([make_unfinished(run) if run.seed == 20 else run for run in runs]).p == Fraction(1)


def test_judge_reported_runs_fixed_later_has_the_fixed_test_again(make_runs: MakeRuns) -> None:
    """Whoever goes on with a fixed number of runs gets the place among all of them, and it is said."""
    runs = make_runs(EXPERIMENT, [*FIRST, FAR, FAR, FAR])

    fixed = judge(runs, replace(PLAN, planned=23, is_fixed=True))

    assert fixed.p == judge_fixed(runs).p == Fraction(4, 24)
    assert fixed.reason.endswith("our runs were made until they decide at first, then 23 were planned")
    assert judge(runs, replace(PLAN, planned=40, is_fixed=True)).reason.endswith("40 were planned and 23 made")


def judge_fixed(runs: Sequence[RunRecord]) -> RunVerdict:
    """Return the verdict of the fixed test."""
    return judge(runs, replace(PLAN, is_fixed=True))


def test_until_decided_asks_for_no_more_than_the_verdict_takes(make_runs: MakeRuns) -> None:
    """The rule that ends a study is the one by which it is judged."""
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=(make_claim("0.9300", experiment=EXPERIMENT),))
    catalogue = replace(CATALOGUE, documents={document.id: document})
    runs = make_runs(EXPERIMENT, [*FIRST, FAR, NEAR, FAR, NEAR, FAR, NEAR])
    is_decided = until_decided(catalogue, {EXPERIMENT: PLAN})

    assert [is_decided(EXPERIMENT, runs[:made]) for made in (0, 19, 20, 24, 25, 26)] == [*[False] * 4, True, True]


def test_judged_run_in_turn_has_no_grade(make_runs: MakeRuns) -> None:
    """What a verdict would have found takes runs that it saved."""
    in_turn = judge(make_runs(EXPERIMENT, [*FIRST, FAR, FAR, FAR]))
    fixed = judge(make_runs(EXPERIMENT, FIRST * 3), replace(PLAN, is_fixed=True), printed="0.9000")
    graded = [
        JudgedRun(verdict=each, worth=assess_worth(each, claims=(), alternatives=CATALOGUE.alternatives, runs={})).grade
        for each in (in_turn, fixed)
    ]

    assert in_turn.word is fixed.word is Verdict.REPRODUCED
    assert [grade is None for grade in graded] == [True, False]


def test_refutes_in_turn_what_no_run_reaches(make_runs: MakeRuns) -> None:
    """A candidate is refuted where all planned runs lie nearer; where the rule stopped before, that is not known."""
    verdict = judge(make_runs(EXPERIMENT, [*FIRST, *[NEAR] * 60]))
    stopped = judge(make_runs(EXPERIMENT, [*FIRST, FAR, FAR, FAR]))
    candidates = np.array([[0.95], [0.9001]])

    assert verdict.refutes(candidates).tolist() == [True, False]
    assert stopped.refutes(candidates).tolist() == [False, False]


def test_judge_reported_runs_in_turn_errs_in_five_percent_of_documents() -> None:
    """Real runs in the document's place, three of a document, a look after every one: at most 5 % have one refuted."""
    generator, drawn, refuted = np.random.default_rng(5), 400, 0
    standings = []
    for each in list_reported_runs(CATALOGUE.documents["julia-blog"], protocols=CATALOGUE.protocols):
        records = read_runs(REFERENCE)[each.experiment]
        found = take_in_turn(each.families, records=records, rule=StoppingRule(planned=200))
        assert found is not None
        standings.append(found)
    for _ in range(drawn):
        p_values = []
        for found in standings:
            order = generator.permutation(found.standing.runs)
            ours = found.standing.ours[order]
            made = replace(found, planned=179, standing=replace(found.standing, document=ours[0], ours=ours[1:]))
            p_values.append(made.decide_document().p)
        refuted += min(adjust_exactly(p_values)) <= LEVEL

    assert refuted / drawn <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / drawn)
