"""Runs for claims to be judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up_runs import MakeRecord, make_run

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import Period, RunRecord

MakeRuns = Callable[..., list[RunRecord]]


@pytest.fixture
def runs(make_record: MakeRecord) -> list[RunRecord]:
    """Return 40 runs with final accuracies about 0.90, losses about 0.8 and 0.5, and standard deviations of 0.01."""
    generator = np.random.default_rng(0)
    return [
        make_record(
            experiment="tf1-basic",
            dataset="mnist",
            seed=seed,
            final_accuracy={"test": 0.90 + noise[0]},
            periods=tuple(
                Period(
                    step=100 * (i + 1),
                    learning_rate=0.5,
                    loss={"validation": loss + noise[1 + i]},
                    accuracy={"validation": 0.8},
                    seconds=1.0,
                )
                for i, loss in enumerate((0.8, 0.5))
            ),
        )
        for seed, noise in enumerate(generator.normal(0, 0.01, size=(40, 3)))
    ]


@pytest.fixture
def make_runs(protocols: dict[str, Protocol], environment: Environment) -> MakeRuns:
    """Return a function that makes runs of an experiment with these test accuracies, or these training times."""

    def make(experiment: str, values: Sequence[float], *, seconds: bool = False, **changes: Any) -> list[RunRecord]:
        runs = [
            make_run(protocols[experiment], seed=seed, environment=environment, **changes)
            for seed in range(len(values))
        ]
        if not seconds:
            return [replace(run, final_accuracy={"test": value}) for run, value in zip(runs, values, strict=True)]
        period = Period(step=1, learning_rate=0.5, loss={}, accuracy={}, seconds=0.0)
        return [replace(r, periods=(replace(period, seconds=v),)) for r, v in zip(runs, values, strict=True)]

    return make
