"""The badge: what it counts, and that it is never green where anything is missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from made_up_runs import make_run, write_store

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.exports.badge import describe_outcome, format_badge
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment
from mnist_repro.verdicts.finding import OPEN, REFUTED, Verdict

Summarize = Callable[..., EnvironmentResult]

OF_RUNS = sorted(set(Verdict) - {Verdict.CONTRADICTED, Verdict.NOT_COMPARABLE}, key=list(Verdict).index)
GREENS = frozenset({"brightgreen", "yellowgreen"})


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param({}, ("nothing judged", "lightgrey"), id="nothing"),
        pytest.param({Verdict.NOT_RUN: 40}, ("nothing judged", "lightgrey"), id="not run"),
        pytest.param({Verdict.INCONCLUSIVE: 3}, ("nothing judged", "lightgrey"), id="undecided"),
        pytest.param({Verdict.CHOSE: 1}, ("nothing judged", "lightgrey"), id="chose the protocol"),
        pytest.param({Verdict.REPRODUCED: 3}, ("3 of 3 reproduce", "brightgreen"), id="all"),
        pytest.param({Verdict.REPRODUCED: 3, Verdict.CHOSE: 1}, ("3 of 3 reproduce", "brightgreen"), id="one chose"),
        pytest.param(
            {Verdict.REPRODUCED: 3, Verdict.CONSISTENT: 3},
            ("3 of 6 reproduce, 3 consistent", "lightgrey"),
            id="some consistent",
        ),
        pytest.param(
            {Verdict.CONSISTENT: 2, Verdict.DOUBTFUL: 1},
            ("0 of 3 reproduce, 2 consistent, 1 undecided", "yellow"),
            id="doubtful",
        ),
        pytest.param(
            {Verdict.REPRODUCED: 3, Verdict.EXPLAINED: 1}, ("3 of 4 reproduce", "yellowgreen"), id="explained"
        ),
        pytest.param(
            {Verdict.REPRODUCED: 3, Verdict.NOT_RUN: 1, Verdict.INCONCLUSIVE: 1},
            ("3 of 5 reproduce, 2 undecided", "yellow"),
            id="some undecided",
        ),
        pytest.param({Verdict.REPRODUCED: 3, Verdict.NOT_REPRODUCED: 1}, ("3 of 4 reproduce", "red"), id="a miss"),
        pytest.param(
            {Verdict.EXACT: 1, Verdict.NOT_EXACT: 1}, ("1 of 2 reproduce", "red"), id="digits compared, one differs"
        ),
        pytest.param(
            {Verdict.NOT_REPRODUCED: 1, Verdict.INCONCLUSIVE: 2}, ("0 of 3 reproduce, 2 undecided", "red"), id="misses"
        ),
    ],
)
def test_describe_outcome_keeps_its_rule(outcome: dict[Verdict, int], expected: tuple[str, str]) -> None:
    """Message and colour follow from the counts."""
    assert describe_outcome(Counter(outcome)) == expected


@given(st.dictionaries(st.sampled_from(OF_RUNS), st.integers(0, 50)))
def test_describe_outcome_is_green_only_where_all_is_decided(outcome: dict[Verdict, int]) -> None:
    """Green takes something judged, nothing missed, and nothing open."""
    _, color = describe_outcome(Counter(outcome))

    if color in GREENS:
        open_or_missed = (*REFUTED, *OPEN, Verdict.NOT_RUN)
        assert not any(outcome.get(verdict) for verdict in open_or_missed)
        assert any(outcome.get(verdict) for verdict in (Verdict.EXACT, Verdict.REPRODUCED, Verdict.EXPLAINED))


@pytest.fixture
def summarize(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Summarize:
    """Return a function that makes runs of one experiment, and returns what they say."""

    def make(name: str, seeds: range, dataset: str = "mnist") -> EnvironmentResult:
        changes = {"environment": environment, "dataset": dataset, "accuracy": 0.83}
        runs = [make_run(protocols["julia-linear-lr0.02"], seed=seed, **changes) for seed in seeds]  # type: ignore[arg-type]
        store = write_store(tmp_path / name, runs)
        return summarize_environment(
            store, documents=load_catalogue().documents, protocols=protocols, alternatives=(), labels={}
        )

    return make


@pytest.mark.parametrize(
    ("name", "dataset", "message"),
    [
        pytest.param("local", "mnist", "nothing judged", id="a user's own"),
        pytest.param("linux", "digits", "nothing judged", id="stand-in"),
        pytest.param("linux", "mnist", "undecided", id="published"),
    ],
)
def test_format_badge_is_about_what_is_published(summarize: Summarize, name: str, dataset: str, message: str) -> None:
    """Neither a user's own runs nor the stand-in's get onto the badge, which has the form that shields.io reads."""
    badge = json.loads(format_badge([summarize(name, range(60), dataset)]))

    assert set(badge) == {"schemaVersion", "label", "message", "color"}
    assert (badge["schemaVersion"], badge["label"]) == (1, "MNIST runs")
    assert message in badge["message"]
    assert badge["color"] not in GREENS


def test_format_badge_takes_the_largest_published_study(summarize: Summarize) -> None:
    """Of two published environments the one with more runs stands for both, in either order."""
    small, large = summarize("small", range(2)), summarize("large", range(60))

    badges = [format_badge(results) for results in ([small], [large], [small, large], [large, small])]

    assert badges[0] != badges[1] == badges[2] == badges[3]
