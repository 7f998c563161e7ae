"""A small study and protocols whose quick profile it suffices for; a baseline, today's runs, and the gate on both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_studies import make_study
from two_experiments import FIRST, SECOND, Judge, Study

from mnist_repro.comparison.gate.regression import ExperimentTest, judge_runs
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord


@pytest.fixture
def study(protocols: dict[str, Protocol], environment: Environment) -> list[RunRecord]:
    """Return six runs of each experiment, those of the last one first."""
    return [
        record
        for protocol in reversed(protocols.values())
        for record in make_study(protocol, range(6), environment=environment)
    ]


@pytest.fixture
def few(protocols: dict[str, Protocol]) -> dict[str, Protocol]:
    """Return the protocols with quick profiles of three seeds."""
    return {name: replace(protocol, seeds={GATE_PROFILE: 3}) for name, protocol in protocols.items()}


@pytest.fixture
def baseline(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return 40 runs of two experiments."""
    return {name: make_study(protocols[name], range(40), environment=environment) for name in (FIRST, SECOND)}


@pytest.fixture
def today(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return four other runs of each, of seeds that the baseline does not have."""
    return {name: make_study(protocols[name], range(50, 54), environment=environment) for name in (FIRST, SECOND)}


@pytest.fixture
def judge(protocols: dict[str, Protocol]) -> Judge:
    """Return a function that runs the gate on both experiments: its tests by experiment."""

    def judge_both(today: Study, baseline: Study, **changes: object) -> dict[str, ExperimentTest]:
        both = {name: replace(protocols[name], **changes) for name in (FIRST, SECOND)}  # type: ignore[arg-type]
        result = judge_runs(today, baseline=baseline, protocols=both)
        return {found.protocol.id: found for found in result.experiments}

    return judge_both
