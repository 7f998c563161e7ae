"""The regression gate's error rates, measured by running it many times on recorded runs.

For false alarms the baseline itself is split into runs of today and the others, and other environments' runs stand for
today's. For detection the runs of today are those of a planted fault: a small mistake that a person could make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, Fault, OtherEnvironments, Shift
from mnist_repro.comparison.gate.regression import GateBaseline, Outcome, build_gate, judge_runs
from mnist_repro.comparison.gate.split_tests import LEVEL, count_level_parts, fewest_runs
from mnist_repro.comparison.runs import RunsByExperiment, select_completed
from mnist_repro.documents.protocol import Profile, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.metrics import read_quantities
from mnist_repro.stats.permutation import draw_subsets
from mnist_repro.stats.summary import CONFIDENCE, Interval, count_interval, round_up

# The gate is run with this profile's number of seeds.
GATE_PROFILE: Profile = "quick"
AA_SPLITS = 100_000
GATE_RUNS = 400
_POWER = 0.8
_MOST_SEEDS = 10_000
_SEED = 20_190_102


def measure_false_alarms(
    baseline: RunsByExperiment, *, protocols: Mapping[str, Protocol], splits: int = AA_SPLITS
) -> FalseAlarms:
    """Measure how often the tests and thresholds fail the baseline's own runs.

    Each split draws the quick profile's number of runs from every experiment's baseline and tests them against the
    others. The rate is that of the level whatever the runs' distribution: this finds mistakes in the arithmetic.

    Raises
    ------
    ReproError
        If the baseline has too few runs of an experiment.
    """
    generator = np.random.default_rng([_SEED, 0])
    check_enough(baseline, protocols=protocols)
    alarms = np.zeros(splits, dtype=np.bool_)
    for each in build_gate(baseline, protocols=protocols).values():
        seeds = each.protocol.seeds[GATE_PROFILE]
        members = draw_subsets(splits, len(each.records), seeds, generator=generator)
        alarms |= each.test_splits(seeds).fail(members)
    return FalseAlarms(trials=splits, alarms=int(alarms.sum()))


def measure_elsewhere(
    environments: Mapping[str, RunsByExperiment], *, baseline: RunsByExperiment, protocols: Mapping[str, Protocol]
) -> OtherEnvironments:
    """Run the gate on the first runs of other environments, by their names: as many as the quick profile takes."""
    results = {}
    for name, runs in environments.items():
        today = {p.id: runs[p.id][: p.seeds[GATE_PROFILE]] for p in protocols.values() if runs.get(p.id)}
        known = {experiment: protocols[experiment] for experiment in today}
        results[name] = judge_runs(today, baseline=baseline, protocols=known)
    found = [experiment for result in results.values() for experiment in result.experiments]
    return OtherEnvironments(
        names=tuple(results),
        alarms=tuple(name for name, result in results.items() if result.outcome is Outcome.FAILED),
        equal=sum(each.is_unchanged for each in found),
        tested=sum(bool(each.tests) for each in found),
        smallest_p=min((test.adjusted_p for each in found for test in each.tests), default=1.0),
    )


def measure_detection(
    faults: Sequence[Fault],
    *,
    baseline: RunsByExperiment,
    protocols: Mapping[str, Protocol],
    gate_runs: int = GATE_RUNS,
) -> list[Detection]:
    """Run the gate on each fault: the quick profile's number of its runs; those of other experiments are unchanged.

    The runs of one gate run are drawn without replacement; another gate run may draw them again.

    Raises
    ------
    ReproError
        If the baseline has too few runs of an experiment, or a fault has too few runs or an unknown experiment.
    """
    check_enough(baseline, protocols=protocols)
    gate = build_gate(baseline, protocols=protocols)
    detections = []
    for fault in faults:
        if fault.experiment not in gate:
            msg = f"Fault {fault.id} is planted in {fault.experiment}, and the baseline has only {', '.join(gate)}."
            raise ReproError(msg)
        planted = gate[fault.experiment]
        seeds = planted.protocol.seeds[GATE_PROFILE]
        if len(fault.records) < seeds:
            msg = (
                f"A gate run needs {seeds} runs of {fault.experiment}; fault {fault.id} has {len(fault.records)}. "
                "Run it with more seeds."
            )
            raise ReproError(msg)
        # Each fault has a stream of its own: adding or removing one leaves the others as they are.
        generator = np.random.default_rng([_SEED, 1, *fault.id.encode()])
        drawn = draw_subsets(gate_runs, len(fault.records), seeds, generator=generator)
        caught = np.array(
            [
                planted.test_runs([fault.records[int(i)] for i in np.flatnonzero(members)]).outcome is Outcome.FAILED
                for members in drawn
            ]
        )
        difference = _find_difference(fault, planted)
        is_seen = difference is Difference.SEEN
        detections.append(
            Detection(
                fault=fault.id,
                title=fault.title,
                experiment=fault.experiment,
                runs=len(fault.records),
                unfinished=len(fault.records) - len(select_completed(fault.records)),
                changed=_count_changed(fault, planted),
                seeds=seeds,
                gate_runs=gate_runs,
                caught=int(caught.sum()),
                interval=estimate_detection(drawn, caught),
                shift=_largest_shift(fault, planted),
                difference=difference,
                seeds_needed=_estimate_seeds(fault, planted, caught=float(caught.mean())) if is_seen else None,
            )
        )
    return detections


def estimate_detection(drawn: NDArray[np.bool_], caught: NDArray[np.bool_]) -> Interval:
    """Return the 95 % interval of a detection rate over the fault's runs and the draws.

    Parameters
    ----------
    drawn
        Which runs of the fault are in each gate run, of shape (gate runs, runs): as many in each.
    caught
        Which gate runs failed, of shape (gate runs,).

    Notes
    -----
    Gate runs overlap, so the fault's run is the unit: the jackknife takes the rate of the gate runs without each of
    them [1]_, and what the draws alone make of that is taken off. Normal in the logarithm of the odds, and at least as
    wide as that of the draws (Clopper-Pearson). Where each gate run has all runs, nothing is known of others: 0 to 1.

    References
    ----------
    .. [1] B. Efron, "Jackknife-after-bootstrap standard errors and influence functions", Journal of the Royal
       Statistical Society B 54 (1992), 83-127.
    """
    draws, runs = drawn.shape
    without = (~drawn).sum(axis=0)
    if not without.all():
        return Interval(0.0, 1.0)
    counted, rate = count_interval(int(caught.sum()), of=draws), float(caught.mean())
    chance = rate * (1 - rate) / draws
    if not chance:
        return counted
    jackknife = (runs - 1) / runs * float(np.square(caught.astype(np.float64) @ ~drawn / without - rate).sum())
    fraction = float(drawn.mean())
    variance = max(0.0, jackknife - (runs - 1) * chance * fraction / (1 - fraction)) + chance
    reach = special.ndtri((1 + CONFIDENCE) / 2) * variance**0.5 / (rate * (1 - rate))
    low, high = (float(special.expit(special.logit(rate) + way)) for way in (-reach, reach))
    return Interval(min(low, counted.low), max(high, counted.high))


def check_enough(baseline: RunsByExperiment, *, protocols: Mapping[str, Protocol]) -> None:
    """Check that the baseline has enough runs of every experiment to be split.

    Raises
    ------
    ReproError
        If it has too few.
    """
    for name, protocol in protocols.items():
        runs, seeds = len(baseline.get(name, ())), protocol.seeds[GATE_PROFILE]
        if runs <= seeds:
            msg = (
                f"The gate's error rates are measured with {seeds} runs of {name} against others; the baseline would "
                f"have {runs} in all. Add runs, for example with `mnist-repro run --profile full`."
            )
            raise ReproError(msg)


def _largest_shift(fault: Fault, baseline: GateBaseline) -> Shift | None:
    """Return the shift of the final accuracy that moved most; None where no completed run measured one."""
    completed = select_completed(fault.records)
    shifts = []
    for quantity in baseline.quantities:
        if quantity.metric == "accuracy" and quantity.points is None:
            moved, missing = read_quantities(completed, quantities=[quantity])
            if completed and not missing:
                usual = read_quantities(baseline.records, quantities=[quantity])[0]
                accuracy, deviation = float(moved.mean() - usual.mean()), float(usual.std(ddof=1))
                shifts.append(Shift(evaluation_set=quantity.evaluation_set, accuracy=accuracy, spread=deviation))
    return max(shifts, key=lambda shift: shift.relative, default=None)


def _count_changed(fault: Fault, baseline: GateBaseline) -> int | None:
    """Count a fault's runs that are not the baseline's; None where bits differ without a fault too."""
    made_in, before = (records[-1].environment.conditions for records in (fault.records, baseline.records))
    return len(fault.records) - baseline.test_runs(fault.records).equal if made_in == before else None


def _find_difference(fault: Fault, baseline: GateBaseline) -> Difference:
    """Test as many of a fault's runs as possible against the baseline's, at 5 %."""
    # Runs of one seed start alike: each seed serves one side.
    completed = select_completed(fault.records)[: len(baseline.records) // 2]
    new, missing = read_quantities(completed, quantities=baseline.quantities)
    if missing or not completed:
        return Difference.UNKNOWN
    usual = dict(zip((record.seed for record in baseline.records), baseline.values.tolist(), strict=True))
    if all(usual.get(record.seed) == values for record, values in zip(completed, new.tolist(), strict=True)):
        return Difference.NONE
    smallest = min(test.joint_p for test in baseline.test_runs(completed).tests)
    return Difference.SEEN if smallest <= 1 - CONFIDENCE else Difference.NOT_SEEN


def _estimate_seeds(fault: Fault, baseline: GateBaseline, *, caught: float) -> int | None:
    """Estimate how many runs of today catch a fault, against a baseline that shares no seed with them.

    Notes
    -----
    The fewest ``n`` with ``d >= (t + z) * sqrt(s1**2 / n + s0**2 / N)`` at some point, with the difference ``d`` of the
    means, the standard deviations ``s1`` of the fault's runs and ``s0`` of the baseline's N, Student's quantile ``t``
    for the gate's level over all its quantities, as if the points of a curve moved as one, and the normal quantile
    ``z`` of the power. More than the runs of a gate run where the fraction `caught` of these is below the power. None
    where the baseline itself is too small.
    """
    new = read_quantities(select_completed(fault.records), quantities=baseline.quantities)[0]
    if len(new) < 2:  # noqa: PLR2004 - one run has no standard deviation
        return None
    old, level = baseline.values, LEVEL / len(baseline.quantities) / count_level_parts(baseline.experiments)
    distances = np.abs(new.mean(axis=0) - old.mean(axis=0))
    variances, error = new.var(axis=0, ddof=1), old.var(axis=0, ddof=1) / len(old)

    def catches(runs: int) -> bool:
        reach = special.ndtri(_POWER) - special.stdtrit(runs + len(old) - 2, level / 2)
        return bool((distances >= reach * np.sqrt(variances / runs + error)).any())

    fewest = fewest_runs(len(old), experiments=baseline.experiments)
    if caught < _POWER:
        fewest = max(fewest, baseline.protocol.seeds[GATE_PROFILE] + 1)
    candidates = dict.fromkeys(round_up(runs) for runs in range(fewest, _MOST_SEEDS))
    return next((runs for runs in candidates if catches(runs)), None)
