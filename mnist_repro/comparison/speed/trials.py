"""How often the speed gate errs: launches of unchanged code, and of code that was slowed down on purpose.

`benchmarks/speed/trials.py` makes the launches and writes `speed_trials.json` beside the baseline; what the gate says
of them is found on reading.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import SpeedEntry, read_speed_baseline
from mnist_repro.comparison.speed.gate import Launch, SpeedComparison, judge_speed
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.environment import Environment

SPEED_TRIALS_FILE = "speed_trials.json"
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One launch of our engine, with rounds of steps that were slowed down in turn with rounds as they are."""

    experiment: str  #: id of the experiment
    is_busy: bool  #: whether another process kept the second core busy
    control_seconds: tuple[float, ...]  #: of a step of the control, by round
    #: of our step, by round, for each factor by which the steps were multiplied; "1" is unchanged code
    step_seconds: dict[str, tuple[float, ...]]

    def as_launch(self, factor: str) -> Launch:
        """Return what a gate run would have measured had the code been slower by `factor`."""
        return Launch(
            experiment=self.experiment,
            step_seconds=self.step_seconds[factor],
            control_seconds=self.control_seconds,
        )


@dataclass(frozen=True, kw_only=True)
class SpeedTrials:
    """All launches, and where they were made."""

    environment: Environment
    trials: tuple[Trial, ...]

    def format(self) -> str:
        """Format them as the file has them."""
        return json.dumps({"schema": _SCHEMA, **asdict(self)}) + "\n"


@dataclass(frozen=True, kw_only=True)
class TrialCount:
    """What the gate said of all launches with one factor, on a quiet or on a busy machine.

    Parameters
    ----------
    factor, is_busy
        As of its trials.
    gate_runs
        Launches that were judged, each confirmed by the next one of its experiment where the gate asked for that.
    outcomes
        How often the gate said what.
    ratios
        The times beside the baseline's that it saw, median first, then the least and the largest.
    """

    factor: float
    is_busy: bool
    gate_runs: int
    outcomes: Mapping[Outcome, int]
    ratios: tuple[float, float, float]


def read_speed_trials(folder: Path) -> SpeedTrials | None:
    """Read the launches in the baseline's folder; None where none were made.

    Raises
    ------
    ReproError
        If the file cannot be read or is not valid.
    """
    remedy = f"Restore it, or make them again: python benchmarks/speed/trials.py --baseline {folder}"
    return read_measurement(folder / SPEED_TRIALS_FILE, SpeedTrials, remedy=remedy, schema=_SCHEMA)


def count_outcomes(trials: SpeedTrials, *, baseline: Mapping[tuple[str, str], SpeedEntry]) -> list[TrialCount]:
    """Judge every launch by the baseline of its processor, and count what the gate said.

    Parameters
    ----------
    baseline
        By experiment and processor, as `read_speed_baseline` returns it. Launches without one are left out.

    Returns
    -------
    list of TrialCount
        A quiet machine first, and smaller factors first.
    """
    counts = []
    for is_busy, factor in product(
        (False, True), sorted({f for t in trials.trials for f in t.step_seconds}, key=float)
    ):
        found: list[SpeedComparison] = []
        launches: dict[str, list[Launch]] = defaultdict(list)
        for trial in trials.trials:
            if trial.is_busy is is_busy and factor in trial.step_seconds:
                launches[trial.experiment].append(trial.as_launch(factor))
        for experiment, made in launches.items():
            if entry := baseline.get((experiment, trials.environment.processor)):
                found += _judge_in_turn(made, entry.launches)
        if found:
            counts.append(_count(found, factor=float(factor), is_busy=is_busy))
    return counts


def _judge_in_turn(launches: Sequence[Launch], baseline: Sequence[Launch]) -> Iterable[SpeedComparison]:
    """Judge each of an experiment's launches; where the gate asks for a second one, the next serves."""
    for number, launch in enumerate(launches):
        following = launches[(number + 1) % len(launches)]
        yield judge_speed(launch, baseline=baseline, measure_again=lambda following=following: following)  # type: ignore[misc]


def _count(found: Sequence[SpeedComparison], *, factor: float, is_busy: bool) -> TrialCount:
    ratios = [comparison.ratio.value for comparison in found]
    return TrialCount(
        factor=factor,
        is_busy=is_busy,
        gate_runs=len(found),
        outcomes=Counter(comparison.outcome for comparison in found),
        ratios=(float(np.median(ratios)), min(ratios), max(ratios)),
    )


@dataclass(frozen=True, kw_only=True)
class SpeedGateSummary:
    """All that the page says.

    Parameters
    ----------
    entries
        The baseline's launches, by experiment and processor.
    environment
        Where the trials were made; None where there are none.
    counts
        What the gate says of the trials.
    """

    entries: Mapping[tuple[str, str], SpeedEntry]
    environment: Environment | None
    counts: tuple[TrialCount, ...]


def summarize_speed_gate(folder: Path) -> SpeedGateSummary | None:
    """Gather what there is to say of the speed gate with the baseline in `folder`; None where there is no baseline.

    Raises
    ------
    ReproError
        If the baseline or the trials are broken.
    """
    entries, trials = read_speed_baseline(folder), read_speed_trials(folder)
    if not entries:
        return None
    return SpeedGateSummary(
        entries=entries,
        environment=trials.environment if trials else None,
        counts=tuple(count_outcomes(trials, baseline=entries)) if trials else (),
    )
