"""The gates and their error rates in words, for the pages and the terminal."""

from __future__ import annotations

import math
from collections import Counter

from mnist_repro.comparison.gate.error_rates import (
    Detection,
    Difference,
    FalseAlarms,
    GateErrors,
    OtherEnvironments,
    Requirement,
    Shift,
)
from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import launches_on
from mnist_repro.comparison.speed.gate import TOLERANCE, SpeedComparison, pool_spread
from mnist_repro.comparison.speed.trials import SpeedGateSummary, TrialCount
from mnist_repro.reporting.wording.digits import format_estimate, format_p, write
from mnist_repro.reporting.wording.numbers import format_environment


def format_false_alarms(found: FalseAlarms) -> str:
    """Format how often the tests fail splits of the baseline, beside their level."""
    low, high = (f"{100 * end:.3f}" for end in (found.interval.low, found.interval.high))
    judged = "within" if found.is_within_level else "MORE THAN"
    return (
        f"Arithmetic: the tests fail {found.alarms} of {found.trials:,} splits of the baseline, "
        f"{100 * found.rate:.3f} % ({low} to {high} %), {judged} the allowed 0.1 %."
    )


def format_other_environments(found: OtherEnvironments) -> str:
    """Say what the gate makes of other environments' runs."""
    if not found.names:
        return "Real runs: no other environment has any to stand for today's."
    experiments = found.equal + found.tested
    failing = f"{', '.join(found.alarms)} fail{'s' * (len(found.alarms) == 1)}" if found.alarms else "none fails"
    return (
        f"Real runs: of {len(found.names)} other environments, whose runs stand for today's, {failing}. "
        f"In {found.equal} of {experiments} experiments their runs are the baseline's, bit for bit; the smallest "
        f"adjusted p-value of the other {found.tested} is {format_p(found.smallest_p)}."
    )


def format_detections(errors: GateErrors) -> str:
    """Count the faults that bits show, those that the tests catch, and those that must be, in a sentence."""
    rules = [detection.rule for detection in errors.detections]
    seen = [detection.is_seen for detection in errors.detections if detection.changed is not None]
    caught = sum(not detection.is_missed for detection in errors.detections)
    large = len(rules) - rules.count(Requirement.DOES_NOT_APPLY)
    text = (
        f"Planted faults: bit for bit, every run of {sum(seen)} of {len(seen)} differs from the baseline's of the same "
        f"seed; the tests catch {caught} in at least 95 % of gate runs, including {rules.count(Requirement.HOLDS)} of "
        f"{large} large enough that they must be caught"
    )
    if not errors.not_run:
        return f"{text}."
    return f"{text}; {len(errors.not_run)} more {'was' if len(errors.not_run) == 1 else 'were'} not run."


def list_detection_cells(detection: Detection) -> list[str]:
    """Return a row for a fault as cells: shift, runs that bits show, how often caught, whether it must be, remedy."""
    interval = " to ".join(f"{100 * end:.0f}" for end in (detection.interval.low, detection.interval.high))
    unfinished = f"; {detection.unfinished} of {detection.runs} runs did not complete" if detection.unfinished else ""
    return [
        format_shift(detection.shift) + unfinished,
        "made elsewhere" if detection.changed is None else f"{detection.changed} of {detection.runs}",
        f"{100 * detection.caught / detection.gate_runs:.0f} % ({interval} %)",
        _RULES[detection.rule],
        format_remedy(detection),
    ]


_RULES = {Requirement.HOLDS: "yes, caught", Requirement.BROKEN: "**yes, missed**", Requirement.DOES_NOT_APPLY: "no"}


def format_shift(shift: Shift | None) -> str:
    """Format the shift of a mean accuracy in percentage points and in standard deviations over seeds."""
    if shift is None:
        return "not measured"
    deviations = "" if math.isinf(shift.in_spreads) else f", {write(shift.in_spreads, 1, signed=True)} sd"
    return f"{write(100 * shift.accuracy, 2, signed=True)} points{deviations}, {shift.evaluation_set}"


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
    if found.can_decide:
        return f"{line}; {found.tolerance:g} is allowed"
    return (
        f"{line}, and how much launches differ is unknown: the baseline has a single one of each experiment. "
        "Measure another with --new-speed-baseline"
    )


