"""A reported run in which chance has no part is compared digit by digit, and one digit refutes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from made_up_claims import make_claim
from recorded_runs import CATALOGUE

from mnist_repro.documents import GlorotUniform, Protocol, Zeros
from mnist_repro.documents.chance import count_seeds, is_deterministic
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.document import DocumentResult, judge_document
from mnist_repro.verdicts.exact import compare_exactly
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Judgement, Measurements
from mnist_repro.verdicts.reported_run import count_tests, list_reported_runs

MakeRuns = Callable[..., list[RunRecord]]
BY_CHANCE = CATALOGUE.protocols["tf1-basic"]
FIXED = replace(
    BY_CHANCE,
    layers=tuple(replace(layer, weights=Zeros(), biases=Zeros()) for layer in BY_CHANCE.layers),
    training=replace(BY_CHANCE.training, order="as stored"),
)


def judge(printed: str, *, runs: list[RunRecord], cut: bool = False) -> DocumentResult:
    """Judge a document with one accuracy of a run without randomness."""
    claim = replace(make_claim(printed, experiment=FIXED.id, id=f"{FIXED.id}.test-accuracy"), cut=cut)
    return judge_document(
        replace(CATALOGUE.documents["tf1-notebook"], claims=(claim,), comparisons=(), statements=()),
        measured=Measurements(runs),
        protocols={FIXED.id: FIXED},
        labels={},
        alternatives=(),
        causes=(),
    )


@pytest.mark.parametrize(
    ("printed", "cut", "word", "units"),
    [
        pytest.param("0.9123", False, Verdict.EXACT, 0, id="rounded alike"),
        pytest.param("0.9122", False, Verdict.NOT_EXACT, 1, id="a unit of the last digit less"),
        pytest.param("0.9223", False, Verdict.NOT_EXACT, -100, id="another digit"),
        pytest.param("0.912", False, Verdict.EXACT, 0, id="fewer digits"),
        pytest.param("0.9122", True, Verdict.EXACT, 0, id="cut alike"),
        pytest.param("0.9123", True, Verdict.NOT_EXACT, -1, id="cut, and a unit more"),
    ],
)
def test_judge_document_without_chance_one_digit_decides(
    make_runs: MakeRuns, *, printed: str, cut: bool, word: Verdict, units: int
) -> None:
    """One run of ours decides by the printed digits; there is no p-value, no interval and no grade."""
    result = judge(printed, cut=cut, runs=make_runs(FIXED.id, [0.91227]))
    (run,), (family,) = result.runs, result.families

    assert (run.word, family.finding.verdict) == (word, word)
    assert (run.verdict.p, run.grade, run.verdict.runs_needed, run.kept) == (None, None, None, {})
    assert run.verdict.exact is not None
    assert list(run.verdict.exact.units.values()) == [units]
    assert family.assessments[0].judgement is (Judgement.DIFFERENT if units else Judgement.EQUAL)
    assert (f"{abs(units)} unit" in run.verdict.reason) == bool(units)


@pytest.mark.parametrize(
    ("accuracies", "word"),
    [
        pytest.param([], Verdict.NOT_RUN, id="no run"),
        pytest.param([0.9123, 0.9123], Verdict.EXACT, id="equal runs"),
        pytest.param([0.9123, 0.9124], Verdict.NOT_EXACT, id="one run differs"),
    ],
)
def test_judge_document_without_chance_every_run_counts(
    make_runs: MakeRuns, accuracies: list[float], word: Verdict
) -> None:
    """No run is no verdict, and of several runs the farthest off decides."""
    assert judge("0.9123", runs=make_runs(FIXED.id, accuracies)).runs[0].word is word


def test_exactness_differs_where_anything_else_is_printed() -> None:
    """A candidate that prints as ours do is not told apart, however it rounds."""
    claims = (make_claim("0.912"), make_claim("0.84"))
    ours = {claims[0]: np.array([0.9123]), claims[1]: np.array([0.8351])}
    exact = compare_exactly([(claim,) for claim in claims], measure=lambda claim: ours[claim])

    assert exact is not None
    assert exact.differs(np.array([[0.9119, 0.8399], [0.9126, 0.8399]])).tolist() == [False, True]


def test_list_reported_runs_without_chance_cost_the_others_nothing() -> None:
    """A run that is not tested takes no part of the 5 %."""
    names = ("tf1-basic", "tf1-dropout-piecewise")
    claims = tuple(make_claim("0.9", experiment=name, id=f"{name}.test-accuracy") for name in names)
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=claims)

    for protocols, tests in ((CATALOGUE.protocols, 2), ({**CATALOGUE.protocols, FIXED.id: FIXED}, 1)):
        assert count_tests(list_reported_runs(document, protocols=protocols)) == tests


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(FIXED, training=BY_CHANCE.training), id="order"),
        pytest.param(replace(FIXED, split="random"), id="split"),
        pytest.param(
            replace(FIXED, layers=(replace(FIXED.layers[0], weights=GlorotUniform()), *FIXED.layers[1:])), id="weights"
        ),
        pytest.param(
            replace(FIXED, layers=(replace(FIXED.layers[0], biases=GlorotUniform()), *FIXED.layers[1:])), id="biases"
        ),
        pytest.param(
            replace(FIXED, layers=(replace(FIXED.layers[0], keep_probability=0.5), *FIXED.layers[1:])), id="mask"
        ),
    ],
)
def test_is_deterministic_anything_drawn_is_chance(changed: Protocol) -> None:
    """One thing that is drawn makes a run a matter of chance, and one run no longer settles it."""
    assert is_deterministic(FIXED)
    assert count_seeds(FIXED, "full") == 1
    assert not is_deterministic(changed)
    assert count_seeds(changed, "full") == changed.seeds["full"]
