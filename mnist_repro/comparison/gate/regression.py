"""The regression gate: whether today's runs still come from the distribution of the baseline's.

Every quantity that a run measures, its curves and its final figures, is compared by a permutation test. All tests of a
gate are one family: the chance that one of them fails though nothing changed is `LEVEL` at most. Within an experiment,
whose quantities depend on each other, the splits themselves adjust for their number; between experiments it is
Bonferroni's factor. Beside the tests stand the plain thresholds of the experiments, with a share of the level. Nothing
passes by absence: where too little is there to decide, the gate says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import accumulate, count, pairwise

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.protocol import AccuracyGate, Protocol
from mnist_repro.records.metrics import Quantity, list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import PermutationTests, Splits, draw_splits, smallest_p

# Chance, at most, that a gate fails where nothing has changed.
LEVEL = 0.001
# Products of p-values are compared as the fractions that they stand for.
_ROUNDING = 1e-9
_SEED = 20_190_101
_SHORT_HASH = 12

RunsByExperiment = Mapping[str, Sequence[RunRecord]]


class Outcome(Enum):
    """What the gate says."""

    PASSED = "no regression"
    FAILED = "regression"
    UNDECIDED = "cannot decide"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One quantity of today's runs beside the baseline's.

    Parameters
    ----------
    quantity
        What is compared.
    difference
        Today's mean minus the baseline's; of a curve, at the point where they are farthest apart in units of the
        spread. A fraction or nats.
    p, adjusted_p
        Of the permutation test by itself, and adjusted for all tests of the gate.
    """

    quantity: Quantity
    difference: float
    p: float
    adjusted_p: float


@dataclass(frozen=True, kw_only=True)
class ExperimentComparison:
    """One experiment's runs of today beside the baseline's.

    Parameters
    ----------
    experiment
        Its id.
    outcome
        What the gate says of it.
    runs, baseline_runs
        Completed runs that were compared.
    reasons
        Why it failed, or why it cannot be decided; empty where it passed.
    notes
        What else is not as it was.
    comparisons
        By quantity; empty where nothing could be compared.
    """

    experiment: str
    outcome: Outcome
    runs: int
    baseline_runs: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, kw_only=True)
class RegressionResult:
    """What the gate says of all experiments that were asked for."""

    experiments: tuple[ExperimentComparison, ...]

    @property
    def outcome(self) -> Outcome:
        """Failed where any experiment failed, passed where all passed."""
        outcomes = {experiment.outcome for experiment in self.experiments}
        if Outcome.FAILED in outcomes:
            return Outcome.FAILED
        return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.UNDECIDED


def compare_runs(
    today: RunsByExperiment, *, baseline: RunsByExperiment, protocols: Mapping[str, Protocol]
) -> RegressionResult:
    """Hold today's runs against the baseline's.

    Parameters
    ----------
    today
        All runs of today by experiment, also those that did not complete.
    baseline
        Completed runs by experiment, each seed once. Experiments are matched by id, whatever their protocol was: a
        protocol that was changed by mistake is what a gate has to find.
    protocols
        The experiments to be compared, with their thresholds.

    Notes
    -----
    The baseline's runs of today's seeds are left out: they start alike, so the groups would not be independent.
    """
    return RegressionResult(
        experiments=tuple(
            _compare(protocol, today=today.get(name, ()), baseline=baseline.get(name, ()), experiments=len(protocols))
            for name, protocol in protocols.items()
        )
    )


@lru_cache(maxsize=16)
def draw_gate_splits(new: int, baseline: int) -> Splits:
    """Return the splits that the gate uses for groups of these sizes: always the same."""
    return draw_splits(new, baseline, generator=np.random.default_rng([_SEED, new, baseline]))


def count_shares(experiments: int) -> int:
    """Return into how many parts the level of a gate of so many experiments is divided."""
    # The thresholds, which may fail by chance as well, have one together.
    return experiments + 1


def adjust_p(joint_p: float, *, experiments: int) -> float:
    """Adjust a p-value, which is adjusted within its experiment already, for a gate of so many experiments."""
    return min(1.0, joint_p * count_shares(experiments))


def is_rejected(adjusted_p: float) -> bool:
    """Return whether an adjusted p-value fails the gate."""
    return adjusted_p <= LEVEL * (1 + _ROUNDING)


def fewest_runs(baseline_runs: int, *, experiments: int) -> int:
    """Return the fewest runs of today that can fail the gate beside so many others, at least 1, of the baseline."""
    # The smallest p-value of any number of runs falls to that of random splits.
    return next(
        runs for runs in count(1) if is_rejected(adjust_p(smallest_p(runs, baseline_runs), experiments=experiments))
    )


