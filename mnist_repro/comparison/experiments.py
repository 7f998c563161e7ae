"""One experiment's runs on two sides, before and after: accuracies tested, ratio of times, bit-equal runs counted.

Where both sides have the same seeds, and enough of them, the tests are paired by seed. Else runs are compared as if all
seeds differed: runs that start alike then make a true difference harder to find, and a false one no more likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from mnist_repro.comparison.runs import index_completed, select_completed
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.estimates import Estimate, estimate_difference, estimate_paired_difference, estimate_ratio
from mnist_repro.stats.permutation import (
    PermutationTests,
    Splits,
    draw_splits,
    smallest_p,
    smallest_two_ways_p,
    two_ways_p_value,
)
from mnist_repro.stats.summary import Summary, summarize
from mnist_repro.verdicts.finding import SIGNIFICANCE

_SEED = 20_180_901


class Change(Enum):
    """How an accuracy changed."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE_FOUND = "no difference found"
    UNDECIDED = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class AccuracyDifference:
    """The final accuracy on one evaluation set."""

    evaluation_set: str  #: on which it is measured
    before: Summary  #: of the runs before, as fractions
    after: Summary  #: of the runs after, as fractions
    difference: Estimate  #: mean after minus mean before, with its 95 % interval
    p: float  #: of this permutation test alone
    adjusted_p: float  #: adjusted for all accuracies compared
    change: Change  #: lower or higher at 5 % over all; undecided where so few runs could not differ significantly


