"""Rates, times, promises and aims have verdicts of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judging import judge, judge_together, make_accurate, make_promise, make_rate, make_target
from made_up_claims import make_claim
from scipy import stats

from mnist_repro.documents.claim import Claim
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Verdict

ROUNDED = make_promise("0.9")
AT_LEAST = replace(ROUNDED, at_least=True)


@pytest.mark.parametrize(
    ("printed", "expected", "reason"),
    [
        pytest.param(["0.5", "0.5"], Verdict.REPRODUCED, "the same float32 numbers", id="the same"),
        pytest.param(
            ["0.5", "0.50000006"], Verdict.NOT_REPRODUCED, "another float32 number after period 2", id="one the next"
        ),
        pytest.param(
            ["0.6", "0.4"], Verdict.NOT_REPRODUCED, "another float32 number after period 1, 2", id="both others"
        ),
    ],
)
def test_judge_claims_rates_are_compared_exactly(
    runs: list[RunRecord], printed: list[str], expected: Verdict, reason: str
) -> None:
    """The same float32 numbers are reproduced, a neighbour is not, and the reason says after which periods."""
    finding = judge_together(*(make_rate(text, period=period) for period, text in enumerate(printed, 1)), runs=runs[:2])

    assert (finding.verdict, finding.reason, finding.runs_needed) == (expected, reason, None)


def test_judge_claims_rate_of_one_run_alone_is_no_reproduction(runs: list[RunRecord]) -> None:
    """Every run has to have the document's rate."""
    periods = tuple(replace(period, learning_rate=0.25) for period in runs[1].periods)

    assert judge(make_rate("0.5"), [runs[0], replace(runs[1], periods=periods)]).verdict is Verdict.NOT_REPRODUCED


def test_judge_claims_rates_of_a_single_run_are_inconclusive(runs: list[RunRecord]) -> None:
    """One run that has the same rates reproduces nothing yet; one that has others is enough."""
    same, other = make_rate("0.5"), make_rate("0.6")

    assert judge(same, runs[:1]).verdict is Verdict.INCONCLUSIVE
    assert judge(same, runs[:1]).reason == "the same float32 numbers in a single run; 2 runs decide"
    assert judge(same, runs[:1]).runs_needed == 2
    assert judge(other, runs[:1]).verdict is Verdict.NOT_REPRODUCED


@pytest.mark.parametrize("metric", ["total_seconds", "seconds_per_period"])
def test_judge_claims_time_is_not_comparable(runs: list[RunRecord], metric: str) -> None:
    """A time on other hardware gets no other verdict."""
    claim = make_claim("44", metric=metric, unit="seconds", evaluation_set=None, period=1)

    finding = judge(claim, runs)

    assert finding.verdict is Verdict.NOT_COMPARABLE
    assert (finding.reason, finding.runs_needed) == ("a time on other hardware", None)


@pytest.mark.parametrize(
    ("promise", "kept", "expected", "fraction"),
    [
        pytest.param(ROUNDED, 20, Verdict.REPRODUCED, "100 % (at least 83.2 %)", id="kept by all"),
        pytest.param(ROUNDED, 15, Verdict.REPRODUCED, "75.0 % (50.9 to 91.3 %)", id="kept by most"),
        pytest.param(ROUNDED, 14, Verdict.INCONCLUSIVE, "70.0 % (45.7 to 88.1 %)", id="kept by some"),
        pytest.param(ROUNDED, 5, Verdict.NOT_REPRODUCED, "25.0 % (8.7 to 49.1 %)", id="kept by few"),
        pytest.param(ROUNDED, 0, Verdict.NOT_REPRODUCED, "0 % (at most 16.8 %)", id="kept by none"),
        pytest.param(AT_LEAST, 15, Verdict.REPRODUCED, "75.0 % (50.9 to 91.3 %)", id="reached by most"),
        pytest.param(AT_LEAST, 5, Verdict.NOT_REPRODUCED, "25.0 % (8.7 to 49.1 %)", id="reached by few"),
    ],
)
def test_judge_claims_promise_is_held_against_single_runs(
    runs: list[RunRecord], promise: Claim, kept: int, expected: Verdict, fraction: str
) -> None:
    """A promise is about the one run that a reader makes: most of ours keep it, or most do not."""
    # 1 rounds to 1.0 and not to 0.9, and is more than that; 0.84 is less.
    keeps, fails = (0.91, 0.84) if promise.at_least else (0.91, 1.0)

    finding = judge(promise, make_accurate(runs, [keeps] * kept + [fails] * (20 - kept)))

    assert finding.verdict is expected
    assert finding.reason.startswith(f"kept by {fraction} of our 20 runs")


