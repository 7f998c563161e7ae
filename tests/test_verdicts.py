"""Tests of `mnist_repro.verdicts`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import make_claim

from mnist_repro.claims import Claim
from mnist_repro.records import Period, RunRecord
from mnist_repro.verdicts import MINIMUM_RUNS, Finding, Verdict, judge_claims

MakeRecord = Callable[..., RunRecord]


def _curve(printed: Sequence[str]) -> list[Claim]:
    return [
        make_claim(
            text,
            quantity=f"validation-loss.{period}",
            metric="loss",
            unit="nat",
            evaluation_set="validation",
            period=period,
        )
        for period, text in enumerate(printed, 1)
    ]


@pytest.fixture
def runs(make_record: MakeRecord) -> list[RunRecord]:
    """Return 40 runs with final accuracies about 0.90 and two losses about 0.8 and 0.5, all with a spread of 0.01."""
    generator = np.random.default_rng(0)
    return [
        make_record(
            experiment="tf1-basic",
            dataset="mnist",
            seed=seed,
            final_accuracy={"test": 0.90 + noise[0]},
            periods=tuple(
                Period(
                    step=100 * (i + 1),
                    learning_rate=0.5,
                    loss={"validation": loss + noise[1 + i]},
                    accuracy={"validation": 0.8},
                    seconds=1.0,
                )
                for i, loss in enumerate((0.8, 0.5))
            ),
        )
        for seed, noise in enumerate(generator.normal(0, 0.01, size=(40, 3)))
    ]


def _judge(claim: Claim, runs: Sequence[RunRecord]) -> Finding:
    (finding,) = judge_claims([claim], records=runs)
    return finding


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.9000", Verdict.REPRODUCED, id="among our runs"),
        pytest.param("0.9500", Verdict.NOT_REPRODUCED, id="above all of them"),
        pytest.param("0.8500", Verdict.NOT_REPRODUCED, id="below all of them"),
    ],
)
def test_judge_claims_final_figure_is_ranked_among_the_runs(
    runs: list[RunRecord], printed: str, expected: Verdict
) -> None:
    """A figure far from all runs is not reproduced, one among them is."""
    finding = _judge(make_claim(printed), runs)

    assert finding.verdict is expected
    assert finding.runs == 40
    if expected is Verdict.NOT_REPRODUCED:
        assert finding.p == pytest.approx(1 / 41)


def test_judge_claims_curve_has_one_verdict(runs: list[RunRecord]) -> None:
    """A curve is judged as a whole: one point off is enough, and no point is judged by itself."""
    (good,) = judge_claims(_curve(["0.8001", "0.5002"]), records=runs)
    (bad,) = judge_claims(_curve(["0.8001", "0.6002"]), records=runs)

    assert good.family == "tf1-basic.validation-loss"
    assert good.verdict is Verdict.REPRODUCED
    assert bad.verdict is Verdict.NOT_REPRODUCED


def test_judge_claims_family_of_tests_is_controlled(runs: list[RunRecord]) -> None:
    """Beside one more test the smallest p-value of 40 runs is doubled, and still decides; beside nine more it waits."""
    two = judge_claims([make_claim("0.9500"), *_curve(["0.8", "0.5"])], records=runs)
    others = [make_claim("0.9000", quantity=f"other-{i}") for i in range(9)]
    ten = judge_claims([make_claim("0.9500"), *others], records=runs)

    assert two[0].adjusted_p == pytest.approx(2 / 41)
    assert two[0].verdict is Verdict.NOT_REPRODUCED
    assert ten[0].adjusted_p == pytest.approx(10 / 41)
    assert ten[0].verdict is Verdict.INCONCLUSIVE
    assert "199 runs would decide" in ten[0].reason


def test_judge_claims_too_few_runs_are_inconclusive(runs: list[RunRecord]) -> None:
    """With 18 runs nothing is judged, with 19 it is."""
    assert MINIMUM_RUNS == 19
    assert _judge(make_claim(), runs[:18]).verdict is Verdict.INCONCLUSIVE
    assert _judge(make_claim(), runs[:19]).verdict is Verdict.REPRODUCED


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

    assert _judge(make_claim(), others).verdict is Verdict.NOT_RUN


def test_judge_claims_without_records_reproduces_nothing() -> None:
    """No runs, no verdict."""
    assert _judge(make_claim(), []).verdict is Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.5", Verdict.REPRODUCED, id="the same"),
        pytest.param("0.50000006", Verdict.NOT_REPRODUCED, id="next"),
    ],
)
def test_judge_claims_rates_are_compared_exactly(runs: list[RunRecord], printed: str, expected: Verdict) -> None:
    """The same float32 is reproduced, its neighbour is not."""
    claim = make_claim(
        printed, quantity="learning-rate.1", metric="learning_rate", unit="1", evaluation_set=None, period=1
    )

    assert _judge(claim, runs).verdict is expected


def test_judge_claims_time_is_not_comparable(runs: list[RunRecord]) -> None:
    """A time on other hardware gets no other verdict."""
    claim = make_claim("44", metric="total_seconds", unit="seconds", evaluation_set=None)

    assert _judge(claim, runs).verdict is Verdict.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("printed", "count", "expected"),
    [
        pytest.param("0.9", 40, Verdict.REPRODUCED, id="the mean rounds to it"),
        pytest.param("0.8", 40, Verdict.NOT_REPRODUCED, id="the mean rounds to another"),
        pytest.param("0.900", 40, Verdict.INCONCLUSIVE, id="the mean is not known so well"),
        pytest.param("0.9", 1, Verdict.INCONCLUSIVE, id="one run"),
    ],
)
def test_judge_claims_promise_is_held_against_the_mean(
    runs: list[RunRecord], printed: str, count: int, expected: Verdict
) -> None:
    """A rough promise is kept where the interval of our mean rounds to it."""
    claim = make_claim(printed, quantity="accuracy-promise", metric="accuracy_promise")

    assert _judge(claim, runs[:count]).verdict is expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("0.80", Verdict.REPRODUCED, id="reached by all"),
        pytest.param("0.95", Verdict.CONTRADICTED, id="reached by none"),
    ],
)
def test_judge_claims_target_is_held_against_the_documents_own_experiment(
    runs: list[RunRecord], printed: str, expected: Verdict
) -> None:
    """An aim that the document's experiment does not reach contradicts the document."""
    claim = make_claim(printed, quantity="accuracy-target", metric="accuracy_target")

    assert _judge(claim, runs).verdict is expected


def test_judge_claims_number_printed_in_the_wrong_unit_is_contradicted(runs: list[RunRecord]) -> None:
    """A fraction with a percent sign is contradicted, and its value is judged in words."""
    claim = make_claim("0.1000", quantity="test-error", metric="error", printed_unit="percent")

    finding = _judge(claim, runs)

    assert finding.verdict is Verdict.CONTRADICTED
    assert "reproduced" in finding.reason


def test_judge_claims_wrong_unit_without_runs_is_not_run(runs: list[RunRecord]) -> None:
    """What was not run on MNIST gets no other verdict, whatever the document's units."""
    claim = make_claim("0.1000", quantity="test-error", metric="error", printed_unit="percent")
    on_stand_in = [replace(record, dataset="digits") for record in runs]

    assert _judge(claim, on_stand_in).verdict is Verdict.NOT_RUN
