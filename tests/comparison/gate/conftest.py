"""A small study, and protocols whose quick profile it suffices for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_studies import make_study

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
