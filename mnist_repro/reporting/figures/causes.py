"""Figures of causes: the values of the document among the runs of each alternative."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.reporting.figures.marks import Texts, draw_intervals, draw_legend, label_rows
from mnist_repro.reporting.figures.style import DOCUMENT, MUTED, OURS, svg_figure
from mnist_repro.reporting.wording.digits import name_p
from mnist_repro.reporting.wording.numbers import format_number, format_subject, format_tick
from mnist_repro.stats.summary import summarize
from mnist_repro.verdicts.causes.alternatives import Answer, last_values
from mnist_repro.verdicts.causes.finder import ExperimentCauses

# Reach of an axis from the document, in half prediction intervals of the reconstruction; an arrow with the mean stands
# for runs beyond it.
_REACH = 9.0
_ROW_INCHES = 0.42
_HEAD_INCHES = 1.75
_LETTERS = 9.5
# Room for an arrow beside the line, as a fraction of what lies on its other side; beside bars, of what they cover.
_ARROW_ROOM, _MARGIN = 1.0, 0.06
_BAR: dict[str, Any] = {"marker": "o", "markersize": 6, "linewidth": 9, "solid_capstyle": "round"}
_LEGEND = {
    "document": Line2D([], [], color=DOCUMENT, linewidth=1.8),
    "mean and 95 % interval of one run": Line2D([], [], color=OURS, alpha=0.5, **_BAR),
    "excluded": Line2D([], [], color=MUTED, alpha=0.5, **_BAR),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """The runs of one alternative."""

    label: str  #: the choice and what it was changed to
    values: tuple[NDArray[np.float64], ...]  #: for each claim shown, of shape (n_runs,), in its unit
    answer: str  #: whether the document could have been made so, with the p-value of its whole run
    excluded: bool  #: whether the alternative is excluded


def draw_causes(path: Path, *, causes: ExperimentCauses) -> None:
    """Draw the final accuracy and loss of the document among the runs of each alternative, a row each."""
    claims = last_values(causes.claims)
    rows = _rows(causes)
    title = f"{causes.protocol.title}: alternatives, judged on the whole run"
    about = "; ".join(f"{row.label}: {row.answer}".replace("\n", " ") for row in rows)
    height = _ROW_INCHES * len(rows) + _HEAD_INCHES
    with svg_figure(path, title=title, height=height, description=f"{about}.") as figure:
        panels = figure.subplots(1, len(claims), squeeze=False, sharey=True)[0]
        for index, (axes, claim) in enumerate(zip(panels, claims, strict=True)):
            _draw_panel(axes, claim, rows, index=index)
        label_rows(panels[0], [row.label for row in rows], size=_LETTERS)
        last = panels[-1]
        places = [(1, row) for row in range(len(rows))]
        last.add_artist(
            Texts(
                places,
                [row.answer for row in rows],
                align=0,
                offset=(8, 0),
                size=_LETTERS,
                transform=last.get_yaxis_transform(),
            )
        )
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        draw_legend(figure, _LEGEND)


def _rows(causes: ExperimentCauses) -> list[Row]:
    rows = []
    for cause in causes.ways:
        values = tuple(measured.values for measured in cause.last)
        if not all(map(len, values)):
            continue
        label = f"{cause.variant.choice}: {cause.variant.change}" if cause.variant else "as reconstructed"
        answer = cause.answer.value if cause.p is None else f"{cause.answer.value},\n{name_p(cause.p)}"
        is_excluded = cause.answer is Answer.EXCLUDED
        rows.append(Row(label=textwrap.fill(label, width=34), values=values, answer=answer, excluded=is_excluded))
    return rows


def _draw_panel(axes: Axes, claim: Claim, rows: Sequence[Row], *, index: int) -> None:
    summaries = [summarize(row.values[index]) for row in rows]
    ours = summaries[0].prediction_interval
    half = (ours.high - ours.low) / 2 if math.isfinite(ours.high) else abs(claim.value) / 20
    low, high = claim.value - _REACH * half, claim.value + _REACH * half
    values = np.full((len(rows), 3), math.nan)
    colours = [MUTED if row.excluded else OURS for row in rows]
    for place, summary in enumerate(summaries):
        interval = summary.prediction_interval
        # A bar that is cut off would hide how far away it is. A single run has no interval: NaN is beyond nothing.
        if min(summary.mean, interval.low) < low or max(summary.mean, interval.high) > high:
            edge = low if summary.mean < claim.value else high
            _draw_arrow(axes, claim, summary.mean, place=place, edge=edge, colour=colours[place])
        else:
            values[place] = summary.mean, interval.low, interval.high
    draw_intervals(axes, values, colours=colours, alpha=0.35, thickness=9, dot=6)
    shown = [claim.value, *values[np.isfinite(values)]]
    axes.axvline(claim.value, color=DOCUMENT, linewidth=1.8, zorder=0.5)
    span = max(shown) - min(shown) or half
    left, right = min(shown) - _MARGIN * span, max(shown) + _MARGIN * span
    beyond = [summary.mean for summary, value in zip(summaries, values, strict=True) if math.isnan(value[0])]
    if any(mean < claim.value for mean in beyond):
        left = min(left, claim.value - _ARROW_ROOM * (right - claim.value))
    if any(mean >= claim.value for mean in beyond):
        right = max(right, claim.value + _ARROW_ROOM * (claim.value - left))
    axes.set_xlim(left, right)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    if claim.unit in {"fraction", "images"}:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: format_tick(tick, claim)))
    axes.set_xlabel(f"{format_subject(claim)}{' (nats)' if claim.metric == 'loss' else ''}")


def _draw_arrow(axes: Axes, claim: Claim, mean: float, *, place: int, edge: float, colour: str) -> None:
    """Draw an arrow with the mean of runs that lie beyond the axis."""
    below = edge < claim.value
    style: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "color": colour,
        "verticalalignment": "center_baseline",
        "fontsize": _LETTERS,
    }
    text = (
        f"\N{LEFTWARDS ARROW} {format_number(mean, claim)}"
        if below
        else f"{format_number(mean, claim)} \N{RIGHTWARDS ARROW}"
    )
    axes.text(0.02 if below else 0.98, place, text, horizontalalignment="left" if below else "right", **style)
