"""Runs with numbers that are none, and single runs, reproduce nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from judging import judge, make_curve
from made_up_claims import make_claim
from made_up_runs import MakeRecord

from mnist_repro.documents.claim import Claim
from mnist_repro.records.run import Period, RunRecord
from mnist_repro.verdicts.finding import Verdict

ANY_CLAIM = st.sampled_from(
    [
        make_claim(),
        make_claim("0.1000", quantity="test-error", metric="error"),
        make_claim("0.9", quantity="accuracy-promise", metric="accuracy_promise"),
        make_claim("0.1", quantity="accuracy-target", metric="accuracy_target"),
        make_claim("0.5", quantity="rate.1", metric="learning_rate", unit="1", evaluation_set=None, period=1),
        *make_curve(["0.8"]),
    ]
)

# Every value of a run, at least one of them not finite.
BROKEN = st.lists(st.sampled_from([0.9, 0.91, math.nan, math.inf, -math.inf]), min_size=1, max_size=40).filter(
    lambda values: not np.isfinite(values).all()
)


def _runs_of(values: Sequence[float], make_record: MakeRecord) -> list[RunRecord]:
    return [
        make_record(
            experiment="tf1-basic",
            dataset="mnist",
            seed=seed,
            final_accuracy={"test": value},
            periods=(
                Period(step=1, learning_rate=value, loss={"validation": value}, accuracy={"validation": 0}, seconds=1),
            ),
        )
        for seed, value in enumerate(values)
    ]


@given(ANY_CLAIM, BROKEN)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_judge_claims_number_that_is_not_finite_reproduces_nothing(
    make_record: MakeRecord, claim: Claim, values: list[float]
) -> None:
    """Whatever the claim, a broken number among ours gives no verdict of success, and no error."""
    finding = judge(claim, _runs_of(values, make_record))

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.p is None


@given(ANY_CLAIM, st.floats(0, 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_judge_claims_one_run_or_none_reproduces_nothing(make_record: MakeRecord, claim: Claim, value: float) -> None:
    """Whatever the claim and the run, a single one never reproduces it, nor does none."""
    assert judge(claim, _runs_of([value], make_record)).verdict is not Verdict.REPRODUCED
    assert judge(claim, _runs_of([claim.value], make_record)).verdict is not Verdict.REPRODUCED
    assert judge(claim, []).verdict is Verdict.NOT_RUN