@dataclass(frozen=True, kw_only=True)
class MatchedRuns:
    """The runs of one experiment on both sides."""

    protocol: Protocol  #: today's; the runs may be of an earlier one
    before: tuple[RunRecord, ...]  #: pooled runs, at least one, also incomplete ones
    after: tuple[RunRecord, ...]  #: as `before`
    tests: int  #: number of accuracies tested together, over all experiments

    @cached_property
    def _completed(self) -> tuple[dict[int, RunRecord], dict[int, RunRecord]]:
        """The completed runs before and after, by seed, in the order of the seeds."""
        sides = [index_completed(runs) for runs in (self.before, self.after)]
        before, after = ({seed: side[seed] for seed in sorted(side)} for side in sides)
        return before, after

    @property
    def completed(self) -> tuple[int, int]:
        """Number of completed runs before and after."""
        return len(self._completed[0]), len(self._completed[1])

    @property
    def more_unfinished(self) -> bool:
        """Whether a larger fraction of the runs did not complete after than before."""
        before, after = self.completed
        # Cross-multiplied: fractions are compared exactly.
        return after * len(self.before) < before * len(self.after)

    @property
    def same_seeds(self) -> tuple[int, ...]:
        """Seeds that completed on both sides."""
        before, after = self._completed
        return tuple(seed for seed in before if seed in after)

    @cached_property
    def bit_equal(self) -> int:
        """Number of these seeds whose runs are equal, bit for bit, in all that both measured."""
        before, after = self._completed
        return sum(_is_bit_equal(before[seed], after[seed]) for seed in self.same_seeds)

    @property
    def is_paired(self) -> bool:
        """Whether tests are paired by seed: both sides have the same seeds, and enough for significance."""
        before, after = self._completed
        return before.keys() == after.keys() and smallest_two_ways_p(len(before)) * self.tests <= SIGNIFICANCE

    @property
    def can_differ(self) -> bool:
        """Whether there are enough runs for a significant difference."""
        before, after = self.completed
        return self.is_paired or smallest_p(after, before) * self.tests <= SIGNIFICANCE

    @cached_property
    def seconds(self) -> tuple[Summary, Summary] | None:
        """Training time of a run before and after; None where a side has no completed run."""
        seconds = self._seconds()
        return (summarize(seconds[0]), summarize(seconds[1])) if all(seconds) else None

    @cached_property
    def slowdown(self) -> Estimate | None:
        """Mean training time after over that before, with its 95 % interval; None as for `seconds`."""
        before, after = self._seconds()
        if not before or not after:
            return None
        return estimate_ratio(after, before)

    def _seconds(self) -> tuple[list[float], list[float]]:
        before, after = ([run.training_seconds for run in side.values()] for side in self._completed)
        return before, after

    def test_accuracies(self) -> list[float]:
        """Return the p-value of each evaluation set that both sides measured."""
        names = self._evaluation_sets
        if not names:
            return []
        old, new = self._accuracies
        if self.is_paired:
            return [_paired_p_value(differences) for differences in (new - old).T]
        pooled = np.vstack([new, old])
        found = PermutationTests(pooled, widths=[1] * len(names), splits=_splits(len(new), len(old)))
        return [float(p) for p in found.p_values([np.arange(len(pooled)) < len(new)])[0]]

    def judge_accuracies(
        self, p_values: Sequence[float], *, adjusted: Sequence[float]
    ) -> tuple[AccuracyDifference, ...]:
        """Return how each accuracy changed, by the p-values of `test_accuracies` and their adjustment over all."""
        found = []
        for place, name in enumerate(self._evaluation_sets):
            old, new = (side[:, place] for side in self._accuracies)
            difference = (estimate_paired_difference if self.is_paired else estimate_difference)(new, old)
            change = Change.NONE_FOUND if self.can_differ else Change.UNDECIDED
            if adjusted[place] <= SIGNIFICANCE:
                change = Change.LOWER if difference.value < 0 else Change.HIGHER
            found.append(
                AccuracyDifference(
                    evaluation_set=name,
                    before=summarize(old),
                    after=summarize(new),
                    difference=difference,
                    p=p_values[place],
                    adjusted_p=adjusted[place],
                    change=change,
                )
            )
        return tuple(found)

    @cached_property
    def _evaluation_sets(self) -> tuple[str, ...]:
        return common_sets(self.protocol, self.before, self.after)

    @cached_property
    def _accuracies(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Accuracies before and after, each of shape (runs, sets)."""
        names = self._evaluation_sets
        before, after = (
            np.array([[run.final_accuracy[name] for name in names] for run in side.values()])
            for side in self._completed
        )
        return before, after


def common_sets(protocol: Protocol, before: Sequence[RunRecord], after: Sequence[RunRecord]) -> tuple[str, ...]:
    """Return the evaluation sets reported at the end that every completed run measured; empty where a side has none."""
    sides = [[run.final_accuracy for run in select_completed(runs)] for runs in (before, after)]
    if not all(sides):
        return ()
    return tuple(name for name in protocol.evaluated_at_end if all(name in found for side in sides for found in side))


def _is_bit_equal(first: RunRecord, second: RunRecord) -> bool:
    """Return whether two runs are equal, bit for bit, in all that both measured; times do not count."""
    if len(first.periods) != len(second.periods) or first.confusion_matrix != second.confusion_matrix:
        return False
    pairs = [(first.final_loss, second.final_loss), (first.final_accuracy, second.final_accuracy)]
    for one, other in zip(first.periods, second.periods, strict=True):
        if (one.step, one.learning_rate) != (other.step, other.learning_rate):
            return False
        pairs += [(one.loss, other.loss), (one.accuracy, other.accuracy)]
    # One side may evaluate on more sets.
    both = [(one, other, one.keys() & other.keys()) for one, other in pairs]
    return all(names and all(one[name] == other[name] for name in names) for one, other, names in both)


@lru_cache(maxsize=8)
def _splits(new: int, old: int) -> Splits:
    """Return the splits into groups of these sizes: the same in every comparison."""
    return draw_splits(new, old, generator=np.random.default_rng([_SEED, new, old]))


def _paired_p_value(differences: NDArray[np.float64]) -> float:
    """Return the p-value of paired differences, shape (seeds,), by the same exchanges in every comparison."""
    generator = np.random.default_rng([_SEED, len(differences)])
    return two_ways_p_value(differences[:, np.newaxis], generator=generator)
