"""Rounding is chaotic where runs part at once, and harmless only where its effect is surely small to the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from made_up_runs import MakeRecord, make_unfinished
from scipy import stats

from mnist_repro.records.run import Period, RunRecord
from mnist_repro.stats.summary import Interval
from mnist_repro.verdicts.causes.rounding import RoundingEffect, RoundingSensitivity, measure_rounding

MakeRuns = Callable[..., list[RunRecord]]


@pytest.fixture
def make_runs(make_record: MakeRecord) -> MakeRuns:
    """Return what makes runs with given final losses, and losses after each of some steps."""

    def make(losses: object, *, steps: object = ()) -> list[RunRecord]:
        return [
            make_record(
                seed=seed,
                final_loss={"test": float(loss)},
                periods=tuple(
                    Period(
                        step=step,
                        learning_rate=0.5,
                        loss={"validation": value},
                        accuracy={"validation": 0.5},
                        seconds=1.0,
                    )
                    for step, value in enumerate(steps, 1)
                ),
            )
            for seed, loss in enumerate(losses)
        ]

    return make


def _measure(
    records: list[RunRecord],
    moved: list[RunRecord],
    first: Sequence[RunRecord] = (),
    first_moved: Sequence[RunRecord] = (),
) -> RoundingSensitivity:
    return measure_rounding(
        "x",
        evaluation_set="test",
        first_steps_set="validation",
        records=records,
        moved=moved,
        first_steps=first,
        first_steps_moved=first_moved,
    )


def test_measure_rounding_independent_runs_are_chaotic_in_most_simulations(make_runs: MakeRuns) -> None:
    """Where a moved run is as good as a new seed, the ratio's 95 % interval holds 1 in about 95 % of simulations."""
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        losses, moved = generator.normal(0.4, 0.02, 40), generator.normal(0.4, 0.02, 10)
        interval = _measure(make_runs(losses), make_runs(moved)).interval
        held += interval.low <= 1 <= interval.high

    # The ten that are moved are among the forty, which makes the interval a little wide.
    assert 0.92 <= held / 400 <= 1.0


def test_measure_rounding_small_differences_give_their_ratio(make_runs: MakeRuns) -> None:
    """Differences of a hundredth of the standard deviation over seeds give that ratio, and part no runs."""
    losses = np.random.default_rng(1).normal(0.4, 0.02, 40)
    moved = losses[:10] + np.random.default_rng(2).normal(0, 0.0002, 10)

    together = make_runs([0.4] * 3, steps=[2.0, 1.5])
    measured = _measure(make_runs(losses), make_runs(moved), together, together)

    expected = math.sqrt(np.mean((moved - losses[:10]) ** 2) / 2 / losses.var(ddof=1))
    low, high = stats.f.interval(0.95, 10, 39)
    assert measured.ratio == pytest.approx(expected)
    assert (measured.interval.low, measured.interval.high) == pytest.approx(
        (expected / math.sqrt(high), expected / math.sqrt(low))
    )
    assert (measured.pairs, measured.effect) == (10, RoundingEffect.NONE)


@pytest.mark.parametrize(
    ("parted", "low", "high", "expected"),
    [
        pytest.param(2.0, 0.6, 1.7, RoundingEffect.CHAOS, id="at once, perhaps as far as seeds"),
        pytest.param(2.0, 0.01, 0.09, RoundingEffect.CHAOS, id="at once, and not far"),
        pytest.param(math.inf, 0.6, 1.7, RoundingEffect.LATE, id="later, perhaps as far as seeds"),
        pytest.param(math.inf, 0.2, 0.9, RoundingEffect.LATE, id="later"),
        pytest.param(math.inf, 0.01, 0.09, RoundingEffect.NONE, id="next to never"),
        pytest.param(math.nan, 0.01, 0.09, RoundingEffect.NONE, id="not followed, and together at the end"),
        pytest.param(math.nan, 0.2, 0.9, RoundingEffect.UNKNOWN, id="not followed, and apart at the end"),
        pytest.param(math.inf, math.nan, math.nan, RoundingEffect.UNKNOWN, id="no ends to compare"),
    ],
)
def test_rounding_sensitivity_effect_is_read_from_when_runs_part(
    parted: float, low: float, high: float, expected: RoundingEffect
) -> None:
    """Wide intervals from few pairs make no chaos: whether runs part is seen step by step, and at the end."""
    measured = RoundingSensitivity(
        experiment="x", pairs=10, ratio=low, interval=Interval(low, high), parted=parted, followed=8
    )

    assert measured.effect is expected


@pytest.mark.parametrize("count", [0, 1])
def test_measure_rounding_fewer_than_two_pairs_are_unknown(make_runs: MakeRuns, count: int) -> None:
    """One pair has no standard deviation: whether the run is chaotic is unknown, and nothing is called agreement."""
    measured = _measure(make_runs([0.4, 0.5, 0.6]), make_runs([0.4] * count))

    assert math.isnan(measured.ratio)
    assert measured.effect is RoundingEffect.UNKNOWN


def test_measure_rounding_runs_that_did_not_complete_make_no_pair(make_runs: MakeRuns) -> None:
    """A run that diverged has no final loss to compare."""
    records, moved = make_runs([0.4, 0.5, 0.6]), make_runs([0.4, 0.5, 0.6])
    moved[1] = make_unfinished(moved[1])

    assert _measure(records, moved).pairs == 2


def test_measure_rounding_parted_is_the_first_step_beyond_a_thousandth(make_runs: MakeRuns) -> None:
    """Losses part at the first step where they differ by more than 0.001 nats; infinitely late where they never do."""
    together = make_runs([0.4] * 3, steps=[2.0, 1.5, 1.0])
    parted = make_runs([0.4] * 3, steps=[2.0009, 1.5011, 1.0])

    assert _measure([], [], together, parted).parted == 2
    assert _measure([], [], together, together).parted == math.inf
    assert _measure([], [], together, parted).followed == 3
    assert math.isnan(_measure([], []).parted)
