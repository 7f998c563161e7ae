"""Final values and curves are ranked among the runs, and stay undecided where these are too few."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from judging import judge, make_curve
from made_up_claims import make_claim

from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import MINIMUM_RUNS, Verdict
from mnist_repro.verdicts.judge import judge_claims
from mnist_repro.verdicts.measured import Measurements


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.9000", Verdict.REPRODUCED, id="among our runs"),
        pytest.param("0.9500", Verdict.NOT_REPRODUCED, id="above all of them"),
        pytest.param("0.8500", Verdict.NOT_REPRODUCED, id="below all of them"),
    ],
)
def test_judge_claims_final_value_is_ranked_among_the_runs(
    runs: list[RunRecord], printed: str, expected: Verdict
) -> None:
    """A value far from all runs is not reproduced, one among them is; the reason gives the document's rank."""
    finding = judge(make_claim(printed), runs)

    assert finding.verdict is expected
    assert finding.runs == 40
    assert finding.runs_needed is None
    assert finding.p is not None
    assert finding.adjusted_p == finding.p
    if expected is Verdict.NOT_REPRODUCED:
        assert finding.p == pytest.approx(1 / 41)
        assert finding.reason == "the document is the most extreme of 41 (40 runs and the document)"
    else:
        rank = round(41 * finding.p)
        assert finding.reason == f"the document ranks {rank}th most extreme of 41 (40 runs and the document)"


@pytest.mark.parametrize(
    ("farther", "rank"),
    [
        pytest.param(0, "is the", id="first"),
        pytest.param(1, "ranks 2nd", id="second"),
        pytest.param(2, "ranks 3rd", id="third"),
        pytest.param(3, "ranks 4th", id="fourth"),
        pytest.param(10, "ranks 11th", id="eleventh"),
        pytest.param(11, "ranks 12th", id="twelfth"),
        pytest.param(20, "ranks 21st", id="twenty-first"),
        pytest.param(110, "ranks 111th", id="hundred and eleventh"),
    ],
)
def test_judge_claims_reason_counts_the_runs_that_are_farther_out(
    runs: list[RunRecord], farther: int, rank: str
) -> None:
    """The document's rank is one more than the number of runs that lie farther from the others."""
    # Most runs lie near 0.1, the others at 0.9 and -0.9: farther out than the document with its 0.5.
    near = [0.1 + 0.001 * (number % 2) for number in range(240 - farther)]
    values = [*near, *(0.9 * (-1) ** number for number in range(farther))]
    changed = [replace(runs[0], seed=seed, final_accuracy={"test": value}) for seed, value in enumerate(values)]

    assert f"the document {rank} most extreme of 241 (" in judge(make_claim("0.5000"), changed).reason


def test_judge_claims_curve_has_one_verdict(runs: list[RunRecord]) -> None:
    """A curve is judged as a whole: one point off is enough, and no point is judged by itself."""
    (good,) = judge_claims(make_curve(["0.8001", "0.5002"]), measured=Measurements(runs), labels={})
    (bad,) = judge_claims(make_curve(["0.8001", "0.6002"]), measured=Measurements(runs), labels={})

    assert good.family == "tf1-basic.validation-loss"
    assert good.verdict is Verdict.REPRODUCED
    assert bad.verdict is Verdict.NOT_REPRODUCED


def test_judge_claims_family_of_tests_is_controlled(runs: list[RunRecord]) -> None:
    """Beside one more test the smallest p-value of 40 runs is doubled, and still decides; beside nine more it waits."""
    two = judge_claims([make_claim("0.9500"), *make_curve(["0.8", "0.5"])], measured=Measurements(runs), labels={})
    others = [make_claim("0.9000", quantity=f"other-{i}") for i in range(9)]
    ten = judge_claims([make_claim("0.9500"), *others], measured=Measurements(runs), labels={})

    assert two[0].adjusted_p == pytest.approx(2 / 41)
    assert two[0].verdict is Verdict.NOT_REPRODUCED
    assert ten[0].adjusted_p == pytest.approx(10 / 41)
    assert ten[0].verdict is Verdict.INCONCLUSIVE
    assert ten[0].reason == (
        "the document is the most extreme of 41 (40 runs and the document); among 10 tests 199 runs would decide"
    )
    assert ten[0].runs_needed == 199


