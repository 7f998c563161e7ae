"""The runs that are compared: by experiment, those that completed, and two ways of training from the same seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_repro.records.metrics import Quantity
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.causes.rounding import PARTED

# Runs by the id of their experiment.
RunsByExperiment: TypeAlias = Mapping[str, Sequence[RunRecord]]


def select_completed(records: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """Return the runs that completed, in their order."""
    return tuple(record for record in records if record.status == "completed")


def index_completed(records: Iterable[RunRecord]) -> dict[int, RunRecord]:
    """Return the runs that completed, by seed, in their order."""
    return {record.seed: record for record in select_completed(records)}


def find_losses(quantities: Iterable[Quantity]) -> NDArray[np.bool_]:
    """Return which points of quantities side by side are losses, of shape (points,)."""
    return np.array([each.metric == "loss" for each in quantities for _ in range(each.width)], dtype=np.bool_)


def notice(differences: NDArray[np.float64], *, quantities: Iterable[Quantity]) -> NDArray[np.float64]:
    """Return differences between runs of the same seeds, without what is rounding: losses within 0.001 nats are equal.

    Parameters
    ----------
    differences
        Of shape (seeds, points): the quantities side by side.
    """
    return np.where(find_losses(quantities) & (np.abs(differences) <= PARTED), 0.0, differences)


def bound_two_ways_p(differences: NDArray[np.float64]) -> float:
    """Return a bound of the p-value of `two_ways_p_value`, without any exchange.

    Notes
    -----
    A sum of terms with random signs, in units of the root of the sum of their squares, is at least t with a
    probability of ``2 * exp(-t**2 / 2)`` at most [1]_; this is added up over the points.

    References
    ----------
    .. [1] W. Hoeffding, "Probability Inequalities for Sums of Bounded Random Variables", Journal of the American
       Statistical Association 58 (1963), 13-30.
    """
    squares = np.square(differences).sum(axis=0)
    reached = np.square(differences.sum(axis=0)) / np.where(squares > 0, squares, 1.0)
    return min(1.0, 2 * len(squares) * math.exp(-float(reached.max(initial=0.0)) / 2))