def fall_below(completed: Sequence[RunRecord], *, gate: AccuracyGate) -> str | None:
    """Say in words where the mean accuracy of runs is below their threshold or not known; None where all is well."""
    accuracies = [record.final_accuracy.get(gate.evaluation_set) for record in completed]
    known = [accuracy for accuracy in accuracies if accuracy is not None]
    if len(known) < len(accuracies):
        return f"a run has no accuracy on the {gate.evaluation_set} set, which has a threshold"
    if known and (mean := float(np.mean(known))) < gate.minimum:
        return f"{gate.evaluation_set} accuracy {mean:.4f} is below its threshold {gate.minimum}"
    return None


def _compare(
    protocol: Protocol, *, today: Sequence[RunRecord], baseline: Sequence[RunRecord], experiments: int
) -> ExperimentComparison:
    completed = [record for record in today if record.status == "completed"]
    seeds = {record.seed for record in today}
    independent = [record for record in baseline if record.seed not in seeds]
    quantities = list_quantities(baseline, at_end=protocol.evaluated_at_end)
    new, lacking = read_quantities(completed, quantities=quantities)
    old, damaged = read_quantities(independent, quantities=quantities)

    failures = [f"seed {r.seed}: {r.status}: {r.reason}" for r in today if r.status != "completed"]
    if not today:
        failures.append("no run of today")
    if below := fall_below(completed, gate=protocol.gate):
        failures.append(below)
    if lacking:
        failures.append(f"today's runs do not measure what the baseline's do: {', '.join(lacking)}")
    if damaged:
        failures.append(f"the baseline's runs are not of one kind: {', '.join(damaged)}; record it again")
    comparisons = _test(new, old, quantities=quantities, experiments=experiments) if len(new) and len(old) else ()
    failures += [
        f"{c.quantity.name} is not the baseline's: p = {c.p:.1g}, adjusted for all tests {c.adjusted_p:.1g}"
        for c in comparisons
        if is_rejected(c.adjusted_p)
    ]

    doubts = []
    if not baseline:
        doubts.append("the baseline has no run of it; record a new baseline")
    elif not independent:
        doubts.append(f"today's seeds are all that the baseline has; take others, from {max(seeds) + 1} on")
    elif completed and len(completed) < (fewest := fewest_runs(len(independent), experiments=experiments)):
        doubts.append(
            f"{len(completed)} runs beside {len(independent)} of the baseline cannot fail at a level of {LEVEL:g} over "
            f"{experiments} experiments; {fewest} can"
        )
    outcome = Outcome.FAILED if failures else Outcome.UNDECIDED if doubts else Outcome.PASSED
    return ExperimentComparison(
        experiment=protocol.id,
        outcome=outcome,
        runs=len(completed),
        baseline_runs=len(independent),
        reasons=(*failures, *doubts),
        notes=_note_changes(completed, baseline),
        comparisons=comparisons,
    )


def _test(
    new: NDArray[np.float64], old: NDArray[np.float64], *, quantities: Sequence[Quantity], experiments: int
) -> tuple[Comparison, ...]:
    pooled = np.vstack([new, old])
    widths = [quantity.width for quantity in quantities]
    tests = PermutationTests(pooled, widths=widths, splits=draw_gate_splits(len(new), len(old)))
    at_hand = [np.arange(len(pooled)) < len(new)]
    shifts, spreads = new.mean(axis=0) - old.mean(axis=0), pooled.std(axis=0)
    sizes = np.abs(shifts) / np.where(spreads == 0, np.inf, spreads)
    ends = [0, *accumulate(widths)]
    return tuple(
        Comparison(
            quantity=quantity,
            difference=float(shifts[start + np.argmax(sizes[start:end])]),
            p=float(p),
            adjusted_p=adjust_p(float(joint_p), experiments=experiments),
        )
        for quantity, (start, end), p, joint_p in zip(
            quantities, pairwise(ends), tests.p_values(at_hand)[0], tests.joint_p_values(at_hand)[0], strict=True
        )
    )


def _note_changes(records: Sequence[RunRecord], past: Sequence[RunRecord]) -> tuple[str, ...]:
    if not records or not past:
        return ()
    ours, theirs = records[-1], past[-1]
    facts = {
        "protocol": (ours.protocol_sha256[:_SHORT_HASH], theirs.protocol_sha256[:_SHORT_HASH]),
        "images": (ours.dataset_sha256[:_SHORT_HASH], theirs.dataset_sha256[:_SHORT_HASH]),
        "TensorFlow": (ours.environment.tensorflow, theirs.environment.tensorflow),
        "Keras": (ours.environment.keras, theirs.environment.keras),
    }
    return tuple(f"{what} {now}, in the baseline {then}" for what, (now, then) in facts.items() if now != then)
