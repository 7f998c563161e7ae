"""What error rates say: their intervals, and which faults must be caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, Requirement, Shift
from mnist_repro.comparison.gate.split_tests import LEVEL
from mnist_repro.stats.summary import Interval

FIRST, SECOND = "julia-linear-lr0.02", "tf1-dropout-piecewise"
RUNS = 24


def make_detection(
    *, caught: int = 400, shift: Shift | None = None, difference: Difference = Difference.SEEN, **changes: object
) -> Detection:
    """Return what was found of a fault."""
    detection = Detection(
        fault="tf1-basic+fault",
        title="something is wrong",
        experiment="tf1-basic",
        runs=20,
        unfinished=0,
        changed=20,
        seeds=10,
        gate_runs=400,
        caught=caught,
        interval=Interval(0.0, 1.0),
        shift=shift,
        difference=difference,
        seeds_needed=None,
    )
    return replace(detection, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("alarms", [0, 1, 5, 2_000])
def test_false_alarms_interval_is_clopper_and_pearsons(alarms: int) -> None:
    """The ends are quantiles of beta distributions, as in Clopper and Pearson's paper of 1934."""
    interval = FalseAlarms(trials=2_000, alarms=alarms).interval

    low = stats.beta.ppf(0.025, alarms, 2_000 - alarms + 1) if alarms else 0.0
    high = stats.beta.ppf(0.975, alarms + 1, 2_000 - alarms) if alarms < 2_000 else 1.0
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(("alarms", "within"), [(0, True), (2, True), (5, True), (6, False)])
def test_false_alarms_more_than_chance_explains_are_said(alarms: int, within: bool) -> None:  # noqa: FBT001 - a parameter
    """Of 2,000 splits two are expected: five may be chance, by the binomial distribution, six are too many."""
    assert (stats.binom.sf(alarms - 1, 2_000, LEVEL) > 0.025) == within
    assert FalseAlarms(trials=2_000, alarms=alarms).is_within_level == within


@pytest.mark.parametrize(
    ("accuracy", "spread", "large"),
    [
        pytest.param(-0.016, 0.004, True, id="more than 1.5 points"),
        pytest.param(0.014, 0.004, False, id="less than 1.5 points, more than three sd"),
        pytest.param(-0.02, 0.007, False, id="more than 1.5 points, less than three sd"),
        pytest.param(0.022, 0.007, True, id="more than both"),
    ],
)
def test_detection_rule_applies_to_what_is_large(accuracy: float, spread: float, large: bool) -> None:  # noqa: FBT001 - a parameter
    """A shift is large from 1.5 points or three standard deviations on, whichever is more."""
    shift = Shift(evaluation_set="test", accuracy=accuracy, spread=spread)

    assert make_detection(shift=shift).rule is (Requirement.HOLDS if large else Requirement.DOES_NOT_APPLY)
    assert make_detection(shift=shift, caught=0).rule is (Requirement.BROKEN if large else Requirement.DOES_NOT_APPLY)


@pytest.mark.parametrize(("caught", "missed"), [(400, False), (380, False), (379, True), (0, True)])
def test_detection_is_missed_below_95_percent(caught: int, missed: bool) -> None:  # noqa: FBT001 - a parameter
    """Nineteen of twenty are enough."""
    assert make_detection(caught=caught).is_missed == missed


def test_shift_without_spread_is_infinitely_many_spreads() -> None:
    """Where seeds make no difference any shift is infinitely many standard deviations, and none is none."""
    assert Shift(evaluation_set="test", accuracy=-0.1, spread=0.0).in_spreads == -np.inf
    assert Shift(evaluation_set="test", accuracy=0.0, spread=0.0).in_spreads == 0.0
