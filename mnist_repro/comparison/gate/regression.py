"""The regression gate: whether today's runs still come from the baseline's distribution.

Permutation tests compare every quantity that a run measures, curves and final values. All tests of a gate are one
family: the probability that any of them fails although nothing changed is at most `LEVEL`. Within an experiment, whose
quantities depend on each other, the splits themselves adjust for their number (single-step maxT); across experiments
Bonferroni's factor does. The experiments' thresholds have one part of the level together. Missing data never passes:
where there is too little to decide, the gate says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from itertools import accumulate, count, pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_repro.comparison.runs import RunsByExperiment, select_completed
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.metrics import Quantity, list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import PermutationTests, Splits, draw_splits, smallest_p

# Probability, at most, that a gate fails where nothing has changed.
LEVEL = 0.001
# P-values are multiples of a fraction; their products are compared up to rounding.
_ROUNDING = 1e-9
_SEED = 20_190_101


class Outcome(Enum):
    """Outcome of a gate."""

    PASSED = "no regression"
    FAILED = "regression"
    UNDECIDED = "cannot decide"


@lru_cache(maxsize=16)
def draw_gate_splits(new: int, baseline: int) -> Splits:
    """Return the splits that the gate uses for groups of these sizes: always the same."""
    return draw_splits(new, baseline, generator=np.random.default_rng([_SEED, new, baseline]))


def count_level_parts(experiments: int) -> int:
    """Return into how many parts the level of a gate over `experiments` experiments is divided."""
    # The thresholds may fail by chance too, and have one part together.
    return experiments + 1


def adjust_p(joint_p: ArrayLike, *, experiments: int) -> NDArray[np.float64]:
    """Adjust p-values, already adjusted within their experiment, for a gate over `experiments` experiments."""
    return np.asarray(np.minimum(1.0, np.asarray(joint_p) * count_level_parts(experiments)))


def is_rejected(adjusted_p: ArrayLike) -> NDArray[np.bool_]:
    """Return which adjusted p-values fail the gate."""
    return np.asarray(adjusted_p) <= LEVEL * (1 + _ROUNDING)


def fewest_runs(baseline_runs: int, *, experiments: int) -> int:
    """Return the fewest runs of today that can fail a gate over `experiments` experiments.

    Parameters
    ----------
    baseline_runs
        Runs of the baseline that they are tested against, at least 1.
    """
    # The smallest p-value of any number of runs falls to that of random splits.
    return next(
        runs for runs in count(1) if is_rejected(adjust_p(smallest_p(runs, baseline_runs), experiments=experiments))
    )


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
    threshold: float  #: smallest mean accuracy of the new runs that passes, a fraction
    experiments: int  #: number of experiments in the gate

    @cached_property
    def _permutations(self) -> PermutationTests | None:
        if not len(self.values):
            return None
        # All splits are of the same runs into groups of the same sizes: one reference serves them all.
        splits = draw_gate_splits(self.new, len(self.values) - self.new)
        return PermutationTests(self.values, widths=[quantity.width for quantity in self.quantities], splits=splits)

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
        reached = self.mean_accuracies(members) >= self.threshold
        adjusted = adjust_p(self.joint_p_values(members), experiments=self.experiments)
        return ~reached | is_rejected(adjusted).any(axis=1)


@dataclass(frozen=True, kw_only=True)
class QuantityTest:
    """One quantity of today's runs, tested against the baseline's."""

    quantity: Quantity
    #: today's mean minus the baseline's, a fraction or nats; of a curve, at the point where it is largest in units of
    #: the standard deviation over all runs
    difference: float
    p: float  #: of this test alone
    joint_p: float  #: adjusted for all quantities of the experiment
    adjusted_p: float  #: adjusted for all tests of the gate


@dataclass(frozen=True, kw_only=True)
class ExperimentTest:
    """One experiment's runs of today, tested against its baseline."""

    protocol: Protocol
    today: tuple[RunRecord, ...]  #: all runs of today, also incomplete ones
    baseline: tuple[RunRecord, ...]  #: all runs of the baseline
    independent: tuple[RunRecord, ...]  #: those of the baseline that share no seed with today's
    experiments: int  #: number of experiments in the gate
    missing: tuple[str, ...]  #: names of the baseline's quantities that a completed run of today lacks
    inconsistent: tuple[str, ...]  #: names of quantities that an independent run of the baseline lacks
    mean_accuracy: float  #: of the completed runs on the set that has a threshold, a fraction; NaN where unknown
    deviates: bool  #: whether the completed runs fail by the threshold or by a quantity
    tests: tuple[QuantityTest, ...]  #: empty where nothing could be compared

    @cached_property
    def completed(self) -> tuple[RunRecord, ...]:
        """The completed runs of today."""
        return select_completed(self.today)

    @cached_property
    def fewest(self) -> int | None:
        """The fewest runs of today that can fail; None where the baseline has no independent run."""
        return fewest_runs(len(self.independent), experiments=self.experiments) if self.independent else None

    @property
    def outcome(self) -> Outcome:
        """Failed for any reason; undecided where so few runs could not fail."""
        incomplete = not self.today or len(self.completed) < len(self.today)
        if incomplete or self.missing or self.inconsistent or self.deviates:
            return Outcome.FAILED
        return Outcome.UNDECIDED if self.fewest is None or len(self.completed) < self.fewest else Outcome.PASSED