def format_untried(processor: str) -> str:
    """Say that no trials were made on a processor."""
    return f"On {processor}, how often the speed gate errs was not measured."


def list_processor_cells(gate: SpeedGateSummary, processor: str) -> list[str]:
    """Return a row for a processor as cells: how much launches differ there, and what the gate can tell from them.

    Where an experiment has fewer launches than others, the row is of its intervals, which are the widest.
    """
    launches = launches_on(processor, gate.entries)
    numbers, spread = [*map(len, launches.values())], pool_spread(launches.values())
    cells = ["unknown"] * 4
    if spread.freedom:
        reach = spread.reach(1, min(numbers))
        cells = [f"{100 * size:.2g} %" for size in (spread.standard_deviation, reach)]
        cells += [f"{TOLERANCE * math.exp(way):.2f}" for way in (-reach, reach)]
    tried = "was not measured" if processor in gate.untried else "see below"
    return [f"{sum(numbers)} of {_format_experiments(len(numbers))}", *cells, tried]


def list_launch_cells(gate: SpeedGateSummary, experiment: str) -> list[str]:
    """Return the ratios of an experiment's launches as cells, one for each processor; empty where there are none."""
    found = (launches_on(processor, gate.entries).get(experiment, ()) for processor in gate.processors)
    return [", ".join(f"{launch.ratio:.2f}" for launch in launches) for launches in found]


def list_environments(gate: SpeedGateSummary) -> list[str]:
    """Return a line for each environment in which the baseline was measured."""
    return sorted({format_environment(entry.environment) for entry in gate.entries.values()})


def format_speed_trials(gate: SpeedGateSummary) -> str:
    """Count how often the gate fails unchanged code, and code slowed on purpose, and say where."""
    if not gate.environment:
        return "Its error rates were not measured with this baseline."
    runs: Counter[float] = Counter()
    slower: Counter[float] = Counter()
    for count in gate.counts:
        runs[count.factor] += count.gate_runs
        slower[count.factor] += count.outcomes.get(Outcome.FAILED, 0)
    slowed = ", ".join(f"{slower[each]} of {runs[each]} ({each:g} times)" for each in sorted(runs) if each != 1)
    covering = sum(count.covering for count in gate.counts if count.factor == 1)
    experiments = _format_experiments(max(count.experiments for count in gate.counts))
    found = (
        f"On {gate.environment.processor} it found slower {slower[1]} of {runs[1]} launches of unchanged code "
        f"({experiments}) and, of the same launches slowed on purpose, {slowed}. "
        f"Its 95 % interval covers a ratio of 1 in {covering} of the {runs[1]} of unchanged code."
    )
    return " ".join([found, *map(format_untried, gate.untried)])


def _format_experiments(number: int) -> str:
    return f"{number} experiment{'' if number == 1 else 's'}"


def list_trial_cells(count: TrialCount) -> list[str]:
    """Return a row of the trials as cells: launches, slower, inconclusive, not slower, interval covers 1, ratios."""
    slower, undecided, passed = (
        count.outcomes.get(outcome, 0) for outcome in (Outcome.FAILED, Outcome.UNDECIDED, Outcome.PASSED)
    )
    interval = count.slower_interval
    median, least, largest = (f"{ratio:.2f}" for ratio in count.ratios)
    return [
        f"{'' if count.factor == 1 else 'same '}{count.gate_runs}",
        f"{slower} of {count.gate_runs} ({100 * interval.low:.0f} to {100 * interval.high:.0f} %)",
        str(undecided),
        str(passed),
        f"{count.covering} of {count.gate_runs}",
        f"{median} ({least} to {largest})",
    ]
