"""One experiment, and studies of it, for the tests of versions."""

from __future__ import annotations

import pytest
from made_up_studies import Study, make_study

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord


@pytest.fixture
def protocol(request: pytest.FixtureRequest, protocols: dict[str, Protocol]) -> Protocol:
    """Return the experiment that a file of tests calls `NAME`."""
    return protocols[request.module.NAME]


@pytest.fixture
def study(protocol: Protocol, environment: Environment) -> Study:
    """Return a function that makes the experiment's runs with a spread over seeds."""

    def make(seeds: range = range(20), **options: float) -> list[RunRecord]:
        return make_study(protocol, seeds, environment=environment, **options)  # type: ignore[arg-type]

    return make
