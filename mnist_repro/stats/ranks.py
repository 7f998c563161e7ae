"""The adjustment of p-values for several tests, and the runs that exact ranks need."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_repro.stats.summary import CONFIDENCE

# Relative difference below which computed numbers count as equal.
_ROUNDING = 1e-9


def adjust_holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust the p-values of several tests by Holm's method.

    Rejecting those of at most 0.05 rejects a true hypothesis with a probability of at most 5 % over all tests.

    Parameters
    ----------
    p_values
        Of shape (tests,), in [0, 1].

    Returns
    -------
    ndarray of float64, shape (tests,)

    References
    ----------
    .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6
       (1979), 65-70.
    """
    numbers = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(numbers, kind="stable")
    stepped = np.maximum.accumulate(numbers[order] * np.arange(len(numbers), 0, -1))
    adjusted = np.empty_like(numbers)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def runs_to_reject(*, tests: int) -> int:
    """Return the fewest runs with which the exact p-value of one of `tests` tests can be significant."""
    # The smallest p-value is 1 / (runs + 1), and Holm multiplies it by the number of tests.
    return math.ceil(tests / (1 - CONFIDENCE) - _ROUNDING) - 1
