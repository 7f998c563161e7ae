"""False-alarm and detection rates of the regression gate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from mnist_repro.comparison.gate.split_tests import LEVEL
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import Interval, count_interval

# Required detection rate of a large fault.
CAUGHT_AT_LEAST = 0.95
# A fault is large where it moves the mean of a final accuracy by at least the larger of these: a fraction, and a number
# of standard deviations over seeds.
LARGE_SHIFT, LARGE_SHIFT_IN_SPREADS = 0.015, 3.0
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A planted fault with its runs."""

    id: str
    title: str  #: what is wrong, in words
    experiment: str  #: id of the experiment it was planted in, which the records carry too
    records: Sequence[RunRecord]  #: its runs, also incomplete ones; each seed once


@dataclass(frozen=True, kw_only=True)
class FalseAlarms:
    """How often the tests and thresholds fail splits of one baseline: whether they keep their level as computed."""

    trials: int  #: splits of the baseline into runs of today and the others
    alarms: int  #: number of splits that fail the gate

    @property
    def rate(self) -> float:
        """Fraction of the splits that fail."""
        return self.alarms / self.trials

    @cached_property
    def interval(self) -> Interval:
        """Exact (Clopper-Pearson) 95 % interval of the rate."""
        return count_interval(self.alarms, of=self.trials)

    @property
    def is_within_level(self) -> bool:
        """Whether the interval's lower end is at most `regression.LEVEL`."""
        return self.interval.low <= LEVEL


@dataclass(frozen=True, kw_only=True)
class OtherEnvironments:
    """Runs of other environments, tested as today's: what the gate says where only versions changed."""

    names: tuple[str, ...]
    alarms: tuple[str, ...]  #: names of those that fail
    equal: int  #: experiments whose runs are the baseline's, bit for bit
    tested: int  #: experiments whose runs were tested
    smallest_p: float  #: smallest p-value of all, adjusted for the tests of one gate; 1 without any


class Requirement(Enum):
    """Whether the required detection rate of a large fault is met."""

    HOLDS = "holds"
    BROKEN = "broken"
    DOES_NOT_APPLY = "does not apply"


class Difference(Enum):
    """How all runs of a fault compare with the baseline's."""

    SEEN = "differ"
    NOT_SEEN = "are not seen to differ"
    NONE = "are the same"
    UNKNOWN = "cannot be compared"


@dataclass(frozen=True, kw_only=True)
class Shift:
    """By how much a fault moves the mean of a final accuracy."""

    evaluation_set: str  #: on which the accuracy is measured
    accuracy: float  #: mean of the fault's runs minus the baseline's, a fraction
    spread: float  #: standard deviation over the baseline's seeds, a fraction

    @property
    def in_spreads(self) -> float:
        """The shift in standard deviations; infinite where seeds make no difference."""
        if self.spread == 0:
            return math.copysign(math.inf, self.accuracy) if self.accuracy else 0.0
        return self.accuracy / self.spread

    @property
    def relative(self) -> float:
        """The size of the shift in units of the smallest large one."""
        return abs(self.accuracy) / max(LARGE_SHIFT, LARGE_SHIFT_IN_SPREADS * self.spread)


@dataclass(frozen=True, kw_only=True)
class Detection:
    """How often the gate catches a fault."""

    fault: str  #: the fault's id
    title: str  #: what is wrong, in words
    experiment: str  #: id of the experiment it was planted in
    runs: int  #: recorded runs of the fault
    unfinished: int  #: number of them that did not complete
    #: number of them that are not the baseline's of the same seed, bit for bit; of other seeds, all; None where they
    #: were made on another processor or by other versions, which give other bits in any case
    changed: int | None
    seeds: int  #: runs of the fault in each gate run
    gate_runs: int
    caught: int  #: number of gate runs that failed
    interval: Interval  #: 95 % interval of the fraction caught, over the fault's runs
    shift: Shift | None  #: of the final accuracy that moved most; None where no run measured one
    difference: Difference  #: how all its runs together compare with the baseline's
    seeds_needed: int | None  #: estimated seeds that catch it with 80 % probability; None where unknown

    @property
    def is_seen(self) -> bool:
        """Whether every run shows it beside the baseline's of the same seed, bit for bit."""
        return self.changed == self.runs

    @property
    def is_missed(self) -> bool:
        """Whether the detection rate is below the required 95 %."""
        return self.caught < CAUGHT_AT_LEAST * self.gate_runs - _ROUNDING

    @property
    def rule(self) -> Requirement:
        """Whether a large fault is caught as often as required."""
        if self.shift is None or self.shift.relative < 1:
            return Requirement.DOES_NOT_APPLY
        return Requirement.BROKEN if self.is_missed else Requirement.HOLDS


@dataclass(frozen=True, kw_only=True)
class GateErrors:
    """The gate's error rates, of both kinds."""

    environment: str  #: in which the faults were run
    false_alarms: FalseAlarms
    elsewhere: OtherEnvironments
    detections: tuple[Detection, ...]
    not_run: tuple[str, ...]  #: ids of the faults with too few runs
