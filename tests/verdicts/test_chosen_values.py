"""A value of the best period is measured in each run as the document chose it, and judged with its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from judging import judge
from made_up_claims import make_claim

from mnist_repro.records.run import Period, RunRecord
from mnist_repro.verdicts.finding import Verdict
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
