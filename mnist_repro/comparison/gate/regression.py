"""The regression gate: whether today's runs still come from the baseline's distribution.

On unchanged code the same seed gives the same bits, so the runs are first compared bit for bit with the baseline's of
the same seeds: where all are equal, nothing changed. Else permutation tests compare every quantity that a run measures,
curves and final values: with the baseline's runs of other seeds, and with those of the same seeds, where these are
enough, made on the same processor by the same versions. Missing data never passes: where there is too little to decide,
the gate says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from mnist_repro.comparison.gate.split_tests import (
    SplitTests,
    adjust_p,
    can_fail_in_pairs,
    fewest_runs,
    find_lowest_mean,
    is_rejected,
)
from mnist_repro.comparison.runs import RunsByExperiment, bound_two_ways_p, notice, select_completed
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.metrics import Quantity, list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import PERMUTATIONS, two_ways_p_value

_SEED = 20_190_103


class Outcome(Enum):
    """Outcome of a gate."""

    PASSED = "no regression"
    FAILED = "regression"
    UNDECIDED = "cannot decide"


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
    inconsistent: tuple[str, ...]  #: names of quantities that a run of the baseline lacks
    shared: int  #: number of today's runs whose seed the baseline has
    equal: int  #: number of these that are the baseline's, bit for bit
    again: int  #: number of these that were made again; the others are the baseline's own records, and show nothing
    is_same_environment: bool  #: whether they were made on the baseline's processor by its versions
    #: today's minus the baseline's quantities of the same seed but for rounding, of shape (pairs, points); no pair
    #: where so few could not fail
    differences: NDArray[np.float64] = field(compare=False, repr=False)
    splits: SplitTests = field(compare=False, repr=False)  #: of the completed runs and the independent ones

    @cached_property
    def completed(self) -> tuple[RunRecord, ...]:
        """The completed runs of today."""
        return select_completed(self.today)

    @property
    def is_unchanged(self) -> bool:
        """Whether all runs of today, some made again, are the baseline's, bit for bit."""
        return bool(self.again) and self.equal == len(self.today)

    @property
    def fewest(self) -> int | None:
        """The fewest runs of today that can fail by other seeds; None where the baseline has no independent run."""
        if not self.independent:
            return None
        return fewest_runs(len(self.independent), experiments=self.experiments, ways=self.splits.ways)

    @cached_property
    def mean_accuracy(self) -> float:
        """Of the completed runs on the set that has a threshold, a fraction; NaN where unknown."""
        return float(self.splits.mean_accuracies(self._members)[0]) if self.completed else np.nan

    @cached_property
    def paired_p(self) -> float | None:
        """The p-value beside the same seeds, adjusted for all tests of the gate; None where these are not tested."""
        if not len(self.differences):
            return None
        p = two_ways_p_value(self.differences, generator=np.random.default_rng([_SEED, len(self.differences)]))
        return float(adjust_p(p, experiments=self.experiments, ways=self.splits.ways))

    @cached_property
    def tests(self) -> tuple[QuantityTest, ...]:
        """Each quantity, tested beside other seeds; empty where nothing could be compared, or nothing had changed."""
        if self.is_unchanged or not len(self.splits.values):
            return ()
        return tuple(_test_quantities(self.splits, self._members))

    @cached_property
    def deviates(self) -> bool:
        """Whether the completed runs fail by the threshold, or by a test."""
        # Exchanges as extreme may be so rare that none would be drawn: a detection rate takes thousands of tests.
        if len(self.differences) and (
            bound_two_ways_p(self.differences) < 1 / PERMUTATIONS or is_rejected(self.paired_p or 1.0)
        ):
            return True
        return bool(self.completed) and bool(self.splits.fail(self._members)[0])

    @property
    def outcome(self) -> Outcome:
        """Failed for any reason; undecided where so few runs could not fail."""
        if not self.today or len(self.completed) < len(self.today):
            return Outcome.FAILED
        if self.is_unchanged:
            return Outcome.PASSED
        if self.missing or self.inconsistent or self.deviates:
            return Outcome.FAILED
        can_fail = self.paired_p is not None or (self.fewest is not None and len(self.completed) >= self.fewest)
        return Outcome.PASSED if can_fail else Outcome.UNDECIDED

    @property
    def _members(self) -> NDArray[np.bool_]:
        """The single split: today's runs are the new ones, of shape (1, runs)."""
        return np.arange(len(self.splits.accuracies))[np.newaxis] < len(self.completed)


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
    def _read(self) -> tuple[NDArray[np.float64], list[str]]:
        return read_quantities(self.records, quantities=self.quantities)

    @property
    def values(self) -> NDArray[np.float64]:
        """The quantities of all runs side by side, shape (runs, points); raises ReproError where a run lacks any."""
        values, missing = self._read
        if missing:
            msg = (
                f"The baseline's runs of {self.protocol.id} do not all measure {', '.join(missing)}. "
                "Record a new baseline with `mnist-repro baseline`."
            )
            raise ReproError(msg)
        return values

    def find_lowest(self, new: int) -> float:
        """Return the lowest mean accuracy of `new` runs that passes, given the threshold and chance."""
        accuracies, minimum = self._accuracies(self.records), self.protocol.gate.minimum
        return find_lowest_mean(accuracies, minimum=minimum, new=new, experiments=self.experiments)

    def test_splits(self, new: int) -> SplitTests:
        """Return the tests of the baseline's own runs, `new` of them as if they were today's."""
        return self._test(self.values, self.records, new=new)

    def test_runs(self, today: Sequence[RunRecord]) -> ExperimentTest:
        """Test today's runs, also incomplete ones, against the runs of the baseline."""
        completed = select_completed(today)
        new, missing = read_quantities(completed, quantities=self.quantities)
        old, inconsistent = self._read
        places = {record.seed: place for place, record in enumerate(self.records)}
        shared = [(record, self.records[places[record.seed]]) for record in today if record.seed in places]
        again = {record.seed for record, same in shared if record != same}
        used = {record.seed for record, _ in shared}
        independent = [record for record in self.records if record.seed not in used]
        made_in, before = (runs[-1].environment.conditions if runs else () for runs in (completed, self.records))
        pairs = [(place, places[run.seed]) for place, run in enumerate(completed) if run.seed in again]
        differences, values = new[:0], new[:0]
        if len(new) and len(old):
            if made_in == before and can_fail_in_pairs(len(pairs), experiments=self.experiments):
                ours, theirs = np.transpose(pairs)
                differences = notice(new[ours] - old[theirs], quantities=self.quantities)
            if independent:
                values = np.vstack([new, old[[places[record.seed] for record in independent]]])
        return ExperimentTest(
            protocol=self.protocol,
            today=tuple(today),
            baseline=tuple(self.records),
            independent=tuple(independent),
            experiments=self.experiments,
            missing=tuple(missing),
            inconsistent=tuple(inconsistent),
            shared=len(shared),
            equal=sum(record.outcome == same.outcome for record, same in shared),
            again=len(again),
            is_same_environment=made_in == before,
            differences=differences,
            splits=self._test(
                values, [*completed, *independent], new=len(completed), ways=2 if len(differences) else 1
            ),
        )

    def _accuracies(self, records: Sequence[RunRecord]) -> NDArray[np.float64]:
        name = self.protocol.gate.evaluation_set
        return np.array([record.final_accuracy.get(name, np.nan) for record in records])

    def _test(
        self, values: NDArray[np.float64], records: Sequence[RunRecord], *, new: int, ways: int = 1
    ) -> SplitTests:
        return SplitTests(
            values=values,
            accuracies=self._accuracies(records),
            new=new,
            quantities=self.quantities,
            lowest=self.find_lowest(max(1, new)),
            experiments=self.experiments,
            ways=ways,
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
            adjusted_p=float(adjust_p(joint_p, experiments=splits.experiments, ways=splits.ways)),
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
    Among the runs of other seeds there is none of today's seeds: such start alike, so the groups would not be
    independent. Where the same seeds are tested too, each way has half of the experiment's part of the level.
    """
    gate = build_gate(baseline, protocols=protocols)
    return RegressionResult(experiments=tuple(each.test_runs(today.get(name, ())) for name, each in gate.items()))