@dataclass(frozen=True, kw_only=True)
class RegressionResult:
    """The gate's result for all experiments that were asked for."""

    experiments: tuple[ExperimentTest, ...]

    @property
    def outcome(self) -> Outcome:
        """Failed where any experiment failed, passed where all passed."""
        outcomes = {experiment.outcome for experiment in self.experiments}
        if Outcome.FAILED in outcomes:
            return Outcome.FAILED
        return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.UNDECIDED


@dataclass(frozen=True, kw_only=True)
class GateBaseline:
    """The baseline of one experiment, against which the gate tests runs."""

    protocol: Protocol
    records: Sequence[RunRecord]  #: completed runs, each seed once
    experiments: int  #: number of experiments in the gate

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """What is compared."""
        return list_quantities(self.records, at_end=self.protocol.evaluated_at_end)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The quantities of all runs side by side, shape (runs, points); raises ReproError where a run lacks any."""
        values, missing = read_quantities(self.records, quantities=self.quantities)
        if missing:
            msg = (
                f"The baseline's runs of {self.protocol.id} do not all measure {', '.join(missing)}. "
                "Record a new baseline with `mnist-repro baseline`."
            )
            raise ReproError(msg)
        return values

    def test_splits(self, new: int) -> SplitTests:
        """Return the tests of the baseline's own runs, `new` of them as if they were today's."""
        return self._test(self.values, self.records, new=new)

    def test_runs(self, today: Sequence[RunRecord]) -> ExperimentTest:
        """Test today's runs, also incomplete ones, against the runs of the baseline that share no seed with them."""
        completed = select_completed(today)
        seeds = {record.seed for record in today}
        independent = [record for record in self.records if record.seed not in seeds]
        new, missing = read_quantities(completed, quantities=self.quantities)
        old, inconsistent = read_quantities(independent, quantities=self.quantities)
        values = np.vstack([new, old]) if len(new) and len(old) else new[:0]
        splits = self._test(values, [*completed, *independent], new=len(completed))
        members = np.arange(len(splits.accuracies))[np.newaxis] < len(completed)
        return ExperimentTest(
            protocol=self.protocol,
            today=tuple(today),
            baseline=tuple(self.records),
            independent=tuple(independent),
            experiments=self.experiments,
            missing=tuple(missing),
            inconsistent=tuple(inconsistent),
            mean_accuracy=float(splits.mean_accuracies(members)[0]) if completed else np.nan,
            deviates=bool(completed) and bool(splits.fail(members)[0]),
            tests=tuple(_test_quantities(splits, members)) if len(values) else (),
        )

    def _test(self, values: NDArray[np.float64], records: Sequence[RunRecord], *, new: int) -> SplitTests:
        gate = self.protocol.gate
        return SplitTests(
            values=values,
            accuracies=np.array([record.final_accuracy.get(gate.evaluation_set, np.nan) for record in records]),
            new=new,
            quantities=self.quantities,
            threshold=gate.minimum,
            experiments=self.experiments,
        )


def _test_quantities(splits: SplitTests, members: NDArray[np.bool_]) -> Iterator[QuantityTest]:
    """Yield the test of each quantity in a single split."""
    values, is_new = splits.values, members[0]
    differences = values[is_new].mean(axis=0) - values[~is_new].mean(axis=0)
    deviations = values.std(axis=0)
    sizes = np.abs(differences) / np.where(deviations == 0, np.inf, deviations)
    ends = pairwise([0, *accumulate(quantity.width for quantity in splits.quantities)])
    p_values, joint_p_values = splits.p_values(members)[0], splits.joint_p_values(members)[0]
    for quantity, (start, end), p, joint_p in zip(splits.quantities, ends, p_values, joint_p_values, strict=True):
        yield QuantityTest(
            quantity=quantity,
            difference=float(differences[start + np.argmax(sizes[start:end])]),
            p=float(p),
            joint_p=float(joint_p),
            adjusted_p=float(adjust_p(joint_p, experiments=splits.experiments)),
        )


def build_gate(baseline: RunsByExperiment, *, protocols: Mapping[str, Protocol]) -> dict[str, GateBaseline]:
    """Return the baseline of each experiment of a gate, without runs where there is none."""
    return {
        name: GateBaseline(protocol=protocol, records=baseline.get(name, ()), experiments=len(protocols))
        for name, protocol in protocols.items()
    }


def judge_runs(
    today: RunsByExperiment, *, baseline: RunsByExperiment, protocols: Mapping[str, Protocol]
) -> RegressionResult:
    """Run the gate on today's runs.

    Parameters
    ----------
    today
        All runs of today by experiment, also incomplete ones.
    baseline
        Completed runs by experiment, each seed once. Experiments are matched by id, whatever their protocol was: a
        protocol that was changed by mistake is what a gate has to find.
    protocols
        The experiments to be compared, with their thresholds.

    Notes
    -----
    The baseline's runs of today's seeds are excluded: they start alike, so the groups would not be independent.
    """
    gate = build_gate(baseline, protocols=protocols)
    return RegressionResult(experiments=tuple(each.test_runs(today.get(name, ())) for name, each in gate.items()))
