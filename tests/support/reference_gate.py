"""The regression gate by its definition: Student's t of every point in every split of the runs, in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord


def list_p_values(
    new: Sequence[RunRecord], old: Sequence[RunRecord], *, protocol: Protocol
) -> tuple[list[float], list[float]]:
    """Return the p-value of each quantity, alone and adjusted for all of them: the fraction of all splits.

    Parameters
    ----------
    new, old
        Completed runs; few enough for all splits to be listed.
    """
    runs = [*new, *old]
    sizes = [_list_sizes(read, runs, new=len(new)) for read in _list_quantities(runs[0], protocol=protocol)]
    largest = np.max(sizes, axis=0)
    # The first split is the one at hand.
    alone = [float(np.mean(each >= each[0] * (1 - 1e-9))) for each in sizes]
    return alone, [float(np.mean(largest >= each[0] * (1 - 1e-9))) for each in sizes]


def fails(
    new: Sequence[RunRecord], old: Sequence[RunRecord], *, protocol: Protocol, experiments: int, level: float
) -> bool:
    """Return whether an experiment fails a gate over `experiments` experiments at `level`."""
    gate = protocol.gate
    if sum(record.final_accuracy[gate.evaluation_set] for record in new) / len(new) < gate.minimum:
        return True
    _, joint = list_p_values(new, old, protocol=protocol)
    return min(joint) <= level / (experiments + 1) * (1 + 1e-9)


def _list_quantities(record: RunRecord, *, protocol: Protocol) -> list[tuple[str, str, bool]]:
    """Return metric, evaluation set, and whether it is a curve, in the order of the gate."""
    metrics = ("loss", "accuracy")
    curves = [(metric, name, True) for name in record.periods[0].loss for metric in metrics]
    return [*curves, *((metric, name, False) for name in protocol.evaluated_at_end for metric in metrics)]


def _list_sizes(quantity: tuple[str, str, bool], runs: Sequence[RunRecord], *, new: int) -> NDArray[np.float64]:
    """Return the largest absolute t over the points of a quantity, shape (splits,)."""
    metric, name, is_curve = quantity
    points = np.array(
        [
            [getattr(period, metric)[name] for period in run.periods]
            if is_curve
            else [getattr(run, f"final_{metric}")[name]]
            for run in runs
        ]
    )
    points -= points.mean(axis=0)
    members = _list_splits(len(runs), new)
    means = [group @ points / group.sum(axis=1, keepdims=True) for group in (members, 1 - members)]
    counts = (new, len(runs) - new)
    within = (points**2).sum(axis=0) - sum(n * mean**2 for n, mean in zip(counts, means, strict=True))
    errors = np.sqrt(within / (len(runs) - 2) * sum(1 / n for n in counts))
    return np.asarray((np.abs(means[0] - means[1]) / errors).max(axis=1))


@lru_cache
def _list_splits(runs: int, new: int) -> NDArray[np.float64]:
    """Return all splits as rows of 1 for the new runs and 0 for the others; the first `new` runs come first."""
    splits = [[1.0 if run in chosen else 0.0 for run in range(runs)] for chosen in combinations(range(runs), new)]
    return np.array(splits)
