"""Strips: the values of a document among our runs, a row for each value, all on one axis.

Where an axis in the unit of a curve would hide its last points, it is one in standard deviations of our runs.

The places are computed here, as fractions of the axis, so that a drawing is as wide as its cell; the template draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mnist_repro.reporting.figures.style import list_ticks, scatter
from mnist_repro.reporting.wording.digits import MINUS
from mnist_repro.reporting.wording.numbers import format_tick
from mnist_repro.stats.summary import UNKNOWN
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
    ends: tuple[float, float]  #: of the axis
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
    rows = [_Row.read(assessment) for assessment in assessments]
    if not any(len(row.ours) for row in rows):
        return None
    label: Callable[[float], str] = partial(format_tick, claim=assessments[0].claim)
    axis = _choose_axis(rows, margin=margin)
    # The values of a curve fall by more than the runs differ at its end.
    if len(rows) > _FEW_ROWS and all(row.deviation for row in rows):
        scaled = [row.in_deviations() for row in rows]
        scaled_axis = _choose_axis(scaled, margin=margin)
        if _fill(scaled, scaled_axis) > _fill(rows, axis):
            rows, axis, label = scaled, scaled_axis, _format_deviations
    height = height or (_TALL if len(rows) <= _FEW_ROWS else _SHORT)
    ticks = [tick for tick in list_ticks(axis.low, axis.high) if axis.low <= tick <= axis.high]
    return Strips(
        rows=tuple(_place(row, axis=axis, height=height) for row in rows),
        ends=(axis.low, axis.high),
        ticks=tuple((axis.percent(tick), label(tick)) for tick in ticks),
    )


@dataclass(frozen=True)
class _Row:
    """What is drawn of one value."""

    ours: np.ndarray
    reported: float
    band: tuple[float, ...]  #: ends of the interval of one run; empty where it is unknown

    @classmethod
    def read(cls, assessment: Assessment) -> _Row:
        interval = assessment.summary.prediction_interval if assessment.summary else UNKNOWN
        band = (interval.low, interval.high) if math.isfinite(interval.low) and math.isfinite(interval.high) else ()
        return cls(assessment.measured.values, assessment.claim.value, band)

    @property
    def deviation(self) -> float:
        """The standard deviation of our runs; 0 for fewer than two."""
        return float(np.std(self.ours, ddof=1)) if len(self.ours) > 1 else 0.0

    def in_deviations(self) -> _Row:
        """Return the same as distances from our mean, in standard deviations."""
        mean, scale = self.ours.mean(), self.deviation
        band = tuple((end - mean) / scale for end in self.band)
        return _Row((self.ours - mean) / scale, (self.reported - mean) / scale, band)


def _choose_axis(rows: Sequence[_Row], *, margin: float) -> _Axis:
    ends = [end for row in rows for end in (row.reported, *row.ours, *row.band)]
    low, high = min(ends), max(ends)
    free = margin * (high - low) or abs(low) / 10 or 1.0
    return _Axis(low - free, high + free)


def _fill(rows: Sequence[_Row], axis: _Axis) -> float:
    """Return how much of the axis our runs take where they take least."""
    return min(float(np.ptp(row.ours)) for row in rows) / (axis.high - axis.low)


def _format_deviations(tick: float) -> str:
    return f"{tick:+.4g}".replace("-", MINUS) if tick else "0 sd"


def _place(row: _Row, *, axis: _Axis, height: int) -> Strip:
    places = [round(STEPS * axis.fraction(value)) for value in row.ours]
    heights = np.rint(height * (0.5 + _FILLED * scatter(len(places)))).astype(int)
    return Strip(
        height=height,
        # A line of length 0 with round ends is a dot.
        dots="".join(f"M{place} {high}h0" for place, high in zip(places, heights, strict=True)),
        band=(axis.percent(row.band[0]), _percent(axis.fraction(row.band[1]) - axis.fraction(row.band[0])))
        if row.band
        else None,
        mean=axis.percent(float(row.ours.mean())) if places else None,
        reported=axis.percent(row.reported),
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}%"
