"""The gates and their error rates in words, for the pages and the terminal."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from scipy import stats

from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, GateErrors, Requirement, Shift
from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import SpeedEntry
from mnist_repro.comparison.speed.gate import SpeedComparison
from mnist_repro.comparison.speed.trials import SpeedGateSummary, TrialCount
from mnist_repro.reporting.wording.numbers import format_estimate
from mnist_repro.stats.summary import CONFIDENCE


def format_false_alarms(found: FalseAlarms) -> str:
    """Format the false-alarm rate of the gate."""
    low, high = (f"{100 * end:.3f}" for end in (found.interval.low, found.interval.high))
    judged = "within" if found.is_within_level else "MORE THAN"
    return (
        f"False alarms: {found.alarms} of {found.trials:,} splits of the baseline, {100 * found.rate:.3f} % "
        f"({low} to {high} %), {judged} the allowed 0.1 %."
    )


def format_detections(errors: GateErrors) -> str:
    """Count the faults that are caught, and those that must be, in a sentence."""
    rules = [detection.rule for detection in errors.detections]
    caught = sum(not detection.is_missed for detection in errors.detections)
    large = len(rules) - rules.count(Requirement.DOES_NOT_APPLY)
    text = (
        f"Planted faults: {caught} of {len(rules)} caught in at least 19 of 20 gate runs, including "
        f"{rules.count(Requirement.HOLDS)} of {large} large enough that they must be caught"
    )
    if not errors.not_run:
        return f"{text}."
    return f"{text}; {len(errors.not_run)} more {'was' if len(errors.not_run) == 1 else 'were'} not run."


def format_shift(shift: Shift | None) -> str:
    """Format the shift of a mean accuracy in percentage points and in standard deviations over seeds."""
    if shift is None:
        return "not measured"
    deviations = "" if math.isinf(shift.in_spreads) else f", {_signed(shift.in_spreads, digits=1)} sd"
    return f"{_signed(100 * shift.accuracy, digits=2)} points{deviations}, {shift.evaluation_set}"


def _signed(value: float, *, digits: int) -> str:
    # Adding 0 drops the sign of a value that rounds to 0.
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def format_remedy(detection: Detection) -> str:
    """Name what would catch a missed fault; empty for a fault that is caught."""
    if not detection.is_missed:
        return ""
    if detection.seeds_needed is not None:
        return f"about {detection.seeds_needed} seeds"
    match detection.difference:
        case Difference.NONE:
            return "impossible: its runs equal those of the baseline"
        case Difference.NOT_SEEN:
            return f"unknown: {detection.runs} runs of it do not differ from the baseline"
        case Difference.SEEN:
            return "more than the baseline can resolve"
    return "unknown"


_OUTCOMES = {Outcome.PASSED: "not slower", Outcome.FAILED: "SLOWER", Outcome.UNDECIDED: "inconclusive"}


def format_speed_comparison(found: SpeedComparison) -> str:
    """Return a line with the result of the gate for one experiment."""
    line = f"{found.experiment}: {_OUTCOMES[found.outcome]}: a step takes {format_estimate(found.ratio)} times as long"
    if found.confirmation:
        line += f", and {format_estimate(found.confirmation)} in a second launch"
    return f"{line}; {found.tolerance:g} is allowed"


def format_launch_ratios(entry: SpeedEntry) -> str:
    """Format the median ratio of each launch of the baseline."""
    return ", ".join(f"{np.median(launch.ratios):.3g}" for launch in entry.launches)


def format_speed_trials(gate: SpeedGateSummary) -> str:
    """Count in a sentence how often the gate fails unchanged code, and code slowed on purpose."""
    if not gate.counts:
        return "Its error rates were not measured with this baseline."
    slower: Counter[float] = Counter()
    made: Counter[float] = Counter()
    for count in gate.counts:
        slower[count.factor] += count.outcomes.get(Outcome.FAILED, 0)
        made[count.factor] += count.gate_runs
    parts = (f"{slower[factor]} of {made[factor]} gate runs of {_name_factor(factor)}" for factor in sorted(made))
    return f"It found a step slower in {', '.join(parts)}."


def _name_factor(factor: float) -> str:
    return "unchanged code" if factor == 1 else f"code that takes {factor:g} times as long"


def list_trial_cells(count: TrialCount) -> list[str]:
    """Return a row of the trials as cells: slower, inconclusive, not slower, and the ratios measured."""
    slower, undecided, passed = (
        count.outcomes.get(outcome, 0) for outcome in (Outcome.FAILED, Outcome.UNDECIDED, Outcome.PASSED)
    )
    interval = stats.binomtest(slower, count.gate_runs).proportion_ci(CONFIDENCE, method="exact")
    median, least, largest = count.ratios
    return [
        f"{slower} of {count.gate_runs} ({100 * interval.low:.0f} to {100 * interval.high:.0f} %)",
        str(undecided),
        str(passed),
        f"{median:.3g} ({least:.3g} to {largest:.3g})",
    ]
