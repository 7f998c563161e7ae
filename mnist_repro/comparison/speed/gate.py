"""The speed gate: whether our training step has become slower beside a control than it was in the baseline.

A slower or busy machine slows the control too, so what is compared are ratios to it: those of today's launch beside
those of the baseline's. Slower counts only what a second launch confirms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.stats.estimates import Estimate, estimate_median_ratio

# A step may take so much longer, in units of the control, before it counts as slower.
TOLERANCE = 1.15
_SEED = 20_261_120


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What one launch of our engine and the control measured, a process for each.

    Parameters
    ----------
    experiment
        Whose steps were timed.
    step_seconds, control_seconds
        Seconds of a step of each, by round: positive, as many of the one as of the other, and at least two.
    """

    experiment: str
    step_seconds: tuple[float, ...]
    control_seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        rounds = len(self.step_seconds), len(self.control_seconds)
        if rounds[0] != rounds[1] or rounds[0] < 2 or min(*self.step_seconds, *self.control_seconds) <= 0:  # noqa: PLR2004 - one round has no spread
            msg = f"A launch has two or more rounds of both engines, each of a positive time; received {rounds} rounds."
            raise ValueError(msg)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Time of a step in those of the control, by round."""
        return tuple(step / control for step, control in zip(self.step_seconds, self.control_seconds, strict=True))


@dataclass(frozen=True, kw_only=True)
class SpeedComparison:
    """What the gate says of one experiment's training step.

    Parameters
    ----------
    experiment
        Its id.
    outcome
        Failed where both launches are slower than the tolerance allows; undecided where an interval reaches beyond it.
    ratio
        Time of a step beside the baseline's, in units of the control.
    confirmation
        The same of the second launch; None where the first gave no reason for one.
    tolerance
        The largest ratio that is not slower.
    """

    experiment: str
    outcome: Outcome
    ratio: Estimate
    confirmation: Estimate | None
    tolerance: float


def compare_launches(launch: Launch, baseline: Sequence[Launch]) -> Estimate:
    """Return how long a step takes in a launch beside the baseline's launches, with its 95 % interval.

    Raises
    ------
    ValueError
        If there is no launch in the baseline, or they are not all of one experiment.
    """
    if {before.experiment for before in baseline} != {launch.experiment}:
        msg = f"A launch of {launch.experiment} is held against launches of it, at least one."
        raise ValueError(msg)
    before = [ratio for earlier in baseline for ratio in earlier.ratios]
    return estimate_median_ratio(launch.ratios, before, generator=np.random.default_rng(_SEED))


def judge_speed(
    launch: Launch, *, baseline: Sequence[Launch], measure_again: Callable[[], Launch], tolerance: float = TOLERANCE
) -> SpeedComparison:
    """Judge a launch by the baseline's.

    Parameters
    ----------
    launch, baseline
        Of one experiment.
    measure_again
        Makes the second launch; called only where the first is slower.
    tolerance
        The largest ratio that is not slower.
    """
    ratio, confirmation = compare_launches(launch, baseline), None
    if ratio.interval.low > tolerance:
        confirmation = compare_launches(measure_again(), baseline)
        outcome = Outcome.FAILED if confirmation.interval.low > tolerance else Outcome.UNDECIDED
    else:
        outcome = Outcome.PASSED if ratio.interval.high <= tolerance else Outcome.UNDECIDED
    return SpeedComparison(
        experiment=launch.experiment, outcome=outcome, ratio=ratio, confirmation=confirmation, tolerance=tolerance
    )
