"""Strips: the values of a document among our runs, a row for each value, all on one axis.

The places are computed here, as fractions of the axis, so that a drawing is as wide as its cell; the template draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_repro.reporting.figures.style import list_ticks, scatter
from mnist_repro.reporting.wording.numbers import format_tick
from mnist_repro.verdicts.measured import Assessment

# The axis has this many steps for the dots.
STEPS = 1000
# Height of a row in pixels: of one or two rows, and of many.
_TALL, _SHORT = 60, 24
_FEW_ROWS = 2
# Fraction of the height of a row over which dots are scattered.
_FILLED = 0.7
_MARGIN = 0.05


@dataclass(frozen=True, kw_only=True)
class Strip:
    """The row of one value; places are in percent of the axis."""

    height: int  #: pixels
    dots: str  #: the runs as data of an SVG path, in a box of `STEPS` by `height`
    band: tuple[str, str] | None  #: start and width of one run's 95 % prediction interval; None where unknown
    mean: str | None  #: our mean; None without runs
    reported: str  #: the value in the document


@dataclass(frozen=True, kw_only=True)
class Strips:
    """All rows of a claim."""

    rows: tuple[Strip, ...]  #: one for each value
    ends: tuple[float, float]  #: of the axis, in the claims' unit
    ticks: tuple[tuple[str, str], ...]  #: places in percent of the axis, with their labels


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    def fraction(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)

    def percent(self, value: float) -> str:
        return _percent(self.fraction(value))


def place_runs(
    assessments: Sequence[Assessment], *, height: int | None = None, margin: float = _MARGIN
) -> Strips | None:
    """Place reported values, of one metric and unit, and our runs on one axis.

    None without runs, and for labels, which no run measures.

    Parameters
    ----------
    height
        Of a row in pixels; None chooses it by their number.
    margin
        Free axis on either side, as a fraction of what lies between.
    """
    values = [assessment.measured.values for assessment in assessments]
    if not any(map(len, values)):
        return None
    axis = _choose_axis(assessments, values, margin=margin)
    height = height or (_TALL if len(assessments) <= _FEW_ROWS else _SHORT)
    claim = assessments[0].claim
    ticks = list_ticks(axis.low, axis.high)
    return Strips(
        rows=tuple(
            _place(assessment, shown, axis=axis, height=height)
            for assessment, shown in zip(assessments, values, strict=True)
        ),
        ends=(axis.low, axis.high),
        ticks=tuple((axis.percent(tick), format_tick(tick, claim)) for tick in ticks if axis.low <= tick <= axis.high),
    )


def _choose_axis(assessments: Sequence[Assessment], values: Sequence[np.ndarray], *, margin: float) -> _Axis:
    ends = [assessment.claim.value for assessment in assessments]
    ends += [end for shown in values if len(shown) for end in (float(shown.min()), float(shown.max()))]
    ends += [end for assessment in assessments for end in _interval(assessment)]
    low, high = min(ends), max(ends)
    free = margin * (high - low) or abs(low) / 10 or 1.0
    return _Axis(low - free, high + free)


def _interval(assessment: Assessment) -> tuple[float, ...]:
    """Return the ends of the interval of one run; empty where it is unknown."""
    if assessment.summary is None:
        return ()
    interval = assessment.summary.prediction_interval
    return (interval.low, interval.high) if math.isfinite(interval.low) and math.isfinite(interval.high) else ()


def _place(assessment: Assessment, values: np.ndarray, *, axis: _Axis, height: int) -> Strip:
    places = [round(STEPS * axis.fraction(value)) for value in values]
    heights = np.rint(height * (0.5 + _FILLED * scatter(len(values)))).astype(int)
    ends = _interval(assessment)
    return Strip(
        height=height,
        # A line of length 0 with round ends is a dot.
        dots="".join(f"M{place} {high}h0" for place, high in zip(places, heights, strict=True)),
        band=(axis.percent(ends[0]), _percent(axis.fraction(ends[1]) - axis.fraction(ends[0]))) if ends else None,
        mean=axis.percent(float(values.mean())) if len(values) else None,
        reported=axis.percent(assessment.claim.value),
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}%"
