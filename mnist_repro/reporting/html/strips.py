"""Where a document's numbers lie among our runs, as small drawings: a row for each number, all on one axis.

What is told here are places; the template draws them. All are shares of the axis, so that a drawing is as wide as its
table's cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from mnist_repro.reporting.figures.style import scatter
from mnist_repro.reporting.wording.numbers import format_tick
from mnist_repro.verdicts.measured import Assessment

# Steps into which an axis is divided for the dots.
STEPS = 1000
# Pixels: of a row that stands alone or nearly so, and of one of many.
_TALL, _SHORT = 60, 24
_FEW_ROWS = 2
# The share of a row's height that dots are scattered over.
_FILLED = 0.7
_MARGIN = 0.05


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One number's row.

    Parameters
    ----------
    height
        Pixels.
    dots
        The runs as data of an SVG path, in a box of `STEPS` by `height`.
    band
        Start and width of the 95 % prediction interval of one run, in percent of the axis; None where it is unknown.
    mean, reported
        In percent of the axis; None for the mean where there are no runs.
    """

    height: int
    dots: str
    band: tuple[str, str] | None
    mean: str | None
    reported: str


@dataclass(frozen=True, kw_only=True)
class Strips:
    """All rows of a claim.

    Parameters
    ----------
    rows
        One for each number.
    ticks
        Places on the axis in percent, with their labels.
    """

    rows: tuple[Strip, ...]
    ticks: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)

    def percent(self, value: float) -> str:
        return _percent(self.share(value))


def place_runs(assessments: Sequence[Assessment]) -> Strips | None:
    """Place reported numbers and our runs on one axis.

    Parameters
    ----------
    assessments
        The numbers, of one metric and unit, with our runs.

    Returns
    -------
    Strips or None
        None where there are no runs, or the numbers are none of a run: labels.
    """
    values = [assessment.measured.values for assessment in assessments]
    if not any(map(len, values)):
        return None
    axis = _choose_axis(assessments, values)
    height = _TALL if len(assessments) <= _FEW_ROWS else _SHORT
    claim = assessments[0].claim
    ticks = MaxNLocator(nbins=4).tick_values(axis.low, axis.high)
    return Strips(
        rows=tuple(
            _place(assessment, shown, axis=axis, height=height)
            for assessment, shown in zip(assessments, values, strict=True)
        ),
        ticks=tuple((axis.percent(tick), format_tick(tick, claim)) for tick in ticks if axis.low <= tick <= axis.high),
    )


def _choose_axis(assessments: Sequence[Assessment], values: Sequence[np.ndarray]) -> _Axis:
    ends = [assessment.claim.value for assessment in assessments]
    ends += [end for shown in values if len(shown) for end in (float(shown.min()), float(shown.max()))]
    ends += [end for assessment in assessments for end in _interval(assessment)]
    low, high = min(ends), max(ends)
    margin = _MARGIN * (high - low) or abs(low) / 10 or 1.0
    return _Axis(low - margin, high + margin)


def _interval(assessment: Assessment) -> tuple[float, ...]:
    """Return the ends of one run's interval; none where it is unknown."""
    if assessment.summary is None:
        return ()
    interval = assessment.summary.prediction_interval
    return (interval.low, interval.high) if math.isfinite(interval.low) and math.isfinite(interval.high) else ()


def _place(assessment: Assessment, values: np.ndarray, *, axis: _Axis, height: int) -> Strip:
    places = [(round(STEPS * axis.share(value)), value) for value in values]
    heights = np.rint(height * (0.5 + _FILLED * scatter(len(values)))).astype(int)
    ends = _interval(assessment)
    return Strip(
        height=height,
        # A line of no length, with round ends, is a dot.
        dots="".join(f"M{place} {high}h0" for (place, _), high in zip(places, heights, strict=True)),
        band=(axis.percent(ends[0]), _percent(axis.share(ends[1]) - axis.share(ends[0]))) if ends else None,
        mean=axis.percent(float(values.mean())) if len(values) else None,
        reported=axis.percent(assessment.claim.value),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
