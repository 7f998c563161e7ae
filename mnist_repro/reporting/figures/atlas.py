"""The figure of all documents: each printed value of each reported run over our runs, in their standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from mnist_repro.reporting.figures.marks import DOCUMENT_POINTS, Texts, draw_legend, label_rows
from mnist_repro.reporting.figures.style import GRID, MUTED, OURS, scatter, svg_figure
from mnist_repro.reporting.figures.verdict_marks import SIGNS
from mnist_repro.reporting.wording.atlas import AtlasRow
from mnist_repro.reporting.wording.digits import MINUS, write
from mnist_repro.reporting.wording.reported_runs import format_run, format_within
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.finding import count_runs

# Inches: a phone shrinks it to its own width, and letters are still to be read.
_WIDTH = 4.9
_ROW_INCHES, _HEAD_INCHES = 0.24, 1.45
_LETTERS = 9.5
# The axis is linear up to here and logarithmic beyond: a miss may lie ten times as far off as what is inside.
_LINEAR = 3.0
# Few enough that their labels stand apart.
_TICKS = (-1000, -100, -10, -2, 0, 2, 10, 100, 1000)
_LEAST_REACH, _MOST_REACH = 6.0, 500.0
# About 95 % of the values of any of our runs.
_USUAL = 2.0


def draw_atlas(path: Path, *, rows: Sequence[AtlasRow]) -> None:
    """Draw the printed values of each reported run, in standard deviations of our runs from their mean."""
    # The name of a document has a line of its own, above its runs.
    lines: list[AtlasRow | None] = []
    names: dict[int, str] = {}
    for row in rows:
        if row.is_first:
            names[len(lines)] = row.document.name
            lines.append(None)
        lines.append(row)
    about = "; ".join(f"{row.document.name}, {row.run.id}: {_describe(row)}" for row in rows)
    height = _ROW_INCHES * len(lines) + _HEAD_INCHES
    title = "Every reported run among ours"
    with svg_figure(path, title=title, height=height, width=_WIDTH, description=f"{about}.") as figure:
        axes = figure.subplots()
        shown: dict[str, Any] = {"95 % of our runs": axes.axvspan(-_USUAL, _USUAL, color=OURS, alpha=0.13, linewidth=0)}
        axes.axvline(0.0, color=OURS, linewidth=1.2)
        reach = _LEAST_REACH
        for place, each in enumerate(lines):
            if each:
                reach = max(reach, _draw_row(axes, place, each, shown=shown))
        for place in names:
            axes.axhline(place - 0.5, color=GRID, linewidth=1.0, zorder=0.6)
        along: dict[str, Any] = {"size": _LETTERS, "transform": axes.get_yaxis_transform()}
        label_rows(axes, [each.run.id if each else "" for each in lines], size=_LETTERS)
        heads = [(0.0, place) for place in names]
        axes.add_artist(Texts(heads, list(names.values()), align=0, offset=(4, 0), weights="bold", **along))
        signs = [(1.0, place) for place, each in enumerate(lines) if each]
        axes.add_artist(Texts(signs, [SIGNS[row.run.word] for row in rows], align=0, offset=(6, 0), **along))
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.spines["left"].set_visible(False)
        _format_axis(axes, reach=reach)
        draw_legend(figure, shown, columns=2)


def _draw_row(axes: Axes, place: int, row: AtlasRow, *, shown: dict[str, Any]) -> float:
    """Draw the values of a run, or what it lacks, add to what the legend shows, and return how far the values reach."""
    points, ends = _standardize(row)
    if not len(points):
        is_exact = row.run.verdict.exact is not None
        if is_exact:
            (shown["digit by digit"],) = axes.plot(0, place, **DOCUMENT_POINTS | {"marker": "s"})
        text = format_within(row.run) if is_exact else _tell_lack(row.run)
        axes.add_artist(Texts([(0, place)], [text], align=0, offset=(9, 0), size=_LETTERS, colours=MUTED))
        return 0.0
    heights = place + np.where(ends, 0.0, 0.4 * scatter(len(points)))
    for chosen, size, name in ((~ends, 3.6, "of a curve"), (ends, 7.5, "printed value")):
        if chosen.any():
            look = DOCUMENT_POINTS | {"markersize": size, "markeredgewidth": 0.6, "alpha": 0.85}
            (shown[name],) = axes.plot(points[chosen], heights[chosen], **look)
    return float(abs(points).max()) * 1.3


def _standardize(row: AtlasRow) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the printed values of a run as multiples of our standard deviation, and which end a curve or stand alone.

    Values in which all our runs agree have none, and are left out.
    """
    standing = row.run.verdict.standing
    if standing is None:
        return np.empty(0), np.empty(0, dtype=np.bool_)
    off = standing.document - standing.ours.mean(axis=0)
    varies = standing.deviations > 0
    is_end = np.append(standing.family_of[1:] != standing.family_of[:-1], True)
    found = np.clip(off[varies] / standing.deviations[varies], -_MOST_REACH, _MOST_REACH)
    return found, is_end[varies]


def _tell_lack(run: JudgedRun) -> str:
    return count_runs(run.verdict.runs) if run.verdict.runs else run.word.value


def _describe(row: AtlasRow) -> str:
    """Say what a row shows, for who cannot see it."""
    points, _ = _standardize(row)
    if not len(points):
        return format_run(row.run)
    return f"{format_run(row.run)}, at most {write(float(abs(points).max()), 1)} standard deviations off"


def _format_axis(axes: Axes, *, reach: float) -> None:
    axes.set_xscale("symlog", linthresh=_LINEAR, linscale=1.0)
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in _TICKS if abs(tick) <= reach]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:.0f}".replace("-", MINUS)))
    axes.set_xlabel("printed value minus our mean,\nin standard deviations of a run")
