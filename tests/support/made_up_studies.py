"""Made-up studies with a natural spread over seeds, for the gates and the versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from made_up_runs import make_run, settle

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord

SPREAD = 0.004

# Makes the runs of some seeds.
Study = Callable[..., list[RunRecord]]


def make_study(
    protocol: Protocol, seeds: Iterable[int], *, environment: Environment, shift: float = 0.0, stream: int = 0
) -> list[RunRecord]:
    """Return runs whose accuracies and losses, at every point, have a normal spread over seeds.

    Parameters
    ----------
    shift
        By how much every accuracy is moved; losses the other way.
    stream
        The same seed of another stream is another run.
    """
    runs = [make_run(protocol, seed=seed, environment=environment) for seed in seeds]
    sets = [evaluation_set.name for evaluation_set in protocol.evaluation_sets]
    return [settle(_vary(run, at_end=sets, shift=shift, stream=stream), protocol=protocol) for run in runs]


def _vary(record: RunRecord, *, at_end: Iterable[str], shift: float, stream: int) -> RunRecord:
    generator = np.random.default_rng([stream, record.seed, *record.experiment.encode()])
    # Part of a run's luck is that of all its points.
    luck = generator.normal()

    def move(names: Iterable[str], *, sign: int) -> dict[str, float]:
        return {
            name: 0.95 + sign * (shift + SPREAD * (0.8 * luck + 0.6 * generator.normal())) - (0.6 if sign < 0 else 0.0)
            for name in names
        }

    periods = tuple(
        replace(period, accuracy=move(period.accuracy, sign=1), loss=move(period.loss, sign=-1))
        for period in record.periods
    )
    # As in a real run, all sets are evaluated at the end.
    names = dict.fromkeys([*at_end, *record.final_loss])
    return replace(record, periods=periods, final_accuracy=move(names, sign=1), final_loss=move(names, sign=-1))
