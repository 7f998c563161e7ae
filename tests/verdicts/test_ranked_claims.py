"""Final values and curves are ranked among the runs, and stay undecided where these are too few."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from judging import judge, judge_all_of, make_curve
from made_up_claims import make_claim

from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import MINIMUM_RUNS, Basis, Verdict


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
        assert finding.reason == (
            "the document is the most extreme of 41 (40 runs and the document), "
            "all of its run together 1st; its run is refuted"
        )
    else:
        rank = f"{round(41 * finding.p)}th"
        place = f"the document ranks {rank} most extreme of 41 (40 runs and the document)"
        assert finding.reason == f"{place}, all of its run together {rank}"


@pytest.mark.parametrize("images", [8_500, 9_000])
def test_judge_claims_count_is_judged_as_its_accuracy(runs: list[RunRecord], images: int) -> None:
    """So many of 10,000 images, right or wrong, have the verdict of the accuracy that they are."""
    counts = (f"{images} / 10000", {}), (str(10_000 - images), {"metric": "error", "of": 10_000})

    found = [judge(make_claim(printed, unit="images", **changes), runs) for printed, changes in counts]

    assert found == [judge(make_claim(f"{images / 10_000:.4f}"), runs)] * 2


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
    (good,) = judge_all_of(make_curve(["0.8001", "0.5002"]), runs=runs)
    (bad,) = judge_all_of(make_curve(["0.8001", "0.6002"]), runs=runs)

    assert good.family == "tf1-basic.validation-loss"
    assert good.verdict is Verdict.REPRODUCED
    assert bad.verdict is Verdict.NOT_REPRODUCED


def test_judge_claims_too_few_runs_are_inconclusive(runs: list[RunRecord]) -> None:
    """With 18 runs nothing is judged, with 19 it is."""
    assert MINIMUM_RUNS == 19
    few = judge(make_claim(), runs[:18])
    assert few.verdict is Verdict.INCONCLUSIVE
    assert few.reason == "too few runs: 18 of at least 19; 19 can always refute it"
    assert few.runs_needed == 19
    assert (few.p, few.adjusted_p) == (None, None)
    assert judge(make_claim(), runs[:19]).verdict is Verdict.REPRODUCED


def test_judge_claims_families_of_one_run_have_its_word(runs: list[RunRecord]) -> None:
    """What hangs together is refuted together: the reason says which of the values did it."""
    off, near = judge_all_of([make_claim("0.9500"), *make_curve(["0.8", "0.5"])], runs=runs)

    assert (off.verdict, near.verdict) == (Verdict.NOT_REPRODUCED, Verdict.NOT_REPRODUCED)
    assert off.reason.endswith("; its run is refuted")
    assert near.reason.endswith("; its run is refuted, though not by this")
    assert off.adjusted_p == pytest.approx(1 / 41)
    assert near.p is not None
    assert near.p > 0.05


def test_judge_claims_function_of_another_is_a_fact(runs: list[RunRecord]) -> None:
    """An error that is one minus an accuracy has its run's word, says so, and counts nothing."""
    error = make_claim("0.1000", quantity="test-error", metric="error")

    accuracy, derived = judge_all_of([make_claim(), error], runs=runs)

    assert (accuracy.basis, derived.basis) == (Basis.RUN, Basis.FACT)
    assert derived.verdict is accuracy.verdict
    assert (derived.p, derived.reason) == (None, "a function of tf1-basic.test-accuracy, and no evidence beside it")


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
