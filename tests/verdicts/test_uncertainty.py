"""The uncertainty of a reported value: each part agrees with a calculation by hand or by SciPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from made_up_claims import make_claim
from made_up_runs import make_run
from scipy import stats

from mnist_repro.documents.protocol import Protocol, RunningMeans
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.uncertainty import Certainty, assess_certainty

VALUES = (0.8899, 0.8842, 0.8917, 0.8871, 0.8835)


@pytest.fixture
def runs(protocols: dict[str, Protocol], environment: Environment) -> list[RunRecord]:
    """Return five runs of the basic net with known test accuracies."""
    made = [make_run(protocols["tf1-basic"], seed=seed, environment=environment) for seed in range(5)]
    return [
        replace(run, final_accuracy={"test": value}, final_loss={"test": 1 - value})
        for run, value in zip(made, VALUES, strict=True)
    ]


def _assess(protocol: Protocol, runs: Sequence[RunRecord], printed: str = "0.9000", **changes: Any) -> Certainty:
    certainty = assess_certainty(Measurements(runs).of(make_claim(printed, **changes)), protocol=protocol)
    assert certainty is not None
    return certainty


def test_assess_certainty_difference_agrees_with_a_calculation_by_hand(
    protocols: dict[str, Protocol], runs: list[RunRecord]
) -> None:
    """The difference to our mean has the interval of one run around it."""
    # Mean 0.88728, s = 0.00354288; t(0.975; 4) = 2.776; 2.776 * s * sqrt(6 / 5) = 0.010774.
    certainty = _assess(protocols["tf1-basic"], runs)

    assert certainty.runs == 5
    assert certainty.difference == pytest.approx(0.9 - 0.88728, abs=1e-9)
    assert certainty.difference_interval.low == pytest.approx(0.01272 - 0.010774, abs=3e-6)
    assert certainty.difference_interval.high == pytest.approx(0.01272 + 0.010774, abs=3e-6)


def test_assess_certainty_sampling_interval_is_wilsons(protocols: dict[str, Protocol], runs: list[RunRecord]) -> None:
    """The document's fraction has the binomial error of its evaluation set's 10,000 images."""
    expected = stats.binomtest(9_000, 10_000).proportion_ci(0.95, method="wilson")

    certainty = _assess(protocols["tf1-basic"], runs)

    assert certainty.images == 10_000
    assert certainty.sampling_interval is not None
    assert certainty.sampling_interval.low == pytest.approx(expected.low)
    assert certainty.sampling_interval.high == pytest.approx(expected.high)


@pytest.mark.parametrize(
    ("printed", "unit", "whole", "half_unit"),
    [
        pytest.param("10.00", "percent", 100, 0.005, id="percent"),
        pytest.param("1000 / 10000", "images", 10_000, 0.5, id="images"),
    ],
)
def test_assess_certainty_of_errors_is_all_in_their_unit(
    *, protocols: dict[str, Protocol], runs: list[RunRecord], printed: str, unit: str, whole: int, half_unit: float
) -> None:
    """Errors in percent, or counted, say the same as the accuracy, mirrored and in their unit."""
    accuracy = _assess(protocols["tf1-basic"], runs)

    error = _assess(protocols["tf1-basic"], runs, printed, metric="error", unit=unit)

    assert error.difference == pytest.approx(-whole * accuracy.difference)
    assert error.difference_interval.low == pytest.approx(-whole * accuracy.difference_interval.high)
    assert error.sampling_interval is not None
    assert accuracy.sampling_interval is not None
    assert error.sampling_interval.low == pytest.approx(whole * (1 - accuracy.sampling_interval.high))
    assert (accuracy.half_unit, error.half_unit) == (0.00005, half_unit)


def test_assess_certainty_loss_has_no_binomial_error(protocols: dict[str, Protocol], runs: list[RunRecord]) -> None:
    """A loss is no fraction of images."""
    certainty = _assess(protocols["tf1-basic"], runs, "0.1", metric="loss", unit="nat")

    assert (certainty.images, certainty.sampling_interval) == (None, None)
    assert certainty.difference == pytest.approx(0.1 - 0.11272)


def test_assess_certainty_running_accuracy_has_no_binomial_error(
    protocols: dict[str, Protocol], environment: Environment
) -> None:
    """The network changes from batch to batch, so the mean is of no set of images."""
    protocol = replace(protocols["tf1-basic"], running=RunningMeans())
    made = [make_run(protocol, seed=seed, environment=environment) for seed in range(2)]

    certainty = _assess(protocol, made, evaluation_set="running", period=10)

    assert (certainty.images, certainty.sampling_interval) == (None, None)


def test_assess_certainty_of_one_run_is_unknown(protocols: dict[str, Protocol], runs: list[RunRecord]) -> None:
    """A single run has a difference; how far to trust it is not known, and not shown as 0."""
    certainty = _assess(protocols["tf1-basic"], runs[:1])

    unknown = [certainty.difference_interval.low, certainty.mean_interval.low]
    assert certainty.difference == pytest.approx(0.9 - VALUES[0])
    assert all(math.isnan(number) for number in unknown)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        pytest.param({}, 0, id="no runs"),
        pytest.param({"metric": "total_seconds", "unit": "seconds", "evaluation_set": None}, 5, id="a time"),
        pytest.param({"metric": "accuracy_promise"}, 5, id="a promise"),
        pytest.param({"experiment": "tf1-dropout-piecewise"}, 5, id="another experiment"),
    ],
)
def test_assess_certainty_of_what_no_run_ranks_is_none(
    protocols: dict[str, Protocol], runs: list[RunRecord], changes: dict[str, Any], kept: int
) -> None:
    """Only losses, accuracies and errors that were run have a certainty."""
    measured = Measurements(runs[:kept]).of(make_claim(**changes))

    assert assess_certainty(measured, protocol=protocols["tf1-basic"]) is None


@pytest.mark.parametrize("changes", [{"status": "failed"}, {"dataset": "digits"}], ids=["failed", "stand-in"])
def test_assess_certainty_runs_that_do_not_count_are_left_out(
    protocols: dict[str, Protocol], runs: list[RunRecord], changes: dict[str, Any]
) -> None:
    """Failed runs, and runs on the stand-in, make nothing surer."""
    others = [replace(run, **changes) for run in runs[:2]]

    assert _assess(protocols["tf1-basic"], [*others, *runs[2:]]).runs == 3
    assert assess_certainty(Measurements(others).of(make_claim()), protocol=protocols["tf1-basic"]) is None
