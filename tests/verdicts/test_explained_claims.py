"""What does not reproduce is explained where someone said why, and runs bear it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from judging import judge
from made_up_claims import make_claim
from made_up_runs import make_run

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.comparisons import judge_comparisons
from mnist_repro.verdicts.document import explain_miss
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements

EXPLANATION = Explanation(
    family="tf1-basic.test-accuracy", date=date(2025, 1, 31), variant="tf1-basic+scaled", text="Pixels were scaled."
)


@pytest.mark.parametrize(
    ("explanations", "supported", "expected"),
    [
        pytest.param([EXPLANATION], {"tf1-basic+scaled"}, Verdict.EXPLAINED, id="supported"),
        pytest.param([EXPLANATION], set(), Verdict.NOT_REPRODUCED, id="no support"),
        pytest.param([EXPLANATION], {"tf1-basic+relu"}, Verdict.NOT_REPRODUCED, id="another variant is possible"),
        pytest.param([], {"tf1-basic+scaled"}, Verdict.NOT_REPRODUCED, id="nothing written"),
        pytest.param(
            [replace(EXPLANATION, family="tf1-basic.test-error")],
            {"tf1-basic+scaled"},
            Verdict.NOT_REPRODUCED,
            id="of another family",
        ),
        pytest.param(
            [replace(EXPLANATION, variant="tf1-basic+relu"), EXPLANATION],
            {"tf1-basic+scaled"},
            Verdict.EXPLAINED,
            id="one of two",
        ),
    ],
)
def test_explain_miss_is_explained_where_runs_support_it(
    runs: list[RunRecord], explanations: list[Explanation], supported: set[str], expected: Verdict
) -> None:
    """A miss needs both a written explanation and runs that support it; with one of the two it stays a miss."""
    claim = make_claim("0.9500")

    finding = explain_miss(judge(claim, runs), explanations, supported=supported)

    assert finding.verdict is expected
    assert finding.p == pytest.approx(1 / 41)
    if expected is Verdict.EXPLAINED:
        assert finding.reason == (
            f"{judge(claim, runs).reason}; explained on 2025-01-31 by tf1-basic+scaled: Pixels were scaled."
        )


def test_explain_miss_explanations_without_support_are_named(runs: list[RunRecord]) -> None:
    """A miss explained without support names each variant once; of several supported ones the first is given."""
    claim = make_claim("0.9500")
    two = [EXPLANATION, replace(EXPLANATION, variant="tf1-basic+relu", text="ReLU.")]

    miss = judge(claim, runs)

    vain = explain_miss(miss, [*two, EXPLANATION], supported=set())
    explained = explain_miss(miss, two, supported={"tf1-basic+relu", "tf1-basic+scaled"})

    reason = "declared as its explanation, but supported by no runs of ours: tf1-basic+scaled, tf1-basic+relu"
    assert vain.reason == f"{miss.reason}; {reason}"
    assert explained.reason == f"{miss.reason}; explained on 2025-01-31 by tf1-basic+scaled: Pixels were scaled."


def test_explain_miss_what_reproduces_needs_no_explanation(runs: list[RunRecord]) -> None:
    """An explanation of what is no miss changes nothing."""
    finding = judge(make_claim(), runs)

    assert finding.verdict is Verdict.REPRODUCED
    assert explain_miss(finding, [EXPLANATION], supported={"tf1-basic+scaled"}) == finding


def test_explain_miss_comparison_can_be_explained(protocols: dict[str, Protocol], environment: Environment) -> None:
    """An ordering that our runs have the other way round is explained like a claim."""
    better, worse = "tf1-dropout-piecewise", "tf1-dropout-exponential"
    runs = [make_run(protocols[better], seed=seed, environment=environment, accuracy=0.8) for seed in range(19)]
    runs += [make_run(protocols[worse], seed=seed, environment=environment, accuracy=0.9) for seed in range(19)]
    name = "tf1-notebook.piecewise-beats-exponential"
    reason = replace(EXPLANATION, family=name, variant=f"{better}+late")
    document = replace(load_catalogue().documents["tf1-notebook"], explanations=(reason,))

    measured = Measurements(runs)
    (miss,) = (
        finding
        for finding in judge_comparisons(document.comparisons, measured=measured, protocols=protocols)
        if finding.family == name
    )

    def verdict(supported: set[str]) -> Verdict:
        return explain_miss(miss, document.explanations, supported=supported).verdict

    assert verdict(set()) is Verdict.NOT_REPRODUCED
    assert verdict({f"{better}+late"}) is Verdict.EXPLAINED