@pytest.mark.parametrize(
    ("promise", "accuracy", "expected"),
    [
        pytest.param(ROUNDED, 0.86, Verdict.REPRODUCED, id="rounds up to it"),
        pytest.param(ROUNDED, 0.94, Verdict.REPRODUCED, id="rounds down to it"),
        pytest.param(ROUNDED, 0.96, Verdict.NOT_REPRODUCED, id="rounds to more"),
        pytest.param(AT_LEAST, 0.96, Verdict.REPRODUCED, id="more than the least"),
        pytest.param(AT_LEAST, 0.90, Verdict.REPRODUCED, id="the least"),
        pytest.param(AT_LEAST, 0.8999, Verdict.NOT_REPRODUCED, id="rounds to the least"),
    ],
)
def test_judge_claims_promise_is_kept_by_what_prints_it_or_reaches_it(
    runs: list[RunRecord], promise: Claim, accuracy: float, expected: Verdict
) -> None:
    """A run keeps a promise that rounds to it; one of a least accuracy, if it reaches that."""
    assert judge(promise, make_accurate(runs, [accuracy] * 20)).verdict is expected


def test_judge_claims_promise_that_is_not_decided_names_the_runs_that_would(runs: list[RunRecord]) -> None:
    """With the named number of runs, of which as many keep it, the exact interval leaves one half."""
    finding = judge(ROUNDED, make_accurate(runs, [0.9] * 13 + [0.8] * 7))

    needed = finding.runs_needed
    assert needed is not None
    assert finding.reason.endswith(f"; about {needed} runs would decide")
    assert stats.binomtest(round(0.65 * needed), needed).proportion_ci(0.95).low > 0.5
    assert stats.binomtest(round(0.65 * 20), 20).proportion_ci(0.95).low < 0.5


def test_judge_claims_promise_kept_by_half_is_decided_by_no_number(runs: list[RunRecord]) -> None:
    """Where every second run keeps a promise, more runs do not tell whether most do."""
    finding = judge(ROUNDED, make_accurate(runs, [0.9, 0.8] * 10))

    assert (finding.verdict, finding.runs_needed) == (Verdict.INCONCLUSIVE, None)
    assert finding.reason.endswith("; no number of runs would decide")


@pytest.mark.parametrize(("accuracy", "expected"), [(0.9, Verdict.REPRODUCED), (0.8, Verdict.NOT_REPRODUCED)])
def test_judge_claims_promise_without_chance_is_decided_by_one_run(
    runs: list[RunRecord], accuracy: float, expected: Verdict
) -> None:
    """Where nothing is drawn one run is all of them; else it takes 19, and it is said."""
    one = make_accurate(runs, [accuracy])

    assert judge(ROUNDED, one, exact={"tf1-basic"}).verdict is expected
    assert (judge(ROUNDED, one).verdict, judge(ROUNDED, one).runs_needed) == (Verdict.INCONCLUSIVE, 19)


def test_judge_claims_target_reached_by_few_runs_is_inconclusive(runs: list[RunRecord]) -> None:
    """Some runs that all reach the aim do not show that the experiment does; 19 do."""
    few, enough = (judge(make_target("0.80"), runs[:count]) for count in (18, 19))

    assert (few.verdict, few.runs_needed) == (Verdict.INCONCLUSIVE, 19)
    assert few.reason == "18 of our 18 runs of the document's experiment reach it; it takes 19 to decide"
    assert (enough.verdict, enough.runs_needed) == (Verdict.REPRODUCED, None)


@pytest.mark.parametrize(
    ("printed", "reached", "expected"),
    [
        pytest.param("0.80", 40, Verdict.REPRODUCED, id="reached by all"),
        pytest.param("0.88", 37, Verdict.CONTRADICTED, id="missed by three"),
        pytest.param("0.95", 0, Verdict.CONTRADICTED, id="reached by none"),
    ],
)
def test_judge_claims_target_is_held_against_the_documents_own_experiment(
    runs: list[RunRecord], printed: str, reached: int, expected: Verdict
) -> None:
    """An aim that the document's experiment does not reach in every run contradicts the document."""
    finding = judge(make_target(printed), runs)

    assert (finding.verdict, finding.runs_needed) == (expected, None)
    assert finding.reason == f"{reached} of our 40 runs of the document's experiment reach it"


def test_judge_claims_target_that_is_just_met_is_reached(runs: list[RunRecord]) -> None:
    """Runs with the very accuracy that is aimed at reach it."""
    assert judge(make_target("0.875"), [replace(run, final_accuracy={"test": 0.875}) for run in runs]).verdict is (
        Verdict.REPRODUCED
    )
