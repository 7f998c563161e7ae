"""The regression gate and its errors as words: for the page `gate.md` and for the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mnist_repro.environment import Environment
from mnist_repro.gate.baseline import read_baseline
from mnist_repro.gate.errors import Detection, Difference, FalseAlarms, GateErrors, Rule, Shift
from mnist_repro.gate.quantities import Quantity, list_quantities
from mnist_repro.gate.record import read_errors
from mnist_repro.gate.regression import fewest_runs
from mnist_repro.gate.trials import PROFILE
from mnist_repro.protocols import Protocol
from mnist_repro.records import RunRecord


@dataclass(frozen=True, kw_only=True)
class BaselineExperiment:
    """One experiment's part in the baseline.

    Parameters
    ----------
    protocol
        What is run.
    records
        The baseline's runs of it.
    is_outdated
        Whether these were made under another protocol than today's.
    quantities
        What is compared.
    fewest
        Fewest runs that can fail the gate.
    """

    protocol: Protocol
    records: tuple[RunRecord, ...]
    is_outdated: bool
    quantities: tuple[Quantity, ...]
    fewest: int

    @property
    def quick(self) -> int:
        """Seeds of a gate run."""
        return self.protocol.seeds[PROFILE]


@dataclass(frozen=True, kw_only=True)
class GateSummary:
    """All that the page says.

    Parameters
    ----------
    environment
        In which the baseline's runs were made.
    experiments
        Those of the baseline that are known.
    missing
        Ids of experiments that the baseline does not have.
    errors
        What was measured of the gate; None where nothing was.
    """

    environment: Environment
    experiments: tuple[BaselineExperiment, ...]
    missing: tuple[str, ...]
    errors: GateErrors | None

    @property
    def runs(self) -> int:
        """Number of runs of the baseline."""
        return sum(len(experiment.records) for experiment in self.experiments)


def summarize_gate(folder: Path, *, records: Path, protocols: Mapping[str, Protocol]) -> GateSummary | None:
    """Gather what there is to say of the gate with the baseline in `folder`; None where there is no baseline.

    Raises
    ------
    ReproError
        If the baseline is broken, or what was measured with it was measured with another one.
    """
    baseline = read_baseline(folder)
    known = {name: baseline[name] for name in protocols if name in baseline}
    if not known:
        return None
    experiments = tuple(
        BaselineExperiment(
            protocol=protocols[name],
            records=runs,
            is_outdated=runs[-1].protocol_sha256 != protocols[name].sha256,
            quantities=list_quantities(runs, at_end=protocols[name].evaluated_at_end),
            fewest=fewest_runs(len(runs), experiments=len(protocols)),
        )
        for name, runs in known.items()
    )
    newest = max((record for runs in known.values() for record in runs), key=lambda record: record.started)
    return GateSummary(
        environment=newest.environment,
        experiments=experiments,
        missing=tuple(name for name in protocols if name not in known),
        errors=read_errors(folder, records=records, protocols=protocols),
    )


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
    large = len(rules) - rules.count(Rule.DOES_NOT_APPLY)
    parts = [
        f"Planted faults: {len(rules)}, of which {_are(caught)} caught in at least 19 of 20 gate runs",
        f"{_are(large)} so large that they have to be, and of these {_are(rules.count(Rule.HOLDS))}",
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
