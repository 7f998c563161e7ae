"""The regression gate and its errors as words: for the page `gate.md` and for the terminal."""

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
    """Say how often the gate failed though nothing had changed."""
    low, high = (f"{100 * end:.3f}" for end in (found.interval.low, found.interval.high))
    judged = "within" if found.is_within_level else "MORE THAN"
    return (
        f"False alarms: {found.alarms} of {found.trials:,} splits of the baseline, {100 * found.rate:.3f} % "
        f"({low} to {high} %): {judged} the 0.1 % that the gate allows itself."
    )


def format_detections(errors: GateErrors) -> str:
    """Say in a sentence which faults are caught."""
    rules = [detection.rule for detection in errors.detections]
    caught = sum(not detection.is_missed for detection in errors.detections)
    large = len(rules) - rules.count(Requirement.DOES_NOT_APPLY)
    parts = [
        f"Planted faults: {len(rules)}, of which {_are(caught)} caught in at least 19 of 20 gate runs",
        f"{_are(large)} so large that they have to be, and of these {_are(rules.count(Requirement.HOLDS))}",
    ]
    if errors.not_run:
        parts.append(f"{len(errors.not_run)} more {'was' if len(errors.not_run) == 1 else 'were'} not run")
    return "; ".join(parts) + "."


def _are(count: int) -> str:
    return f"{count} {'is' if count == 1 else 'are'}"


def format_shift(shift: Shift | None) -> str:
    """Give the shift of a mean accuracy in points and in standard deviations over seeds."""
    if shift is None:
        return "not measured"
    spreads = "" if math.isinf(shift.in_spreads) else f", {_signed(shift.in_spreads, digits=1)} sd"
    return f"{_signed(100 * shift.accuracy, digits=2)} points{spreads}, {shift.evaluation_set}"


def _signed(value: float, *, digits: int) -> str:
    # Adding 0 takes the sign from what rounds to 0.
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def format_remedy(detection: Detection) -> str:
    """Say of a miss what would catch the fault; empty where it is caught."""
    if not detection.is_missed:
        return ""
    if detection.seeds_needed is not None:
        return f"about {detection.seeds_needed} seeds"
    match detection.difference:
        case Difference.NONE:
            return "none can: its runs are the baseline's"
        case Difference.NOT_SEEN:
            return f"none known: {detection.runs} runs of it do not differ from the baseline"
        case Difference.SEEN:
            return "more than the baseline can tell"
    return "not known"


_OUTCOMES = {Outcome.PASSED: "not slower", Outcome.FAILED: "SLOWER", Outcome.UNDECIDED: "inconclusive"}


def format_speed_comparison(found: SpeedComparison) -> str:
    """Return a line that says what the gate found of one experiment."""
    line = f"{found.experiment}: {_OUTCOMES[found.outcome]}: a step takes {format_estimate(found.ratio)} times as long"
    if found.confirmation:
        line += f", and {format_estimate(found.confirmation)} in a second launch"
    return f"{line}; {found.tolerance:g} is allowed"


def format_launch_ratios(entry: SpeedEntry) -> str:
    """Give the median ratio of each launch of the baseline."""
    return ", ".join(f"{np.median(launch.ratios):.3g}" for launch in entry.launches)


def format_speed_trials(gate: SpeedGateSummary) -> str:
    """Say in a sentence how often unchanged code was found slower, and code that was slowed down."""
    if not gate.counts:
        return "How often it errs was not measured with this baseline."
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
    """Return a row of the trials as cells: slower, inconclusive, not slower, and the ratios that the gate saw."""
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
