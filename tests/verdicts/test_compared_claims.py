"""Rates, times, promises and aims have verdicts of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from judging import judge, judge_together, make_promise, make_rate, make_target
from made_up_claims import make_claim
from scipy import stats

from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Verdict


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
    ("printed", "count", "expected", "reason"),
    [
        pytest.param(
            "0.9",
            40,
            Verdict.REPRODUCED,
            "our mean rounds to what is promised, at its precision",
            id="the mean rounds to it",
        ),
        pytest.param(
            "0.8", 40, Verdict.NOT_REPRODUCED, "our mean rounds to another number", id="the mean rounds to another"
        ),
        pytest.param("0.900", 40, Verdict.INCONCLUSIVE, None, id="the mean is not known so well"),
        pytest.param("0.9", 1, Verdict.INCONCLUSIVE, None, id="one run"),
    ],
)
def test_judge_claims_promise_is_held_against_the_mean(
    runs: list[RunRecord], printed: str, count: int, expected: Verdict, reason: str | None
) -> None:
    """A rough promise is kept where the interval of our mean rounds to it."""
    finding = judge(make_promise(printed), runs[:count])

    assert finding.verdict is expected
    if reason is not None:
        assert (finding.reason, finding.runs_needed) == (reason, None)


def test_judge_claims_promise_rounds_up_at_its_lower_limit(runs: list[RunRecord]) -> None:
    """The least number that rounds to a promise belongs to it, the largest to the next; equal runs leave no doubt."""
    promise = make_promise("0.9")
    low, high = ([replace(run, final_accuracy={"test": end}) for run in runs[:2]] for end in promise.limits)

    assert judge(promise, low).verdict is Verdict.REPRODUCED
    assert judge(promise, high).verdict is Verdict.INCONCLUSIVE
    assert judge(promise, high).reason == (
        "our mean is not known well enough to say whether it rounds to it; no number of runs would decide"
    )
    assert judge(promise, high).runs_needed is None


# The mean of the 40 runs is 0.8984: nearer to the upper limit of the first, and to the lower one of the second.
@pytest.mark.parametrize("printed", ["0.898", "0.900"])
def test_judge_claims_promise_that_is_not_decided_names_the_runs_that_would(
    runs: list[RunRecord], printed: str
) -> None:
    """The named number of runs, with this standard deviation, decides whether the mean rounds to it."""
    claim = make_promise(printed)
    finding = judge(claim, runs)
    values = np.array([record.final_accuracy["test"] for record in runs])

    assert finding.runs_needed is not None
    assert finding.reason == (
        "our mean is not known well enough to say whether it rounds to it; "
        f"about {finding.runs_needed:,} runs would decide"
    )
    # Student's interval of that many runs; the nearer end of what rounds to the promise.
    reach = stats.t.ppf(0.975, finding.runs_needed - 1) * values.std(ddof=1) / np.sqrt(finding.runs_needed)
    distance = min(abs(values.mean() - end) for end in claim.limits)
    # The number is rounded up to two digits.
    assert 0.9 * distance < reach < distance
    assert finding.runs_needed > 40


def test_judge_claims_promise_after_one_run_says_why_no_number_is_named(runs: list[RunRecord]) -> None:
    """A single run does not show how many would decide, and the reason says so."""
    finding = judge(make_promise("0.9"), runs[:1])

    assert finding.runs_needed is None
    assert finding.reason == (
        "our mean is not known well enough to say whether it rounds to it; "
        "a single run has no spread, and from 2 on it can be said how many would decide"
    )


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
