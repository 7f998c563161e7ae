"""The gate's tests of one experiment, for any number of splits into new runs and the others, and their level.

All tests of a gate are one family: the probability that any of them fails although nothing changed is at most `LEVEL`.
Within an experiment, whose quantities depend on each other, the splits themselves adjust for their number (single-step
maxT); across experiments Bonferroni's factor does. The experiments' thresholds have one part of the level together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from mnist_repro.records.metrics import Quantity
from mnist_repro.stats.permutation import PermutationTests, Splits, draw_splits, smallest_p, smallest_two_ways_p

# Probability, at most, that a gate fails where nothing has changed.
LEVEL = 0.001
# P-values are multiples of a fraction; their products are compared up to rounding.
_ROUNDING = 1e-9
_SEED = 20_190_101
# Splits that show of most runs that they are alike.
_FEW = 4_096


@lru_cache(maxsize=16)
def draw_gate_splits(new: int, baseline: int) -> Splits:
    """Return the splits that the gate uses for groups of these sizes: always the same."""
    return draw_splits(new, baseline, generator=np.random.default_rng([_SEED, new, baseline]))


def count_level_parts(experiments: int) -> int:
    """Return into how many parts the level of a gate over `experiments` experiments is divided."""
    # The thresholds may fail by chance too, and have one part together.
    return experiments + 1


def adjust_p(joint_p: ArrayLike, *, experiments: int, ways: int = 1) -> NDArray[np.float64]:
    """Adjust p-values, already adjusted within their experiment, for a gate over `experiments` experiments.

    Parameters
    ----------
    ways
        In how many ways each experiment's runs are tested: they divide its part of the level.
    """
    return np.asarray(np.minimum(1.0, np.asarray(joint_p) * count_level_parts(experiments) * ways))


def is_rejected(adjusted_p: ArrayLike) -> NDArray[np.bool_]:
    """Return which adjusted p-values fail the gate."""
    return np.asarray(adjusted_p) <= LEVEL * (1 + _ROUNDING)


def fewest_runs(baseline_runs: int, *, experiments: int, ways: int = 1) -> int:
    """Return the fewest runs of today that can fail a gate over `experiments` experiments.

    Parameters
    ----------
    baseline_runs
        Runs of the baseline that they are tested against, at least 1.
    ways
        As for `adjust_p`.
    """
    # The smallest p-value of any number of runs falls to that of random splits.
    return next(
        runs
        for runs in count(1)
        if is_rejected(adjust_p(smallest_p(runs, baseline_runs), experiments=experiments, ways=ways))
    )


def can_fail_in_pairs(pairs: int, *, experiments: int) -> bool:
    """Return whether so many pairs of runs of the same seed can fail with half of an experiment's part of the level."""
    return bool(is_rejected(adjust_p(smallest_two_ways_p(pairs), experiments=experiments, ways=2)))


def find_lowest_mean(accuracies: ArrayLike, *, minimum: float, new: int, experiments: int) -> float:
    """Return the lowest mean accuracy of `new` runs that is not below a threshold by more than chance explains.

    Parameters
    ----------
    accuracies
        Of the baseline's runs, shape (n,), NaN where unknown. From fewer than two no chance is known: then it is
        `minimum`.
    minimum
        The threshold.

    Notes
    -----
    ``minimum - t * s / sqrt(new)``, Student's t with the standard deviation s of the baseline: where the true mean
    reaches the threshold, that of `new` runs is lower with a probability of one in ``experiments`` of the thresholds'
    part of the level. So the thresholds together keep their part with any number of runs.
    """
    values = np.asarray(accuracies, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) < 2:  # noqa: PLR2004 - one value has no standard deviation
        return minimum
    level = LEVEL / count_level_parts(experiments) / experiments
    return minimum + float(stdtrit(len(values) - 1, level) * values.std(ddof=1) / np.sqrt(new))


@dataclass(frozen=True, kw_only=True)
class SplitTests:
    """The gate's tests of one experiment's runs, for any number of splits into new runs and the others at once.

    Members of a split, `members` below, are a bool array of shape (splits, runs): which runs are new.
    """

    #: quantities side by side, shape (runs, points), finite; shape (0, points) where there is nothing to compare
    values: NDArray[np.float64]
    accuracies: NDArray[np.float64]  #: on the set that has a threshold, shape (runs,); NaN where a run lacks it
    new: int  #: number of new runs in every split, at least 1
    quantities: tuple[Quantity, ...]
    lowest: float  #: lowest mean accuracy of the new runs that passes, a fraction
    experiments: int  #: number of experiments in the gate
    ways: int = 1  #: in how many ways the experiment's runs are tested

    def _test(self, most: int | None = None) -> PermutationTests:
        # All splits are of the same runs into groups of the same sizes: one reference serves them all.
        splits = draw_gate_splits(self.new, len(self.values) - self.new)
        if most is not None:
            splits = Splits(members=splits.members[:most], exact=True)
        return PermutationTests(self.values, widths=[quantity.width for quantity in self.quantities], splits=splits)

    @cached_property
    def _permutations(self) -> PermutationTests | None:
        return self._test() if len(self.values) else None

    def mean_accuracies(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the new runs' mean accuracies, shape (splits,); NaN where one of them lacks it."""
        unknown = np.isnan(self.accuracies)
        means = members @ np.where(unknown, 0.0, self.accuracies) / self.new
        return np.where((members & unknown).any(axis=1), np.nan, means)

    def p_values(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the p-value of each quantity alone, shape (splits, quantities); (splits, 0) without values."""
        return self._permutations.p_values(members) if self._permutations else np.empty((len(members), 0))

    def joint_p_values(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the p-values as `p_values` does, adjusted for all quantities."""
        return self._permutations.joint_p_values(members) if self._permutations else np.empty((len(members), 0))

    def fail(self, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which splits fail the gate, by the threshold or by a quantity, shape (splits,)."""
        # A mean accuracy that is unknown does not reach the threshold.
        failed = ~(self.mean_accuracies(members) >= self.lowest)
        open_ = np.flatnonzero(~failed)
        if len(open_) and len(self.values):
            open_ = open_[self._may_differ(members[open_])]
        if len(open_):
            failed[open_] = self._rejects(self.joint_p_values(members[open_]))
        return failed

    def _may_differ(self, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which splits a few others do not show to be as usual: these as extreme alone make p too large."""
        splits = len(draw_gate_splits(self.new, len(self.values) - self.new).members)
        if splits <= _FEW:
            return np.ones(len(members), dtype=np.bool_)
        return self._rejects(self._test(_FEW).joint_p_values(members) * _FEW / (splits + 1))

    def _rejects(self, joint_p: NDArray[np.float64]) -> NDArray[np.bool_]:
        rejected = is_rejected(adjust_p(joint_p, experiments=self.experiments, ways=self.ways))
        return np.asarray(rejected.any(axis=1))
