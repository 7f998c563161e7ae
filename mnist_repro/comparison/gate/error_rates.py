"""How often the regression gate errs: it fails though nothing changed, or passes though something did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from scipy import stats

from mnist_repro.comparison.gate.regression import LEVEL
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import CONFIDENCE, Interval

# What has to be caught of a fault that is large: 19 of 20 gate runs.
CAUGHT_AT_LEAST = 0.95
# A fault is large where it moves the mean of a final accuracy by so much: a fraction, and standard deviations over
# seeds, whichever is more.
LARGE_SHIFT, LARGE_SHIFT_IN_SPREADS = 0.015, 3.0
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A planted fault with its runs.

    Parameters
    ----------
    id, title
        Its name, and what is wrong in words.
    experiment
        Id of the experiment that it was planted in; the records may carry another.
    records
        Its runs, also those that did not complete; each seed once.
    """

    id: str
    title: str
    experiment: str
    records: Sequence[RunRecord]


@dataclass(frozen=True, kw_only=True)
class FalseAlarms:
    """How often the gate fails though nothing changed.

    Parameters
    ----------
    trials, alarms
        Splits of the baseline into runs of today and the rest, and how many of them fail the gate.
    """

    trials: int
    alarms: int

    @property
    def rate(self) -> float:
        """Share of the splits that fail."""
        return self.alarms / self.trials

    @property
    def interval(self) -> Interval:
        """Exact (Clopper-Pearson) 95 % interval of the rate."""
        found = stats.binomtest(self.alarms, self.trials).proportion_ci(CONFIDENCE, method="exact")
        return Interval(float(found.low), float(found.high))

    @property
    def is_within_level(self) -> bool:
        """Whether the rate exceeds `regression.LEVEL` by no more than chance explains."""
        return self.interval.low <= LEVEL


class Rule(Enum):
    """Whether a fault is caught that has to be."""

    HOLDS = "holds"
    BROKEN = "broken"
    DOES_NOT_APPLY = "does not apply"


class Difference(Enum):
    """How all runs of a fault stand to the baseline's."""

    SEEN = "differ"
    NOT_SEEN = "are not seen to differ"
    NONE = "are the same"
    UNKNOWN = "cannot be compared"


@dataclass(frozen=True, kw_only=True)
class Shift:
    """By how much a fault moves the mean of a final accuracy.

    Parameters
    ----------
    evaluation_set
        On which it is measured.
    accuracy
        Mean of the fault's runs minus the baseline's, a fraction.
    spread
        Standard deviation over the baseline's seeds, a fraction.
    """

    evaluation_set: str
    accuracy: float
    spread: float

    @property
    def in_spreads(self) -> float:
        """The shift in standard deviations; infinite where seeds make no difference."""
        if self.spread == 0:
            return math.copysign(math.inf, self.accuracy) if self.accuracy else 0.0
        return self.accuracy / self.spread

    @property
    def relative(self) -> float:
        """The size of the shift in units of a shift that is large."""
        return abs(self.accuracy) / max(LARGE_SHIFT, LARGE_SHIFT_IN_SPREADS * self.spread)


@dataclass(frozen=True, kw_only=True)
class Detection:
    """How often the gate catches a fault.

    Parameters
    ----------
    fault, title, experiment
        The fault, and where it was planted.
    runs, unfinished
        Runs of the fault there are, and how many of them did not complete.
    seeds
        Runs of it in each gate run.
    gate_runs, caught
        Gate runs, and how many of them failed.
    shift
        Of the final accuracy that is moved most; None where no run measured one.
    difference
        How all its runs together stand to the baseline's.
    seeds_needed
        About how many seeds catch it with 80 % probability; None where no number is known to.
    """

    fault: str
    title: str
    experiment: str
    runs: int
    unfinished: int
    seeds: int
    gate_runs: int
    caught: int
    shift: Shift | None
    difference: Difference
    seeds_needed: int | None

    @property
    def is_missed(self) -> bool:
        """Whether it is caught more seldom than a large fault has to be."""
        return self.caught < CAUGHT_AT_LEAST * self.gate_runs - _ROUNDING

    @property
    def rule(self) -> Rule:
        """Whether it is caught, if it is large."""
        if self.shift is None or self.shift.relative < 1:
            return Rule.DOES_NOT_APPLY
        return Rule.BROKEN if self.is_missed else Rule.HOLDS


@dataclass(frozen=True, kw_only=True)
class GateErrors:
    """How often the gate errs, both ways.

    Parameters
    ----------
    environment
        In which the faults were run.
    false_alarms, detections
        What was measured.
    not_run
        Ids of the faults that have too few runs to say anything.
    """

    environment: str
    false_alarms: FalseAlarms
    detections: tuple[Detection, ...]
    not_run: tuple[str, ...]
