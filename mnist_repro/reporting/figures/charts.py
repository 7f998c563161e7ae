"""Figures of what was measured: plain data in, one SVG file out.

The document is orange diamonds and our runs are blue, in every figure. Fractions are shown as percent.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from mnist_repro.reporting.figures.style import (
    CARD,
    DOCUMENT,
    DOCUMENT_MARKER,
    INK,
    MUTED,
    OURS,
    format_percent,
    scatter,
    svg_figure,
)
from mnist_repro.verdicts.finding import count_runs

SINGLE_RUNS_SHOWN = 12

# Printed percentages have one decimal: what rounds to 0.0 % is left blank.
_BLANK_BELOW = 0.0005
# Above this luminance dark letters read better than white ones.
_LIGHT_LUMINANCE = 0.30

_DOCUMENT = "document"
_INTERVAL = "95 % prediction interval of one run"
_DOCUMENT_POINTS: dict[str, Any] = {
    "linestyle": "none",
    "marker": DOCUMENT_MARKER,
    "markersize": 7,
    "markerfacecolor": DOCUMENT,
    "markeredgecolor": CARD,
    "markeredgewidth": 1,
    "zorder": 4,
}

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """One metric of one experiment over its periods.

    Parameters
    ----------
    metric
        What was measured, for the axis: "validation loss".
    unit
        "nat", or "fraction", which is shown as percent.
    steps
        Array of shape (n_periods,): training steps made by the end of each period.
    runs
        Array of shape (n_runs, n_periods), n_runs >= 1.
    low, high
        Arrays of shape (n_periods,): the 95 % prediction interval for one run; NaN where there is none.
    reported
        What the document prints, array of shape (n_periods,), NaN where it prints nothing; None for no curve.
    """

    metric: str
    unit: str
    steps: NDArray[np.integer[Any]]
    runs: FloatArray
    low: FloatArray
    high: FloatArray
    reported: FloatArray | None = None

    def __post_init__(self) -> None:
        if not len(self.runs):
            msg = f"A curve of {self.metric} needs at least one run, received none. Leave this figure out."
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class RateCurve:
    """The learning rate of one experiment at each period's last step.

    Parameters
    ----------
    title
        The experiment's title.
    steps, rates
        Arrays of shape (n_periods,).
    reported
        What the document prints, array of shape (n_periods,), or None.
    """

    title: str
    steps: NDArray[np.integer[Any]]
    rates: FloatArray
    reported: FloatArray | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class OverviewRow:
    """One experiment's final accuracy.

    Parameters
    ----------
    title
        The experiment's title.
    runs
        Array of shape (n_runs,): accuracies as fractions.
    low, high
        The 95 % prediction interval for one run, as fractions; NaN where there is none.
    reported
        The accuracy that the document prints, as a fraction, or None.
    """

    title: str
    runs: FloatArray
    low: float
    high: float
    reported: float | None


def draw_curves(path: Path, *, title: str, curves: Sequence[Curve]) -> None:
    """Draw an experiment's curves side by side: our mean and prediction band, the document's points on top.

    Parameters
    ----------
    path
        The SVG file to write.
    title
        Printed above.
    curves
        One panel each, from left to right. Single runs are drawn where there are at most 12.
    """
    with svg_figure(path, title=title, height=3.7) as figure:
        panels = figure.subplots(1, len(curves), squeeze=False)[0]
        shown: dict[str, Any] = {}
        for axes, curve in zip(panels, curves, strict=True):
            shown |= _draw_curve(axes, curve)
        _draw_legend(figure, shown)


def draw_learning_rates(path: Path, *, curves: Sequence[RateCurve]) -> None:
    """Draw the learning rates at each period's last step, a panel for each experiment with a schedule."""
    with svg_figure(path, title="Learning rate at each period's last step", height=3.4) as figure:
        panels = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
        shown: dict[str, Any] = {}
        for axes, curve in zip(panels, curves, strict=True):
            (shown["our runs"],) = axes.plot(curve.steps, curve.rates, color=OURS, linewidth=2)
            if _has_values(curve.reported):
                (shown[_DOCUMENT],) = axes.plot(curve.steps, curve.reported, **_DOCUMENT_POINTS)
            axes.set_title(textwrap.fill(curve.title, width=34))
            _format_steps(axes)
        # The panels share their limits, and fixing one end of them ends their growing with the data.
        panels[0].set_ylim(bottom=0)
        panels[0].set_ylabel("learning rate")
        _draw_legend(figure, shown)


