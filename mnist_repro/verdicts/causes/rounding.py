"""How far rounding alone carries two runs apart: the same run, its initial values moved by a unit in the last place.

Where that spreads the results as far as other seeds do, a run is numerically chaotic: two platforms, which round
differently, cannot agree run by run, and can be compared by distribution only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import stats

from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import CONFIDENCE, Interval

# Two losses that differ by more, in nats, are no longer the same.
PARTED = 1e-3
# Below this share of the spread over seeds, what rounding does can be neglected.
_NEGLIGIBLE = 0.1


class Effect(Enum):
    """What rounding does to a run's result."""

    CHAOS = "numerically chaotic: no two platforms can agree run by run"
    SOME = "runs part, though by less than seeds make them"
    NONE = "platforms can agree run by run"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What a unit in the last place does to an experiment's runs.

    Parameters
    ----------
    experiment
        Its id.
    pairs
        Seeds that were run from their own start and from the moved one.
    ratio, interval
        Spread of the final loss that the move makes, over that which seeds make, with its 95 % interval; NaN where
        there are too few runs.
    parted
        Steps after which the losses of a pair differ by more than 0.001 nats: the median over pairs;
        infinite where most pairs stay together, NaN where none was followed.
    followed
        Pairs that were followed step by step.
    """

    experiment: str
    pairs: int
    ratio: float
    interval: Interval
    parted: float
    followed: int

    @property
    def effect(self) -> Effect:
        """What rounding does: chaos where it may well spread the results as far as seeds do."""
        if math.isnan(self.ratio):
            return Effect.UNKNOWN
        if self.interval.high >= 1:
            return Effect.CHAOS
        return Effect.NONE if self.interval.high < _NEGLIGIBLE else Effect.SOME


def measure_sensitivity(
    experiment: str,
    *,
    evaluation_set: str,
    first_steps_set: str,
    records: Sequence[RunRecord],
    moved: Sequence[RunRecord],
    first_steps: Sequence[RunRecord],
    first_steps_moved: Sequence[RunRecord],
) -> Sensitivity:
    """Compare runs with their moved twins.

    Parameters
    ----------
    evaluation_set
        Where the final loss is taken.
    first_steps_set
        Where the losses of first steps are.
    records, moved
        Whole runs, from their own start and from the moved one.
    first_steps, first_steps_moved
        The same with a loss after each of the first steps.

    Notes
    -----
    Of two independent runs the difference has twice the variance of one. So ``mean(difference^2) / 2`` over the
    variance among n seeds has an F distribution with (pairs, n - 1) degrees of freedom where rounding is as good as a
    new seed and losses are normally distributed: that gives the interval.
    """
    losses = {r.seed: r.final_loss[evaluation_set] for r in records if r.status == "completed"}
    differences = [a.final_loss[evaluation_set] - b.final_loss[evaluation_set] for a, b in _pairs(moved, records)]
    ratio, interval = math.nan, Interval(math.nan, math.nan)
    if min(len(differences), len(losses)) >= 2:  # noqa: PLR2004 - one run has no spread
        ratio = math.sqrt(float(np.mean(np.square(differences))) / 2 / float(np.var(list(losses.values()), ddof=1)))
        low, high = stats.f.interval(CONFIDENCE, len(differences), len(losses) - 1)
        interval = Interval(ratio / math.sqrt(high), ratio / math.sqrt(low))
    parted = [_steps_together(a, b, first_steps_set) for a, b in _pairs(first_steps_moved, first_steps)]
    return Sensitivity(
        experiment=experiment,
        pairs=len(differences),
        ratio=ratio,
        interval=interval,
        parted=float(np.median(parted)) if parted else math.nan,
        followed=len(parted),
    )


def _pairs(moved: Sequence[RunRecord], records: Sequence[RunRecord]) -> Iterator[tuple[RunRecord, RunRecord]]:
    by_seed = {record.seed: record for record in records if record.status == "completed"}
    for record in moved:
        if record.status == "completed" and record.seed in by_seed:
            yield record, by_seed[record.seed]


def _steps_together(moved: RunRecord, record: RunRecord, evaluation_set: str) -> float:
    ours, theirs = ([period.loss[evaluation_set] for period in run.periods] for run in (moved, record))
    return count_steps_together(ours, theirs)


def count_steps_together(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return after how many steps losses first differ by more than `PARTED`; infinite if they never do."""
    together = (step for step, (a, b) in enumerate(zip(ours, theirs, strict=True), 1) if abs(a - b) > PARTED)
    return next(together, math.inf)