def test_judge_claims_nineteen_runs_beside_another_test_wait_for_more(runs: list[RunRecord]) -> None:
    """A p-value of exactly 5 % rejects by itself; two tests need 39 runs."""
    alone = judge(make_claim("0.9500"), runs[:19])
    beside, _ = judge_claims(
        [make_claim("0.9500"), make_claim(quantity="other")], measured=Measurements(runs[:19]), labels={}
    )

    assert alone.p == beside.p == 1 / 20
    assert alone.verdict is Verdict.NOT_REPRODUCED
    assert beside.verdict is Verdict.INCONCLUSIVE
    assert beside.runs_needed == 39


def test_judge_claims_second_farthest_of_enough_runs_is_reproduced(runs: list[RunRecord]) -> None:
    """Of two tests, 39 runs can decide: a value with p = 5 % that Holm does not reject is then reproduced."""
    farther = replace(runs[38], final_accuracy={"test": 0.5})
    finding, _ = judge_claims(
        [make_claim("0.9500"), make_claim(quantity="other")], measured=Measurements([*runs[:38], farther]), labels={}
    )

    assert finding.p == 2 / 40
    assert finding.adjusted_p == pytest.approx(4 / 40)
    assert finding.verdict is Verdict.REPRODUCED


def test_judge_claims_too_few_runs_are_inconclusive(runs: list[RunRecord]) -> None:
    """With 18 runs nothing is judged, with 19 it is."""
    assert MINIMUM_RUNS == 19
    few = judge(make_claim(), runs[:18])
    assert few.verdict is Verdict.INCONCLUSIVE
    assert few.reason == "too few runs: 18 of at least 19; 19 always suffice"
    assert few.runs_needed == 19
    assert (few.p, few.adjusted_p) == (None, None)
    assert judge(make_claim(), runs[:19]).verdict is Verdict.REPRODUCED


def test_judge_claims_too_few_runs_for_several_tests_say_how_many_decide_all(runs: list[RunRecord]) -> None:
    """The number of runs that always suffices depends on the tests of the document, but not on its times and aims."""
    time = make_claim("44", quantity="time", metric="total_seconds", unit="seconds", evaluation_set=None)
    few, _, _ = judge_claims(
        [make_claim(), time, make_claim(quantity="other")], measured=Measurements(runs[:1]), labels={}
    )

    assert few.reason == "too few runs: 1 of at least 19; 39 always suffice"
    assert few.runs_needed == 39


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"status": "failed", "reason": "out of memory"}, id="failed"),
        pytest.param({"dataset": "digits"}, id="stand-in"),
        pytest.param({"experiment": "julia-linear-lr0.02"}, id="another experiment"),
    ],
)
def test_judge_claims_runs_that_do_not_count_leave_it_not_run(runs: list[RunRecord], changes: dict[str, str]) -> None:
    """Failed runs, runs on the stand-in and runs of other experiments never reproduce anything."""
    others = [replace(record, **changes) for record in runs]  # type: ignore[arg-type] # keywords by name

    finding = judge(make_claim(), others)

    assert (finding.verdict, finding.runs) == (Verdict.NOT_RUN, 0)
    assert finding.reason == "no completed run of its experiment on MNIST"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_judge_claims_one_broken_number_is_inconclusive(runs: list[RunRecord], value: float) -> None:
    """One number among ours that is not finite gives no verdict, and the reason says so."""
    finding = judge(make_claim(), [*runs[:39], replace(runs[39], final_accuracy={"test": value})])

    assert (finding.verdict, finding.runs, finding.p) == (Verdict.INCONCLUSIVE, 40, None)
    assert finding.reason == "one of our numbers is not finite"


def test_judge_claims_without_records_reproduces_nothing() -> None:
    """No runs, no verdict."""
    assert judge(make_claim(), []).verdict is Verdict.NOT_RUN
