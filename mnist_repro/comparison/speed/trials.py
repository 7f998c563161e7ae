"""Error rates of the speed gate: launches of unchanged code, and of code slowed down on purpose.

`benchmarks/speed/trials.py` makes the launches and writes `speed_trials.json` beside the baseline; the gate judges them
on reading.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import SpeedEntry, launches_on, read_speed_baseline
from mnist_repro.comparison.speed.gate import Launch, SpeedComparison, judge_speed
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.environment import Environment
from mnist_repro.stats.summary import Interval, count_interval

SPEED_TRIALS_FILE = "speed_trials.json"
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class SpeedTrial:
    """One launch of our engine, with rounds of steps that were slowed down in turn with rounds as they are."""

    experiment: str  #: id of the experiment
    is_busy: bool  #: whether another process kept the second core busy
    control_seconds: tuple[float, ...]  #: of a step of the control, by round
    #: of our step, by round, for each factor by which the steps were multiplied; "1" is unchanged code
    step_seconds: dict[str, tuple[float, ...]]

    def as_launch(self, factor: str) -> Launch:
        """Return the launch that a gate run would have measured with code slower by `factor`."""
        return Launch(
            experiment=self.experiment, step_seconds=self.step_seconds[factor], control_seconds=self.control_seconds
        )


@dataclass(frozen=True, kw_only=True)
class SpeedTrials:
    """All launches, and the environment in which they were made."""

    environment: Environment
    trials: tuple[SpeedTrial, ...]

    def format(self) -> str:
        """Format them as in the file."""
        return json.dumps({"schema": _SCHEMA, **asdict(self)}) + "\n"


@dataclass(frozen=True, kw_only=True)
class TrialCount:
    """The gate's outcomes for all launches with one factor, on a quiet or on a busy machine."""

    factor: float  #: by which the steps were slowed down; 1 is unchanged
    is_busy: bool  #: whether another process kept the second core busy
    experiments: int  #: number of experiments
    gate_runs: int  #: launches judged, each confirmed by the next of its experiment where the gate asked for it
    outcomes: Mapping[Outcome, int]  #: number of gate runs by outcome
    covering: int  #: gate runs whose interval covers a ratio of 1
    ratios: tuple[float, float, float]  #: of times to the baseline's: median, smallest, largest

    @property
    def slower_interval(self) -> Interval:
        """Exact 95 % interval of the fraction of gate runs that find the step slower."""
        return count_interval(self.outcomes.get(Outcome.FAILED, 0), of=self.gate_runs)


def read_speed_trials(folder: Path) -> SpeedTrials | None:
    """Read the launches in the baseline's folder; None where none were made.

    Raises
    ------
    ReproError
        If the file cannot be read or is not valid.
    """
    remedy = f"Restore it, or make them again: python benchmarks/speed/trials.py --baseline {folder}"
    return read_measurement(folder / SPEED_TRIALS_FILE, SpeedTrials, remedy=remedy, schema=_SCHEMA)


def count_outcomes(trials: SpeedTrials, *, baseline: Mapping[str, Sequence[Launch]]) -> list[TrialCount]:
    """Judge every launch against the baseline of its processor, and count the outcomes.

    Parameters
    ----------
    baseline
        Launches of the trials' processor, by experiment. Trials of other experiments are excluded.

    Returns
    -------
    list of TrialCount
        The quiet machine first, then by ascending factor.
    """
    launches: dict[tuple[bool, float, str], list[Launch]] = defaultdict(list)
    for trial in trials.trials:
        if trial.experiment in baseline:
            for factor in trial.step_seconds:
                launches[trial.is_busy, float(factor), trial.experiment].append(trial.as_launch(factor))
    found: dict[tuple[bool, float], list[SpeedComparison]] = defaultdict(list)
    for is_busy, slower, experiment in sorted(launches):
        made = launches[is_busy, slower, experiment]
        for launch, second in zip(made, [*made[1:], made[0]], strict=True):
            found[is_busy, slower].append(judge_speed(launch, baseline=baseline, second=second))
    return [_count(each, is_busy=is_busy, factor=factor) for (is_busy, factor), each in found.items()]


def _count(found: Sequence[SpeedComparison], *, factor: float, is_busy: bool) -> TrialCount:
    ratios = [comparison.ratio.value for comparison in found]
    return TrialCount(
        factor=factor,
        is_busy=is_busy,
        experiments=len({comparison.experiment for comparison in found}),
        gate_runs=len(found),
        outcomes=Counter(comparison.outcome for comparison in found),
        covering=sum(comparison.ratio.interval.overlaps(1.0, 1.0) for comparison in found),
        ratios=(median(ratios), min(ratios), max(ratios)),
    )


@dataclass(frozen=True, kw_only=True)
class SpeedGateSummary:
    """The speed gate's baseline and its error rates."""

    entries: Mapping[tuple[str, str], SpeedEntry]  #: the baseline's launches, by experiment and processor
    environment: Environment | None  #: of the trials that were judged; None where none were
    counts: tuple[TrialCount, ...]  #: the gate's outcomes for the trials

    @property
    def processors(self) -> list[str]:
        """Processors that have a baseline, in the order of the alphabet."""
        return sorted({processor for _, processor in self.entries})

    @property
    def untried(self) -> list[str]:
        """Those without trials: how often the gate errs there was not measured."""
        return [name for name in self.processors if not self.environment or name != self.environment.processor]


def summarize_speed_gate(folder: Path) -> SpeedGateSummary | None:
    """Summarize the speed gate with the baseline in `folder`; None where there is no baseline.

    Raises
    ------
    ReproError
        If the baseline or the trials are broken.
    """
    entries, trials = read_speed_baseline(folder), read_speed_trials(folder)
    if not entries:
        return None
    counts = count_outcomes(trials, baseline=launches_on(trials.environment.processor, entries)) if trials else []
    return SpeedGateSummary(
        entries=entries, environment=trials.environment if trials and counts else None, counts=tuple(counts)
    )
