"""Runs for claims to be judged by."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_runs import MakeRecord

from mnist_repro.records.run import Period, RunRecord


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
