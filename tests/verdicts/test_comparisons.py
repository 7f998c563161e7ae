"""Comparisons are judged by our runs, and not by anything that is written down."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up_claims import make_claim

from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.comparisons import judge_comparisons
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.measured import Measurements

DEEP, BASIC = "tf1-dropout-piecewise", "tf1-basic"
MakeRuns = Callable[..., list[RunRecord]]


def _ordering(greater: str = "0.91", smaller: str = "0.90") -> Comparison:
    first = make_claim(greater, experiment=DEEP)
    words = {"id": "made-up.deep-beats-basic", "document": "made-up", "says": "The deep one is better."}
    return Comparison(kind="ordering", first=first, second=make_claim(smaller), **words)


def _ratio(first: str, second: str, *, cut: bool = False) -> Comparison:
    time: dict[str, Any] = {"metric": "total_seconds", "unit": "seconds", "evaluation_set": None, "cut": cut}
    words = {"id": "made-up.time", "document": "made-up", "says": "The deep one takes longer."}
    return Comparison(
        kind="ratio", first=make_claim(first, experiment=DEEP, **time), second=make_claim(second, **time), **words
    )


def _judge(comparison: Comparison, runs: Sequence[RunRecord], protocols: dict[str, Protocol]) -> Finding:
    (finding,) = judge_comparisons([comparison], measured=Measurements(runs), protocols=protocols)
    return finding


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        pytest.param(0.010, Verdict.REPRODUCED, id="higher"),
        pytest.param(-0.010, Verdict.NOT_REPRODUCED, id="lower"),
        pytest.param(0.001, Verdict.INCONCLUSIVE, id="hardly higher"),
    ],
)
def test_judge_comparisons_ordering_is_the_share_of_pairs(
    make_runs: MakeRuns, protocols: dict[str, Protocol], shift: float, expected: Verdict
) -> None:
    """What holds in most pairs is reproduced, what holds in few is not, and about a half decides nothing."""
    noise = np.random.default_rng(0).normal(0.9, 0.01, size=(2, 40))
    runs = make_runs(DEEP, noise[0] + shift) + make_runs(BASIC, noise[1])

    finding = _judge(_ordering(), runs, protocols)

    assert finding.verdict is expected
    assert finding.runs == 40
    assert (finding.runs_needed is not None) is (expected is Verdict.INCONCLUSIVE)
    if finding.runs_needed:
        assert finding.runs_needed > 40
        assert f"about {finding.runs_needed:,} runs would decide" in finding.reason


def test_judge_comparisons_ordering_of_equal_runs_is_never_decided(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """Where all runs are equal no number of runs shows which is greater, and the reason says so."""
    runs = make_runs(DEEP, [0.9] * 20) + make_runs(BASIC, [0.9] * 20)

    finding = _judge(_ordering(), runs, protocols)

    assert (finding.verdict, finding.runs_needed) == (Verdict.INCONCLUSIVE, None)
    assert "no number of runs would decide" in finding.reason


def test_judge_comparisons_ordering_without_a_difference_is_seldom_decided(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """Of 200 studies of two experiments that do not differ, at most 5 % find an order, within Monte-Carlo error."""
    generator = np.random.default_rng(1)
    deep, basic = make_runs(DEEP, [0.0] * 20), make_runs(BASIC, [0.0] * 20)
    found = 0
    for draw in generator.normal(size=(200, 40)):
        values = [{"test": float(value)} for value in draw]
        runs = [replace(run, final_accuracy=value) for run, value in zip([*deep, *basic], values, strict=True)]
        found += _judge(_ordering(), runs, protocols).verdict is not Verdict.INCONCLUSIVE

    assert found / 200 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize("comparison", [_ordering(), _ratio("40", "20")], ids=["ordering", "ratio"])
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(0, 0, Verdict.NOT_RUN, id="no runs"),
        pytest.param(40, 0, Verdict.NOT_RUN, id="only one was run"),
        pytest.param(1, 1, Verdict.INCONCLUSIVE, id="one run of each"),
        pytest.param(40, 18, Verdict.INCONCLUSIVE, id="too few of one"),
    ],
)
def test_judge_comparisons_too_few_runs_decide_nothing(
    make_runs: MakeRuns,
    protocols: dict[str, Protocol],
    *,
    comparison: Comparison,
    first: int,
    second: int,
    expected: Verdict,
) -> None:
    """However clear the numbers are, nothing is reproduced with fewer than 19 runs of each."""
    times = comparison.kind == "ratio"
    runs = make_runs(DEEP, [2.0] * first, seconds=times) + make_runs(BASIC, [1.0] * second, seconds=times)

    finding = _judge(comparison, runs, protocols)

    assert finding.verdict is expected
    assert finding.runs_needed == (19 if expected is Verdict.INCONCLUSIVE else None)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"status": "failed", "reason": "x"}, id="failed"),
        pytest.param({"dataset": "digits"}, id="stand-in"),
    ],
)
def test_judge_comparisons_runs_that_do_not_count_leave_it_not_run(
    make_runs: MakeRuns, protocols: dict[str, Protocol], changes: dict[str, Any]
) -> None:
    """Failed runs, and runs on the stand-in, decide nothing."""
    runs = make_runs(DEEP, [0.92] * 40, **changes) + make_runs(BASIC, [0.9] * 40)

    assert _judge(_ordering(), runs, protocols).verdict is Verdict.NOT_RUN


@pytest.mark.parametrize("wrong", [math.nan, math.inf], ids=["not a number", "infinite"])
def test_judge_comparisons_number_that_is_not_finite_decides_nothing(
    make_runs: MakeRuns, protocols: dict[str, Protocol], wrong: float
) -> None:
    """One broken number among many good ones is no reason to leave it out silently."""
    runs = make_runs(DEEP, [*[0.92] * 39, wrong]) + make_runs(BASIC, [0.9] * 40)

    assert _judge(_ordering(), runs, protocols).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("printed", "ours", "expected"),
    [
        # The multiplications of the two networks stand as 4.48 to 1.
        pytest.param(("67", "44"), 1.5, Verdict.REPRODUCED, id="ours rounds to it"),
        pytest.param(("67", "44"), 2.6, Verdict.NOT_COMPARABLE, id="both within the limits"),
        pytest.param(("67", "44"), 5.0, Verdict.INCONCLUSIVE, id="ours beyond all arithmetic"),
        pytest.param(("67", "44"), 0.8, Verdict.INCONCLUSIVE, id="ours below all fixed cost"),
        pytest.param(("40", "44"), 2.6, Verdict.NOT_REPRODUCED, id="the document's below all fixed cost"),
        pytest.param(("440", "44"), 2.6, Verdict.NOT_REPRODUCED, id="the document's beyond all arithmetic"),
    ],
)
def test_judge_comparisons_ratio_has_limits(
    make_runs: MakeRuns, protocols: dict[str, Protocol], printed: tuple[str, str], ours: float, expected: Verdict
) -> None:
    """The document's ratio of times is ours, or one that hardware can cause, or neither; ours may show other load."""
    noise = np.random.default_rng(2).normal(1, 0.01, size=(2, 20))
    runs = make_runs(DEEP, ours * noise[0], seconds=True) + make_runs(BASIC, noise[1], seconds=True)

    finding = _judge(_ratio(*printed), runs, protocols)

    assert finding.verdict is expected
    said = re.search(r"ours (\d\.\d\d) \(", finding.reason)
    assert said is not None
    assert float(said[1]) == pytest.approx(ours, rel=0.01)


