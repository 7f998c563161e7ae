"""The speed gate: whether our training step has become slower, relative to a control, than in the baseline.

A slower or busy machine slows the control too, so the gate compares ratios to it: today's launch against the
baseline's. A step counts as slower only if a second launch confirms it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.stats.estimates import Estimate, estimate_median_ratio

# Largest ratio of times, in units of the control, that does not count as slower.
TOLERANCE = 1.15
_SEED = 20_261_120


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Times of one launch of our engine and of the control, in a process each."""

    experiment: str  #: whose steps were timed
    step_seconds: tuple[float, ...]  #: seconds of our step by round, positive, at least two
    control_seconds: tuple[float, ...]  #: seconds of the control's step, by the same rounds

    def __post_init__(self) -> None:
        rounds = len(self.step_seconds), len(self.control_seconds)
        if rounds[0] != rounds[1] or rounds[0] < 2 or min(*self.step_seconds, *self.control_seconds) <= 0:  # noqa: PLR2004 - one round has no variance
            msg = f"A launch has two or more rounds of both engines, all with positive times; received {rounds} rounds."
            raise ValueError(msg)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Time of a step over that of the control, by round."""
        return tuple(step / control for step, control in zip(self.step_seconds, self.control_seconds, strict=True))


@dataclass(frozen=True, kw_only=True)
class SpeedComparison:
    """The gate's result for one experiment's training step."""

    experiment: str
    outcome: Outcome  #: failed where both launches exceed the tolerance; undecided where an interval reaches beyond it
    ratio: Estimate  #: time of a step over the baseline's, both in units of the control
    confirmation: Estimate | None  #: the ratio of the second launch; None where there was none, or no need for one
    tolerance: float  #: largest ratio that does not count as slower

    @property
    def needs_confirmation(self) -> bool:
        """Whether the launch is slower, and a second one has to confirm it."""
        return self.ratio.interval.low > self.tolerance and self.confirmation is None


def compare_launches(launch: Launch, baseline: Sequence[Launch]) -> Estimate:
    """Return the ratio of a launch's step time to the baseline's, with its 95 % interval.

    Raises
    ------
    ValueError
        If the baseline has no launch, or not all launches are of one experiment.
    """
    if {before.experiment for before in baseline} != {launch.experiment}:
        msg = f"A launch of {launch.experiment} is compared with launches of it, at least one."
        raise ValueError(msg)
    before = [ratio for earlier in baseline for ratio in earlier.ratios]
    return estimate_median_ratio(launch.ratios, before, generator=np.random.default_rng(_SEED))


def judge_speed(
    launch: Launch, *, baseline: Sequence[Launch], second: Launch | None = None, tolerance: float = TOLERANCE
) -> SpeedComparison:
    """Judge a launch against the baseline's, all of one experiment.

    Parameters
    ----------
    second
        Another launch, which counts only if the first is slower.
    tolerance
        Largest ratio that does not count as slower.
    """
    ratio, confirmation = compare_launches(launch, baseline), None
    outcome = Outcome.PASSED if ratio.interval.high <= tolerance else Outcome.UNDECIDED
    if second and ratio.interval.low > tolerance:
        confirmation = compare_launches(second, baseline)
        outcome = Outcome.FAILED if confirmation.interval.low > tolerance else Outcome.UNDECIDED
    return SpeedComparison(
        experiment=launch.experiment, outcome=outcome, ratio=ratio, confirmation=confirmation, tolerance=tolerance
    )