def draw_confusion(path: Path, *, title: str, matrix: FloatArray) -> None:
    """Draw a confusion matrix with its numbers in percent.

    Parameters
    ----------
    path
        The SVG file to write.
    title
        Printed above.
    matrix
        Array of shape (10, 10), mean over runs: the share of each true digit's images (row) that was taken for each
        predicted digit (column); a row's sum is 1.
    """
    colours = LinearSegmentedColormap.from_list("ours", [CARD, "#a9d3ec", OURS, "#00436b"])
    # The root spreads the few percent in which errors differ.
    norm = PowerNorm(0.5, vmin=0, vmax=1)
    digits = range(len(matrix))
    with svg_figure(path, title=title, height=6.3, width=6.6) as figure:
        axes = figure.subplots()
        axes.pcolormesh(matrix, cmap=colours, norm=norm, edgecolor=CARD, linewidth=1.5)
        for (true, predicted), share in np.ndenumerate(matrix):
            if share >= _BLANK_BELOW:
                axes.text(
                    predicted + 0.5,
                    true + 0.5,
                    f"{share:.1%}".removesuffix("%"),
                    color=_ink_on(colours(norm(share))),
                    horizontalalignment="center",
                    verticalalignment="center",
                    fontweight="bold" if true == predicted else "normal",
                )
        centres = [digit + 0.5 for digit in digits]
        axes.set_xticks(centres, labels=[str(digit) for digit in digits])
        axes.set_yticks(centres, labels=[str(digit) for digit in digits])
        axes.set(xlabel="predicted digit", ylabel="true digit (each row: 100 %)", aspect="equal")
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)


def draw_overview(path: Path, *, rows: Sequence[OverviewRow]) -> None:
    """Draw every experiment's final accuracy: the document's number over our runs and their prediction interval."""
    if not rows:
        msg = "An overview needs at least one experiment with runs, received none. Leave this figure out."
        raise ValueError(msg)
    height = 0.72 * len(rows) + 1.5
    with svg_figure(path, title="Final accuracy: the documents among our runs", height=height) as figure:
        axes = figure.subplots()
        shown: dict[str, Any] = {}
        for place, row in enumerate(rows):
            if math.isfinite(row.low) and math.isfinite(row.high):
                shown[_INTERVAL] = axes.barh(
                    place, row.high - row.low, left=row.low, height=0.62, color=OURS, alpha=0.2, linewidth=0
                )
            (shown["one of our runs"],) = axes.plot(
                row.runs,
                place + 0.46 * scatter(len(row.runs)),
                linestyle="none",
                marker="o",
                markersize=3.6,
                color=OURS,
                alpha=0.55,
                markeredgewidth=0,
            )
            if row.reported is not None:
                (shown[_DOCUMENT],) = axes.plot(row.reported, place, **_DOCUMENT_POINTS | {"markersize": 10})
        labels = [f"{textwrap.fill(row.title, width=28)}\n{count_runs(len(row.runs))}" for row in rows]
        axes.set_yticks(range(len(rows)), labels=labels)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(format_percent))
        axes.set_xlabel("accuracy")
        _draw_legend(figure, shown)


def _draw_curve(axes: Axes, curve: Curve) -> dict[str, Any]:
    """Draw one panel, and return what it shows by the legend's words."""
    shown: dict[str, Any] = {}
    count = len(curve.runs)
    mean = curve.runs.mean(axis=0)
    if _has_values(curve.low) and _has_values(curve.high):
        shown[_INTERVAL] = axes.fill_between(curve.steps, curve.low, curve.high, color=OURS, alpha=0.2, linewidth=0)
    if 1 < count <= SINGLE_RUNS_SHOWN:
        singles = axes.plot(curve.steps, curve.runs.T, color=OURS, alpha=0.45, linewidth=0.8)
        shown["one of our runs"] = singles[0]
    name = "our run" if count == 1 else f"mean of {count_runs(count)}"
    (shown[name],) = axes.plot(curve.steps, mean, color=OURS, linewidth=2.2)
    if _has_values(curve.reported):
        (shown[_DOCUMENT],) = axes.plot(curve.steps, curve.reported, **_DOCUMENT_POINTS)
    else:
        # In the corner that a curve leaves free.
        high, vertical = (0.95, "top") if mean[-1] < mean[0] else (0.05, "bottom")
        axes.text(
            0.98,
            high,
            f"The document prints\nno {curve.metric}.",
            color=MUTED,
            fontsize="small",
            transform=axes.transAxes,
            horizontalalignment="right",
            verticalalignment=vertical,
        )
    _format_steps(axes)
    axes.set_ylabel(curve.metric if curve.unit == "fraction" else f"{curve.metric} ({curve.unit})")
    if curve.unit == "fraction":
        axes.yaxis.set_major_formatter(FuncFormatter(format_percent))
    return shown


def _draw_legend(figure: Figure, shown: dict[str, Any]) -> None:
    """Explain once, below all panels, what they show; the document comes first."""
    names = sorted(shown, key=lambda name: name != _DOCUMENT)
    figure.legend([shown[name] for name in names], names, loc="outside lower center", ncols=len(names))


def _format_steps(axes: Axes) -> None:
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("training step")


def _has_values(values: FloatArray | None) -> TypeGuard[FloatArray]:
    return values is not None and bool(np.isfinite(values).any())


def _ink_on(colour: Sequence[float]) -> str:
    """Return the letters' colour that stands out from `colour`, red, green and blue in [0, 1]."""
    # Relative luminance as WCAG 2.1 defines it, with the power that approximates its curve.
    red, green, blue = (channel**2.2 for channel in colour[:3])
    return INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _LIGHT_LUMINANCE else "#ffffff"
