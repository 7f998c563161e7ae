"""The speed gate: whether our training step has become slower, relative to a control, than in the baseline.

A slower or busy machine slows the control too, so the gate compares ratios to it. Launches of the same code differ by
more than their rounds do, so the launch is the unit: today's is compared with the baseline's, by how much launches
differ. A step counts as slower only if a second launch confirms it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median, variance

from scipy.special import stdtrit

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import CONFIDENCE, Interval

# Largest ratio of times, in units of the control, that does not count as slower.
TOLERANCE = 1.15


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Times of one launch of our engine and of the control, in a process each."""

    experiment: str  #: whose steps were timed
    step_seconds: tuple[float, ...]  #: seconds of our step by round, positive, at least one
    control_seconds: tuple[float, ...]  #: seconds of the control's step, by the same rounds

    def __post_init__(self) -> None:
        rounds = len(self.step_seconds), len(self.control_seconds)
        if rounds[0] != rounds[1] or min((*self.step_seconds, *self.control_seconds), default=0) <= 0:
            msg = f"A launch has one or more rounds of both engines, all with positive times; received {rounds} rounds."
            raise ValueError(msg)

    @cached_property
    def ratio(self) -> float:
        """Median over the rounds of a step's time over that of the control."""
        return median(step / control for step, control in zip(self.step_seconds, self.control_seconds, strict=True))


@dataclass(frozen=True)
class Spread:
    """By how much launches of the same code differ on one processor."""

    standard_deviation: float  #: of the logarithm of a launch's ratio; NaN without two launches of an experiment
    freedom: int  #: degrees of freedom

    def reach(self, new: int, before: int) -> float:
        """Return the half width of a comparison's 95 % interval, in the logarithm of the ratio.

        Parameters
        ----------
        new, before
            Numbers of launches.

        Notes
        -----
        ``t * s * sqrt(1 / new + 1 / before)``: for one new launch the prediction interval of a further value [1]_, but
        with the pooled s.

        References
        ----------
        .. [1] Hahn and Meeker, "Statistical Intervals", Wiley 1991, section 4.8.
        """
        quantile = float(stdtrit(self.freedom, (1 + CONFIDENCE) / 2))
        return quantile * self.standard_deviation * math.sqrt(1 / new + 1 / before)


@dataclass(frozen=True, kw_only=True)
class SpeedComparison:
    """The gate's result for one experiment's training step."""

    experiment: str
    outcome: Outcome  #: failed where both launches exceed the tolerance; undecided where an interval reaches beyond it
    ratio: Estimate  #: time of a step over the baseline's, both in units of the control
    confirmation: Estimate | None  #: the ratio of the second launch; None where there was none, or no need for one
    tolerance: float  #: largest ratio that does not count as slower

    @property
    def can_decide(self) -> bool:
        """Whether the baseline shows how much launches differ: two of any experiment do."""
        return not math.isnan(self.ratio.interval.low)

    @property
    def needs_confirmation(self) -> bool:
        """Whether the launch is slower, and a second one has to confirm it."""
        return self.ratio.interval.low > self.tolerance and self.confirmation is None


def pool_spread(groups: Iterable[Sequence[Launch]]) -> Spread:
    """Pool the spread of groups of launches, each of the same code and experiment, around their own means."""
    logarithms = [[math.log(launch.ratio) for launch in group] for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in logarithms)
    squares = math.fsum((len(group) - 1) * variance(group) for group in logarithms)
    return Spread(math.sqrt(squares / freedom) if freedom else math.nan, freedom)


def compare_launches(new: Sequence[Launch], before: Sequence[Launch], *, spread: Spread) -> Estimate:
    """Return the ratio of step times by the geometric means of launches, all of one experiment, with its interval.

    Raises
    ------
    ValueError
        If either has no launch, or they are of several experiments.
    """
    if {launch.experiment for launch in new} != {launch.experiment for launch in before} or not before:
        msg = f"Launches are compared with at least one of the same experiment; received {len(before)}."
        raise ValueError(msg)
    change, reference = (fmean(math.log(launch.ratio) for launch in launches) for launches in (new, before))
    change -= reference
    reach = spread.reach(len(new), len(before))
    return Estimate(math.exp(change), Interval(math.exp(change - reach), math.exp(change + reach)))


def judge_speed(
    launch: Launch,
    *,
    baseline: Mapping[str, Sequence[Launch]],
    second: Launch | None = None,
    tolerance: float = TOLERANCE,
) -> SpeedComparison:
    """Judge a launch against the baseline's.

    Parameters
    ----------
    baseline
        Launches of one processor, by experiment: all tell how much launches differ. Where no experiment has two, the
        interval is NaN, and nothing is decided.
    second
        Another launch, which counts only if the first is slower.
    tolerance
        Largest ratio that does not count as slower.
    """
    before, spread = baseline.get(launch.experiment, ()), pool_spread(baseline.values())
    ratio, confirmation = compare_launches([launch], before, spread=spread), None
    outcome = Outcome.PASSED if ratio.interval.high <= tolerance else Outcome.UNDECIDED
    if second and ratio.interval.low > tolerance:
        confirmation = compare_launches([second], before, spread=spread)
        outcome = Outcome.FAILED if confirmation.interval.low > tolerance else Outcome.UNDECIDED
    return SpeedComparison(
        experiment=launch.experiment, outcome=outcome, ratio=ratio, confirmation=confirmation, tolerance=tolerance
    )


def judge_revisions(
    launches: Sequence[Launch], *, before: Sequence[Launch], tolerance: float = TOLERANCE
) -> SpeedComparison:
    """Judge launches of one experiment against those of an earlier revision, made in turn with them.

    There is no second launch: each revision has several, and their spread is taken from them alone.
    """
    ratio = compare_launches(launches, before, spread=pool_spread([launches, before]))
    outcome = Outcome.PASSED if ratio.interval.high <= tolerance else Outcome.UNDECIDED
    return SpeedComparison(
        experiment=launches[0].experiment,
        outcome=Outcome.FAILED if ratio.interval.low > tolerance else outcome,
        ratio=ratio,
        confirmation=None,
        tolerance=tolerance,
    )
