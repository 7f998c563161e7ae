"""Trials of the regression gate, many at once, with runs that there are.

For false alarms the baseline itself is split into runs of today and the rest. For detection the runs of today are those
of a planted fault: a small change that a person could make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, Fault, Shift
from mnist_repro.comparison.gate.regression import (
    LEVEL,
    RunsByExperiment,
    adjust_p,
    count_shares,
    draw_gate_splits,
    fall_below,
    fewest_runs,
    is_rejected,
)
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.metrics import Quantity, list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import PermutationTests, Splits, draw_subsets
from mnist_repro.stats.summary import CONFIDENCE, round_up

# Whose number of seeds the gate is run with.
PROFILE: Profile = "quick"
AA_SPLITS = 100_000
GATE_RUNS = 20
_POWER = 0.8
_MOST_SEEDS = 10_000
_SEED = 20_190_102


def measure_false_alarms(
    baseline: RunsByExperiment, *, protocols: Mapping[str, Protocol], splits: int = AA_SPLITS
) -> FalseAlarms:
    """Draw the quick profile's runs from each experiment's baseline, hold them against the others, and count failures.

    Every split is a run of the whole gate: all tests and all thresholds. What it says is true of these runs whatever
    their distribution: how likely it is that the seeds of a day alone make the gate fail.

    Raises
    ------
    ReproError
        If the baseline has too few runs of an experiment.
    """
    generator = np.random.default_rng([_SEED, 0])
    groups = _group(baseline, protocols)
    alarms = np.zeros(splits, dtype=np.bool_)
    for group in groups.values():
        alarms |= group.fails(draw_subsets(splits, len(group.records), group.seeds, generator=generator))
    return FalseAlarms(trials=splits, alarms=int(alarms.sum()))


def measure_detection(
    faults: Sequence[Fault],
    *,
    baseline: RunsByExperiment,
    protocols: Mapping[str, Protocol],
    gate_runs: int = GATE_RUNS,
) -> list[Detection]:
    """Run the gate on each fault: the quick profile's number of its runs, and of all other experiments the baseline's.

    The runs of a gate run are drawn without replacement; other gate runs may draw them again.

    Raises
    ------
    ReproError
        If the baseline has too few runs of an experiment, or a fault too few runs or no known experiment.
    """
    groups = _group(baseline, protocols)
    detections = []
    for fault in faults:
        group = groups.get(fault.experiment)
        if group is None:
            msg = f"Fault {fault.id} is planted in {fault.experiment}, and the baseline has only {', '.join(groups)}."
            raise ReproError(msg)
        if len(fault.records) < group.seeds:
            msg = (
                f"A gate run takes {group.seeds} runs of {fault.experiment}; fault {fault.id} has "
                f"{len(fault.records)}. Run it with more seeds."
            )
            raise ReproError(msg)
        # A stream for each fault: taking one out or adding one leaves the others as they are.
        generator = np.random.default_rng([_SEED, 1, *fault.id.encode()])
        failed = np.zeros(gate_runs, dtype=np.bool_)
        for name, other in groups.items():
            if name != fault.experiment:
                failed |= other.fails(draw_subsets(gate_runs, len(other.records), other.seeds, generator=generator))
        drawn = draw_subsets(gate_runs, len(fault.records), group.seeds, generator=generator)
        failed |= [group.fails_with([fault.records[int(i)] for i in np.flatnonzero(members)]) for members in drawn]
        detections.append(
            Detection(
                fault=fault.id,
                title=fault.title,
                experiment=fault.experiment,
                runs=len(fault.records),
                unfinished=sum(record.status != "completed" for record in fault.records),
                seeds=group.seeds,
                gate_runs=gate_runs,
                caught=int(failed.sum()),
                shift=_largest_shift(fault, group),
                difference=_compare(fault, group),
                seeds_needed=_seeds_needed(fault, group, caught=float(failed.mean())),
            )
        )
    return detections


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The baseline's runs of one experiment: what the gate does, for many splits at once."""

    protocol: Protocol
    records: tuple[RunRecord, ...]
    experiments: int

    @property
    def seeds(self) -> int:
        return self.protocol.seeds[PROFILE]

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return list_quantities(self.records, at_end=self.protocol.evaluated_at_end)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        return read_quantities(self.records, quantities=self.quantities)[0]

    @cached_property
    def _tests(self) -> PermutationTests:
        # All splits of the baseline are splits of the same runs: one reference serves them all.
        return _joint_tests(self.values, draw_gate_splits(self.seeds, len(self.records) - self.seeds))

    def fails(self, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each split of the baseline, of shape (splits, runs), whether this experiment fails the gate."""
        gate = self.protocol.gate
        accuracies = np.asarray([record.final_accuracy[gate.evaluation_set] for record in self.records])
        below = members @ accuracies / self.seeds < gate.minimum
        p_values = self._tests.p_values(members)[:, 0]
        return np.asarray(below | [self._is_rejected(p) for p in p_values])

    def fails_with(self, records: Sequence[RunRecord]) -> bool:
        """Return whether this experiment fails the gate with these runs of today."""
        if any(record.status != "completed" for record in records):
            return True
        if fall_below(records, gate=self.protocol.gate):
            return True
        new, lacking = read_quantities(records, quantities=self.quantities)
        return bool(lacking) or self._is_rejected(self.joint_p(new, self.without(records)))

    def _is_rejected(self, joint_p: float) -> bool:
        return is_rejected(adjust_p(joint_p, experiments=self.experiments))

    def without(self, records: Sequence[RunRecord]) -> NDArray[np.float64]:
        """Return the baseline's values but for the seeds of `records`."""
        seeds = {record.seed for record in records}
        return self.values[[record.seed not in seeds for record in self.records]]

    def joint_p(self, new: NDArray[np.float64], old: NDArray[np.float64]) -> float:
        """Return the p-value of all quantities together; 1 where there is nothing to compare with."""
        if not len(old):
            return 1.0
        at_hand = np.arange(len(new) + len(old)) < len(new)
        tests = _joint_tests(np.vstack([new, old]), draw_gate_splits(len(new), len(old)))
        return float(tests.p_values([at_hand])[0, 0])


def _joint_tests(values: NDArray[np.float64], splits: Splits) -> PermutationTests:
    # The joint p-value of the largest of all quantities is that of all of them as one.
    return PermutationTests(values, widths=[values.shape[1]], splits=splits)


def check_enough(baseline: RunsByExperiment, *, protocols: Mapping[str, Protocol]) -> None:
    """See that the baseline has runs of every experiment to be split.

    Raises
    ------
    ReproError
        If it has too few.
    """
    for name, protocol in protocols.items():
        runs, seeds = len(baseline.get(name, ())), protocol.seeds[PROFILE]
        if runs <= seeds:
            msg = (
                f"The gate's errors are measured with {seeds} runs of {name} beside others; the baseline would have "
                f"{runs} in all. Make more, such as with `mnist-repro run --profile full`."
            )
            raise ReproError(msg)


def _group(baseline: RunsByExperiment, protocols: Mapping[str, Protocol]) -> dict[str, _Group]:
    check_enough(baseline, protocols=protocols)
    return {
        name: _Group(protocol=protocol, records=tuple(baseline[name]), experiments=len(protocols))
        for name, protocol in protocols.items()
    }


def _completed(fault: Fault) -> list[RunRecord]:
    return [record for record in fault.records if record.status == "completed"]


def _largest_shift(fault: Fault, group: _Group) -> Shift | None:
    """Return the shift of the final accuracy that is moved most."""
    completed = _completed(fault)
    shifts = []
    for quantity in group.quantities:
        if quantity.metric == "accuracy" and quantity.points is None:
            moved, lacking = read_quantities(completed, quantities=[quantity])
            if completed and not lacking:
                usual = read_quantities(group.records, quantities=[quantity])[0]
                accuracy, spread = float(moved.mean() - usual.mean()), float(usual.std(ddof=1))
                shifts.append(Shift(evaluation_set=quantity.evaluation_set, accuracy=accuracy, spread=spread))
    return max(shifts, key=lambda shift: shift.relative, default=None)


def _compare(fault: Fault, group: _Group) -> Difference:
    """Tell whether as many of its runs as can be differ from the baseline's, at 5 %."""
    # Runs of one seed start alike: each seed serves one side.
    completed = _completed(fault)[: len(group.records) // 2]
    new, lacking = read_quantities(completed, quantities=group.quantities)
    if lacking or not len(new):
        return Difference.UNKNOWN
    usual = dict(zip((record.seed for record in group.records), group.values.tolist(), strict=True))
    if all(usual.get(record.seed) == values for record, values in zip(completed, new.tolist(), strict=True)):
        return Difference.NONE
    differ = group.joint_p(new, group.without(completed)) <= 1 - CONFIDENCE
    return Difference.SEEN if differ else Difference.NOT_SEEN


def _seeds_needed(fault: Fault, group: _Group, *, caught: float) -> int | None:
    """Return about how many runs of today catch a fault, beside a baseline that has none of their seeds.

    Notes
    -----
    The fewest ``n`` with ``d >= (t + z) * sqrt(s1**2 / n + s0**2 / N)`` at some point, with the difference ``d`` of the
    means, the standard deviations ``s1`` of the fault's runs and ``s0`` of the baseline's N, Student's quantile ``t``
    for the gate's level over all its quantities, as if the points of a curve moved as one, and the normal quantile
    ``z`` of the power. More than those of a gate run where the share `caught` of these is below the power. None where
    the baseline itself is too small, or where no difference is seen.
    """
    if _compare(fault, group) is not Difference.SEEN:
        return None
    new = read_quantities(_completed(fault), quantities=group.quantities)[0]
    if len(new) < 2:  # noqa: PLR2004 - one run has no spread
        return None
    old, level = group.values, LEVEL / len(group.quantities) / count_shares(group.experiments)
    distances = np.abs(new.mean(axis=0) - old.mean(axis=0))
    variances, error = new.var(axis=0, ddof=1), old.var(axis=0, ddof=1) / len(old)

    def catches(runs: int) -> bool:
        reach = stats.t.isf(level / 2, runs + len(old) - 2) + stats.norm.ppf(_POWER)
        return bool((distances >= reach * np.sqrt(variances / runs + error)).any())

    fewest = fewest_runs(len(old), experiments=group.experiments)
    if caught < _POWER:
        fewest = max(fewest, group.seeds + 1)
    candidates = dict.fromkeys(round_up(runs) for runs in range(fewest, _MOST_SEEDS))
    return next((runs for runs in candidates if catches(runs)), None)