@pytest.mark.parametrize(
    ("cut", "expected"), [(True, Verdict.NOT_COMPARABLE), (False, Verdict.REPRODUCED)], ids=["cut", "rounded"]
)
def test_judge_comparisons_ratio_of_cut_times_is_of_whole_units(
    make_runs: MakeRuns, protocols: dict[str, Protocol], *, cut: bool, expected: Verdict
) -> None:
    """Times printed as 6 and 4 are 1.22 to 1.86 where they were rounded, and 1.2 to 1.75 where they were cut."""
    runs = make_runs(DEEP, [1.80] * 20, seconds=True) + make_runs(BASIC, [1.0] * 20, seconds=True)

    assert _judge(_ratio("6", "4", cut=cut), runs, protocols).verdict is expected


def test_judge_comparisons_ratio_looks_at_the_declared_networks(
    make_runs: MakeRuns, protocols: dict[str, Protocol]
) -> None:
    """Were the two networks the same, any ratio but 1 would be beyond what arithmetic explains."""
    runs = make_runs(DEEP, [2.6] * 20, seconds=True) + make_runs(BASIC, [1.0] * 20, seconds=True)
    same = {**protocols, DEEP: replace(protocols[BASIC], id=DEEP)}

    assert _judge(_ratio("67", "44"), runs, same).verdict is Verdict.NOT_REPRODUCED
