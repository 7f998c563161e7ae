"""The regression gate by its definition: Student's t of every point in every split of the runs, in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord


class ReferenceGate:
    """One experiment's gate, for runs that are few enough for all splits to be listed.

    Parameters
    ----------
    runs
        Completed runs, of today and of the baseline.
    new
        Number of today's among them.
    protocol
        The experiment.
    """

    def __init__(self, runs: Sequence[RunRecord], *, new: int, protocol: Protocol) -> None:
        splits = list(combinations(range(len(runs)), new))
        members = np.zeros((len(splits), len(runs)))
        np.put_along_axis(members, np.array(splits), 1.0, axis=1)
        self._set = protocol.gate.evaluation_set
        self._runs = runs
        self._rows = {split: row for row, split in enumerate(splits)}
        self._sizes = [
            _list_sizes(points, members) for points in _read_quantities(runs, at_end=protocol.evaluated_at_end)
        ]

    def list_p_values(self, today: Sequence[int]) -> tuple[list[float], list[float]]:
        """Return the p-value of each quantity, alone and adjusted for all, where the runs at `today` are today's."""
        row, largest = self._rows[tuple(today)], np.max(self._sizes, axis=0)
        alone = [float(np.mean(sizes >= sizes[row] * (1 - 1e-9))) for sizes in self._sizes]
        return alone, [float(np.mean(largest >= sizes[row] * (1 - 1e-9))) for sizes in self._sizes]

    def fails(self, today: Sequence[int], *, experiments: int, level: float, lowest: float) -> bool:
        """Return whether the experiment fails a gate over `experiments` experiments at `level`, or by a lower mean."""
        accuracies = [self._runs[run].final_accuracy[self._set] for run in today]
        _, joint = self.list_p_values(today)
        is_rejected = min(joint) <= level / (experiments + 1) * (1 + 1e-9)
        return is_rejected or sum(accuracies) / len(accuracies) < lowest


def _read_quantities(runs: Sequence[RunRecord], *, at_end: Sequence[str]) -> list[NDArray[np.float64]]:
    """Return the points of each quantity in the gate's order, each of shape (runs, points)."""
    metrics = ("loss", "accuracy")
    curves = [
        [[getattr(period, metric)[name] for period in run.periods] for run in runs]
        for name in runs[0].periods[0].loss
        for metric in metrics
    ]
    ends = [[[getattr(run, f"final_{metric}")[name]] for run in runs] for name in at_end for metric in metrics]
    return [np.array(quantity) for quantity in (*curves, *ends)]


def _list_sizes(points: NDArray[np.float64], members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest absolute t over the points of a quantity, shape (splits,)."""
    centered = points - points.mean(axis=0)
    groups = (members, 1 - members)
    counts = [group[0].sum() for group in groups]
    means = [group @ centered / count for group, count in zip(groups, counts, strict=True)]
    within = (centered**2).sum(axis=0) - sum(n * mean**2 for n, mean in zip(counts, means, strict=True))
    errors = np.sqrt(within / (len(points) - 2) * sum(1 / count for count in counts))
    return np.asarray((np.abs(means[0] - means[1]) / errors).max(axis=1))
