"""How far rounding alone separates two runs: the same run, its initial values moved by a unit in the last place.

Where the two part, two platforms, which round differently, cannot agree run by run, and can be compared by distribution
only. Whether they part says nothing of how far: the ratio does, and stays below 1 where weights and order are shared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import special

from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import CONFIDENCE, UNKNOWN, Interval

# Two losses that differ by more, in nats, have diverged.
PARTED = 1e-3
# Below this fraction of the standard deviation over seeds, the effect of rounding can be neglected.
_NEGLIGIBLE = 0.1


class RoundingEffect(Enum):
    """What rounding does to a run: when it parts from the same run elsewhere."""

    CHAOS = "numerically chaotic: runs part within the first steps, and no two platforms agree run by run"
    LATE = "runs part later in training, and no two platforms agree run by run"
    NONE = "platforms can agree run by run"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class RoundingSensitivity:
    """What a unit in the last place does to an experiment's runs."""

    experiment: str  #: its id
    pairs: int  #: seeds that were run from their own initial values and from the moved ones
    #: standard deviation of the final loss that the move causes, over that of seeds; NaN with too few runs
    ratio: float
    interval: Interval  #: 95 % interval of the ratio
    #: steps after which the losses of a pair differ by more than 0.001 nats: the median over pairs; infinite where most
    #: pairs never do, NaN where none was followed
    parted: float
    followed: int  #: pairs that were followed step by step

    @property
    def effect(self) -> RoundingEffect:
        """What rounding does, by the step at which runs part; the end decides where the first steps do not."""
        if math.isfinite(self.parted):
            return RoundingEffect.CHAOS
        if self.interval.high < _NEGLIGIBLE:
            return RoundingEffect.NONE
        return RoundingEffect.UNKNOWN if math.isnan(self.parted + self.ratio) else RoundingEffect.LATE


def measure_rounding(
    experiment: str,
    *,
    evaluation_set: str,
    first_steps_set: str,
    records: Sequence[RunRecord],
    moved: Sequence[RunRecord],
    first_steps: Sequence[RunRecord],
    first_steps_moved: Sequence[RunRecord],
) -> RoundingSensitivity:
    """Compare runs with the same seeds' runs from moved initial values.

    Parameters
    ----------
    evaluation_set
        The set of the final loss.
    first_steps_set
        The set of the losses after the first steps.
    records, moved
        Whole runs, from their own initial values and from the moved ones.
    first_steps, first_steps_moved
        The same with a loss after each of the first steps.

    Notes
    -----
    The difference of two independent runs has twice the variance of one. So ``mean(difference^2) / 2`` over the
    variance among n seeds has an F distribution with (pairs, n - 1) degrees of freedom where rounding is as good as a
    new seed and losses are normally distributed. The interval follows from it.
    """
    losses = {r.seed: r.final_loss[evaluation_set] for r in records if r.status == "completed"}
    differences = [a.final_loss[evaluation_set] - b.final_loss[evaluation_set] for a, b in _pairs(moved, records)]
    ratio, interval = math.nan, UNKNOWN
    if min(len(differences), len(losses)) >= 2:  # noqa: PLR2004 - one run has no standard deviation
        ratio = math.sqrt(float(np.mean(np.square(differences))) / 2 / float(np.var(list(losses.values()), ddof=1)))
        low, high = special.fdtri(len(differences), len(losses) - 1, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        interval = Interval(ratio / math.sqrt(high), ratio / math.sqrt(low))
    parted = [_steps_together(a, b, first_steps_set) for a, b in _pairs(first_steps_moved, first_steps)]
    return RoundingSensitivity(
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
    """Return the number of steps after which losses first differ by more than `PARTED`; infinite if they never do."""
    together = (step for step, (a, b) in enumerate(zip(ours, theirs, strict=True), 1) if abs(a - b) > PARTED)
    return next(together, math.inf)
