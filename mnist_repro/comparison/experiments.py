"""One experiment's runs on two sides, before and after: accuracies tested, times set in proportion, bits compared.

Where both sides have the same seeds, and enough of them, runs are compared seed by seed. Else they are compared as if
no seed were the same: runs that start alike then make a true difference harder to find, and a false one no likelier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

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
    """What became of an accuracy."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE_FOUND = "no difference found"
    UNDECIDED = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class AccuracyDifference:
    """The final accuracy on one evaluation set.

    Parameters
    ----------
    evaluation_set
        On which it is measured.
    before, after
        Both sides' runs, as fractions.
    difference
        Mean after less mean before, with its 95 % interval.
    p, adjusted_p
        Of the permutation test by itself, and adjusted for all that are compared.
    change
        Lower or higher at 5 % over all; undecided where no numbers of so many runs could have told.
    """

    evaluation_set: str
    before: Summary
    after: Summary
    difference: Estimate
    p: float
    adjusted_p: float
    change: Change


@dataclass(frozen=True, kw_only=True)
class MatchedRuns:
    """The runs of one experiment on both sides.

    Parameters
    ----------
    protocol
        The experiment; the runs may be of an earlier protocol of it.
    before, after
        Runs that may be taken together, at least one on each side, also those that did not complete.
    tests
        Number of accuracies that are tested together, of all experiments.
    """

    protocol: Protocol
    before: tuple[RunRecord, ...]
    after: tuple[RunRecord, ...]
    tests: int

    @cached_property
    def _completed(self) -> tuple[dict[int, RunRecord], dict[int, RunRecord]]:
        """The completed runs before and after, by seed, in the order of the seeds."""
        sides = [{r.seed: r for r in runs if r.status == "completed"} for runs in (self.before, self.after)]
        before, after = ({seed: side[seed] for seed in sorted(side)} for side in sides)
        return before, after

    @property
    def completed(self) -> tuple[int, int]:
        """Number of completed runs before and after."""
        return len(self._completed[0]), len(self._completed[1])

    @property
    def more_unfinished(self) -> bool:
        """Whether a larger share of the runs did not complete after than before."""
        before, after = self.completed
        # Without division: shares of whole numbers are compared exactly.
        return after * len(self.before) < before * len(self.after)

    @property
    def same_seeds(self) -> tuple[int, ...]:
        """Seeds that completed on both sides."""
        before, after = self._completed
        return tuple(seed for seed in before if seed in after)

    @cached_property
    def bit_equal(self) -> int:
        """Number of these whose runs have the same bits in all that both measured."""
        before, after = self._completed
        return sum(_measured_alike(before[seed], after[seed]) for seed in self.same_seeds)

    @property
    def is_paired(self) -> bool:
        """Whether runs are compared seed by seed: the seeds are the same, and so many that pairs can tell."""
        before, after = self._completed
        return before.keys() == after.keys() and smallest_two_ways_p(len(before)) * self.tests <= SIGNIFICANCE

    @property
    def can_tell(self) -> bool:
        """Whether so many runs can tell any difference."""
        before, after = self.completed
        return self.is_paired or smallest_p(after, before) * self.tests <= SIGNIFICANCE

    @cached_property
    def seconds(self) -> tuple[Summary, Summary] | None:
        """Training time of a run before and after; None where a side has no completed run."""
        seconds = self._seconds()
        return (summarize(seconds[0]), summarize(seconds[1])) if all(seconds) else None

    @cached_property
    def slowdown(self) -> Estimate | None:
        """Mean training time of a run after over that before, with its 95 % interval; None as for `seconds`."""
        before, after = self._seconds()
        if not before or not after:
            return None
        return estimate_ratio(after, before, generator=np.random.default_rng(_SEED))

    def _seconds(self) -> tuple[list[float], list[float]]:
        before, after = ([run.training_seconds for run in side.values()] for side in self._completed)
        return before, after

    def test_accuracies(self) -> list[float]:
        """Return the p-value of each evaluation set: those that both sides measured."""
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
        """Say what became of each accuracy, by what `test_accuracies` returned and its adjustment over all."""
        found = []
        for place, name in enumerate(self._evaluation_sets):
            old, new = (side[:, place] for side in self._accuracies)
            difference = (estimate_paired_difference if self.is_paired else estimate_difference)(new, old)
            change = Change.NONE_FOUND if self.can_tell else Change.UNDECIDED
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
    """Return the evaluation sets of which the document tells at the end, as far as all completed runs measured them.

    None where a side has no completed run.
    """
    sides = [[run.final_accuracy for run in runs if run.status == "completed"] for runs in (before, after)]
    if not all(sides):
        return ()
    return tuple(name for name in protocol.evaluated_at_end if all(name in found for side in sides for found in side))


def _measured_alike(first: RunRecord, second: RunRecord) -> bool:
    """Return whether all that both runs measured has the same bits; times never have, and do not count."""
    if len(first.periods) != len(second.periods) or first.confusion_matrix != second.confusion_matrix:
        return False
    pairs = [(first.final_loss, second.final_loss), (first.final_accuracy, second.final_accuracy)]
    for one, other in zip(first.periods, second.periods, strict=True):
        if (one.step, one.learning_rate) != (other.step, other.learning_rate):
            return False
        pairs += [(one.loss, other.loss), (one.accuracy, other.accuracy)]
    # One side's version may evaluate on more sets.
    both = [(one, other, one.keys() & other.keys()) for one, other in pairs]
    return all(names and all(one[name] == other[name] for name in names) for one, other, names in both)


@lru_cache(maxsize=8)
def _splits(new: int, old: int) -> Splits:
    """Return the ways to split so many runs: the same in every comparison."""
    return draw_splits(new, old, generator=np.random.default_rng([_SEED, new, old]))


def _paired_p_value(differences: NDArray[np.float64]) -> float:
    """Return the p-value of one figure's differences, of shape (seeds,), by the same exchanges in every comparison."""
    generator = np.random.default_rng([_SEED, len(differences)])
    return two_ways_p_value(differences[:, np.newaxis], generator=generator)
