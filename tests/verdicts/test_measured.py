"""Each claim is measured in its unit and placed among the runs that count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from made_up_claims import make_claim
from made_up_runs import MakeRecord

from mnist_repro.records.run import Period, RunRecord
from mnist_repro.verdicts.measured import Judgement, Measurements, Runs, assess_claims


def _records(make_record: MakeRecord, accuracies: Sequence[float], **changes: object) -> list[RunRecord]:
    return [
        make_record(
            **{"experiment": "tf1-basic", "dataset": "mnist", **changes}, seed=seed, final_accuracy={"test": accuracy}
        )
        for seed, accuracy in enumerate(accuracies)
    ]


SPREAD = [0.89, 0.90, 0.91, 0.895, 0.905]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.9000", Judgement.INSIDE, id="at the mean"),
        pytest.param("0.9500", Judgement.OUTSIDE, id="far above"),
        pytest.param("0.8000", Judgement.OUTSIDE, id="far below"),
        # The interval ends at 0.9240; 0.93 was printed of a number from 0.925 on, 0.9 of one up to 0.95.
        pytest.param("0.93", Judgement.OUTSIDE, id="two digits, just outside"),
        pytest.param("0.9", Judgement.INSIDE, id="one digit"),
    ],
)
def test_assess_claims_number_is_placed_by_the_prediction_interval(
    make_record: MakeRecord, printed: str, expected: Judgement
) -> None:
    """A number is inside where any number that rounds to it lies in the interval of one run."""
    (assessment,) = assess_claims([make_claim(printed)], measured=Measurements(_records(make_record, SPREAD)))

    assert assessment.judgement is expected
    assert assessment.summary is not None
    assert assessment.summary.n == 5


def test_assess_claims_outside_says_how_far_and_on_which_side(make_record: MakeRecord) -> None:
    """The reason of a number outside gives its distance in standard deviations."""
    (assessment,) = assess_claims([make_claim("0.8000")], measured=Measurements(_records(make_record, SPREAD)))

    # s = 0.0079057; 0.1 / s = 12.6
    assert assessment.reason == "12.6 standard deviations below the mean over seeds"


def test_assess_claims_no_run_is_not_run(make_record: MakeRecord) -> None:
    """Without a completed run of its own experiment, a claim is not run."""
    failed = _records(make_record, SPREAD, status="failed", reason="out of memory")
    other = [make_record(experiment="julia-linear-lr0.02", seed=0)]

    (assessment,) = assess_claims([make_claim()], measured=Measurements([*failed, *other]))

    assert assessment.judgement is Judgement.NOT_RUN
    assert assessment.summary is None


def test_assess_claims_single_run_is_not_judged(make_record: MakeRecord) -> None:
    """One run has no standard deviation, even where it gives the reported number."""
    (assessment,) = assess_claims([make_claim("0.9000")], measured=Measurements(_records(make_record, [0.9])))

    assert assessment.judgement is Judgement.NOT_JUDGED


def test_assess_claims_stand_in_is_not_judged(make_record: MakeRecord) -> None:
    """Runs on the stand-in give no verdict."""
    (assessment,) = assess_claims(
        [make_claim()], measured=Measurements(_records(make_record, SPREAD, dataset="digits"))
    )

    assert assessment.judgement is Judgement.NOT_JUDGED


@pytest.mark.parametrize("metric", ["accuracy_promise", "accuracy_target", "label"])
def test_assess_claims_statement_in_words_is_not_judged(make_record: MakeRecord, metric: str) -> None:
    """What no run measures is not judged."""
    unit = "1" if metric == "label" else "fraction"
    (assessment,) = assess_claims(
        [make_claim(metric=metric, unit=unit)], measured=Measurements(_records(make_record, SPREAD))
    )

    assert assessment.judgement is Judgement.NOT_JUDGED


def _with_period(make_record: MakeRecord, *, rate: float = 0.1, seconds: float = 2.0) -> RunRecord:
    period = Period(
        step=1_000, learning_rate=rate, loss={"validation": 0.5}, accuracy={"validation": 0.8}, seconds=seconds
    )
    return make_record(experiment="tf1-basic", dataset="mnist", periods=(period,), final_accuracy={"test": 0.9})


def test_assess_claims_learning_rate_is_compared_as_float32(make_record: MakeRecord) -> None:
    """The printed digits of a float32 are equal to that float32, and to no neighbour."""
    claim = make_claim("0.48299998", metric="learning_rate", unit="1", evaluation_set=None, period=1)
    rate = np.float32("0.48299998")
    same = [_with_period(make_record, rate=float(rate))]
    next_one = [_with_period(make_record, rate=float(np.nextafter(rate, np.float32(1))))]

    assert assess_claims([claim], measured=Measurements(same))[0].judgement is Judgement.EQUAL
    assert assess_claims([claim], measured=Measurements(next_one))[0].judgement is Judgement.DIFFERENT


@pytest.mark.parametrize(("metric", "period"), [("seconds_per_period", 1), ("total_seconds", None)])
def test_assess_claims_times_are_not_comparable(make_record: MakeRecord, metric: str, period: int | None) -> None:
    """A time on other hardware is shown, not judged."""
    claim = make_claim("2.0", metric=metric, unit="seconds", evaluation_set=None, period=period)

    (assessment,) = assess_claims(
        [claim], measured=Measurements([_with_period(make_record), _with_period(make_record)])
    )

    assert assessment.judgement is Judgement.NOT_COMPARABLE
    assert assessment.summary is not None
    assert assessment.summary.mean == 2.0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"metric": "loss", "unit": "nat", "evaluation_set": "validation", "period": 1}, 0.5, id="loss"),
        pytest.param({"evaluation_set": "validation", "period": 1}, 0.8, id="accuracy after a period"),
        pytest.param({}, 0.9, id="final accuracy"),
        pytest.param({"metric": "error"}, 0.1, id="error as a fraction"),
        pytest.param({"metric": "error", "unit": "percent"}, 10.0, id="error in percent"),
        pytest.param({"metric": "error", "unit": "images", "of": 10_000}, 1000.0, id="wrong images"),
    ],
)
def test_runs_measure_reads_a_claim_from_its_place(
    make_record: MakeRecord, changes: dict[str, object], expected: float
) -> None:
    """Each metric comes from the period or from the end, in the claim's unit."""
    assert Runs([_with_period(make_record)]).measure(make_claim(**changes)).values == pytest.approx([expected])
