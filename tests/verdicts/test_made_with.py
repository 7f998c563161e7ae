"""An environment tells what its runs were made with, and where its experiments differ in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_up_claims import EXPERIMENT, Summarize
from made_up_runs import MakeRecord

from mnist_repro.records.environment import Environment

OTHER = "tf1-basic"


def test_summarize_environment_newest_run_names_the_environment(
    summarize: Summarize, make: MakeRecord, environment: Environment
) -> None:
    """The page's versions are those of the run that was started last, in whatever order runs ended."""
    newer = replace(environment, commit="f" * 40)

    result = summarize(make(0, environment=newer, started="2025-02-01T00:00:00+00:00"), make(1))

    assert result.environment == newer
    assert result.name == "somewhere"


def test_summarize_environment_experiments_made_alike_differ_in_nothing(
    summarize: Summarize, make: MakeRecord, environment: Environment
) -> None:
    """What decides no run, as a commit, is no difference; each experiment has the environment of its newest run."""
    newer = replace(environment, commit="f" * 40, python="3.12.0")

    result = summarize(make(0), make(1, environment=newer, started="2025-02-01T00:00:00+00:00"))
    (experiment,) = (each for each in result.experiments if each.records)

    assert result.differing == {}
    assert experiment.environment == newer
    assert all(each.environment is None for each in result.experiments if not each.records)


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        pytest.param({"tensorflow": "2.20.0"}, "TensorFlow", "2.20.0", id="version"),
        pytest.param({"processor": "Another"}, "processor", "Another", id="processor"),
        pytest.param({"flags": {}}, "flags", "none", id="flags"),
    ],
)
def test_summarize_environment_experiments_made_differently_are_told(
    summarize: Summarize, make: MakeRecord, change: dict[str, Any], name: str, value: str
) -> None:
    """Where one experiment was made otherwise, what differs is named, with the experiments of each value."""
    environment = make(0).environment

    result = summarize(make(0), make(0, OTHER, environment=replace(environment, **change)))

    assert result.differing == {name: {environment.deciding[name]: [EXPERIMENT], value: [OTHER]}}
