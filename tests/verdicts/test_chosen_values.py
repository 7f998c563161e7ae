"""A value of the best period, or of several runs, is measured as the document chose it, and judged with its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from judging import judge, make_accurate
from made_up_claims import make_claim

from mnist_repro.records.run import Period, RunRecord
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.in_turn import take_in_turn
from mnist_repro.verdicts.measured import Runs

# By period: the second and the third are equally good on the validation set.
TEST, VALIDATION = (0.90, 0.93, 0.94, 0.91), (0.90, 0.95, 0.95, 0.92)
LOSSES = (0.5, 0.4, 0.3, 0.6)


def with_curves(run: RunRecord, test: Sequence[float] = TEST) -> RunRecord:
    """Return a run with these curves."""
    periods = (
        Period(
            step=100 * (place + 1),
            learning_rate=0.5,
            loss={"test": loss, "validation": 1 - loss},
            accuracy={"test": accuracy, "validation": validation},
            seconds=1.0,
        )
        for place, (accuracy, validation, loss) in enumerate(zip(test, VALIDATION, LOSSES, strict=True))
    )
    return replace(run, periods=tuple(periods))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"at_best": "test"}, 0.94, id="highest accuracy"),
        pytest.param({"at_best": "validation"}, 0.93, id="at the first of the best on another set"),
        pytest.param({"at_best": "test", "metric": "error"}, 0.06, id="lowest error"),
        pytest.param({"at_best": "test", "metric": "loss", "unit": "nat"}, 0.3, id="lowest loss"),
        pytest.param({"at_best": "validation", "metric": "loss", "unit": "nat"}, 0.6, id="at the lowest of another"),
        pytest.param({"at_best": "test", "unit": "images", "printed": "9400 / 10000"}, 9_400, id="count"),
    ],
)
def test_measure_best_period_is_chosen_as_the_claim_says(
    runs: list[RunRecord], changes: dict[str, Any], expected: float
) -> None:
    """The period is that in which the claim's metric is best on the named set, the first of several."""
    claim = make_claim(**{"printed": "0.1", **changes})

    assert Runs([with_curves(runs[0])]).measure(claim).values == pytest.approx([expected])


@pytest.mark.parametrize(("printed", "expected"), [("0.94", Verdict.REPRODUCED), ("0.90", Verdict.NOT_REPRODUCED)])
def test_judge_claims_best_value_is_placed_among_best_values(
    runs: list[RunRecord], printed: str, expected: Verdict
) -> None:
    """A document that prints its best period is held against the best periods of our runs, and not their last."""
    noise = np.random.default_rng(3).normal(0, 0.005, size=(20, 4))
    made = [with_curves(run, np.array(TEST) + each) for run, each in zip(runs, noise, strict=False)]

    assert judge(make_claim(printed, at_best="test"), made).verdict is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"best_of": 3}, [0.94, 0.97], id="highest accuracies"),
        pytest.param({"mean_of": 3}, [0.92, 0.96], id="means"),
        pytest.param({"best_of": 3, "metric": "error"}, [0.06, 0.03], id="lowest errors"),
        pytest.param({"best_of": 2, "unit": "percent"}, [92, 95, 97], id="of two"),
        pytest.param({"best_of": 8}, [], id="too few runs"),
    ],
)
def test_measure_several_runs_make_one_value(runs: list[RunRecord], changes: dict[str, Any], expected: Any) -> None:
    """Runs in turn make the best or the mean of several each; those that are left make none."""
    made = make_accurate(runs, [0.90, 0.92, 0.94, 0.95, 0.96, 0.97, 0.99])

    assert Runs(made).measure(make_claim(**changes)).judged == pytest.approx(expected)


def test_measure_several_runs_count_where_all_are_on_mnist(runs: list[RunRecord]) -> None:
    """What a run on the stand-in is among is shown, and judges nothing."""
    made = make_accurate(runs, [0.9] * 6)

    measured = Runs([*made[:5], replace(made[5], dataset="digits")]).measure(make_claim(best_of=3))

    assert (len(measured.values), len(measured.judged)) == (2, 1)


# The best of three of our runs is 0.93 or more, and of a single one seldom.
@pytest.mark.parametrize(
    ("printed", "best_of", "expected", "reason"),
    [
        pytest.param("0.94", 3, Verdict.REPRODUCED, "", id="as ours are"),
        pytest.param("0.90", 3, Verdict.NOT_REPRODUCED, "", id="of a single run"),
        pytest.param("0.97", 3, Verdict.NOT_REPRODUCED, "20 times the best of 3 runs and the document", id="above all"),
        pytest.param("0.90", None, Verdict.REPRODUCED, "60 runs and the document", id="a single run, as ours are"),
    ],
)
def test_judge_claims_best_of_several_runs_is_placed_among_as_many(
    runs: list[RunRecord], printed: str, best_of: int | None, expected: Verdict, reason: str
) -> None:
    """A document that shows its best of three is held against the bests of three of ours, each run in one of them."""
    low, high = np.random.default_rng(4).normal(0, 0.003, size=(2, 40))
    accuracies = [a for two, one in zip(low.reshape(20, 2), high, strict=False) for a in (*(0.90 + two), 0.94 + one)]

    finding = judge(make_claim(printed, best_of=best_of), make_accurate(runs * 2, accuracies))

    assert finding.verdict is expected
    assert reason in finding.reason
    assert finding.runs == (20 if best_of else 60)


def test_judge_claims_best_of_several_runs_needs_as_many_times_the_runs(runs: list[RunRecord]) -> None:
    """Nineteen bests of three take 57 runs, and it is said."""
    few, enough = (judge(make_claim(best_of=3), make_accurate(runs * 2, [0.9] * count)) for count in (56, 57))

    assert (few.verdict, few.runs_needed) == (Verdict.INCONCLUSIVE, 57)
    assert few.reason == "too few runs: 54 of at least 57; 57 can always refute it"
    assert enough.verdict is Verdict.REPRODUCED


def test_take_in_turn_several_runs_count_as_one(runs: list[RunRecord]) -> None:
    """Twenty bests of three set the scale, and as many as the other planned runs make can follow."""
    made = [replace(run, seed=seed) for seed, run in enumerate(make_accurate(runs * 2, [0.9] * 66))]
    families, rule = [(make_claim(best_of=3),)], StoppingRule(planned=180)

    in_turn = take_in_turn(families, records=made, rule=rule)

    assert in_turn is not None
    assert (in_turn.standing.runs, in_turn.planned) == (22, 40)
    assert take_in_turn(families, records=made[:59], rule=rule) is None
