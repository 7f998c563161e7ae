"""Charts of an environment's experiments, one SVG file each.

In every figure the document is orange diamonds and our runs are blue. Fractions are shown as percent.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from mnist_repro.reporting.figures.marks import Texts, draw_cells, label_rows
from mnist_repro.reporting.figures.style import (
    CARD,
    DOCUMENT,
    DOCUMENT_MARKER,
    FONT_POINTS,
    INK,
    MUTED,
    OURS,
    format_percent,
    scatter,
    svg_figure,
)
from mnist_repro.stats.summary import Interval, summarize
from mnist_repro.verdicts.environment import ExperimentResult
from mnist_repro.verdicts.finding import count_runs

SINGLE_RUNS_SHOWN = 12
# Two runs would stretch their interval over the whole figure.
_BAND_RUNS = 3

# Percentages have one decimal; a cell that rounds to 0.0 % stays blank.
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


def draw_curves(path: Path, *, experiment: ExperimentResult) -> None:
    """Draw loss and accuracy side by side: the document's points over our mean and prediction band.

    Single runs are drawn where there are at most 12.
    """
    with svg_figure(path, title=experiment.protocol.title, height=3.7) as figure:
        panels = figure.subplots(1, 2)
        shown = _draw_curve(panels[0], experiment, "loss") | _draw_curve(panels[1], experiment, "accuracy")
        _draw_legend(figure, shown)


def draw_learning_rates(path: Path, *, experiments: Sequence[ExperimentResult]) -> None:
    """Draw the learning rate at the last step of each period, a panel for each experiment."""
    with svg_figure(path, title="Learning rate at each period's last step", height=3.4) as figure:
        panels = figure.subplots(1, len(experiments), squeeze=False, sharey=True)[0]
        shown: dict[str, Any] = {}
        for axes, experiment in zip(panels, experiments, strict=True):
            rates = [period.learning_rate for period in experiment.completed[0].periods]
            reported = experiment.reported("learning_rate")
            (shown["our runs"],) = axes.plot(experiment.steps, rates, color=OURS, linewidth=2)
            if len(reported):
                (shown[_DOCUMENT],) = axes.plot(experiment.steps, reported, **_DOCUMENT_POINTS)
            axes.set_title(textwrap.fill(experiment.protocol.title, width=34))
            _format_steps(axes)
        # The panels share their limits; fixing one end stops them from growing with the data.
        panels[0].set_ylim(bottom=0)
        panels[0].set_ylabel("learning rate")
        _draw_legend(figure, shown)


def draw_confusion(path: Path, *, experiment: ExperimentResult) -> None:
    """Draw the confusion matrix over all runs, each row in percent of a true digit's images."""
    counts = experiment.confusion()
    matrix = counts / counts.sum(axis=1, keepdims=True)
    title = f"{experiment.protocol.title}: {experiment.protocol.confusion_set} set"
    colours = LinearSegmentedColormap.from_list("ours", [CARD, "#a9d3ec", OURS, "#00436b"])
    # The square root makes differences of a few percent visible.
    norm = PowerNorm(0.5, vmin=0, vmax=1)
    fills = colours(norm(matrix))
    texts = np.array([[_format_cell(fraction) for fraction in row] for row in matrix])
    digits = np.arange(len(matrix))
    names = [str(digit) for digit in digits]
    with svg_figure(path, title=title, height=6.3, width=6.6) as figure:
        axes = figure.subplots()
        weights = np.where(np.eye(len(matrix)), "bold", "normal")
        draw_cells(axes, fills, texts, inks=_ink_on(fills), weights=weights, size=FONT_POINTS)
        label_rows(axes, names)
        below = np.column_stack([digits, 0 * digits])
        axes.add_artist(Texts(below, names, offset=(0, -12), transform=axes.get_xaxis_transform()))
        axes.set_xlabel("predicted digit", labelpad=22)
        axes.set_ylabel("true digit (each row: 100 %)", labelpad=22)
        axes.set_aspect("equal")


def draw_overview(path: Path, *, experiments: Sequence[ExperimentResult]) -> None:
    """Draw the final accuracy of every experiment: the document's value over our runs and their prediction interval."""
    if not experiments:
        msg = "An overview needs at least one experiment with runs, received none. Leave this figure out."
        raise ValueError(msg)
    height = 0.72 * len(experiments) + 1.5
    labels = []
    with svg_figure(path, title="Final accuracy: the documents among our runs", height=height) as figure:
        axes = figure.subplots()
        shown: dict[str, Any] = {}
        for place, experiment in enumerate(experiments):
            evaluation_set = experiment.protocol.gate.evaluation_set
            runs = np.array([record.final_accuracy[evaluation_set] for record in experiment.completed])
            interval = _one_run(runs, most=1.0)
            if math.isfinite(interval.low) and math.isfinite(interval.high):
                width = interval.high - interval.low
                shown[_INTERVAL] = axes.barh(
                    place, width, left=interval.low, height=0.62, color=OURS, alpha=0.2, linewidth=0
                )
            (shown["one of our runs"],) = axes.plot(
                runs,
                place + 0.46 * scatter(len(runs)),
                linestyle="none",
                marker="o",
                markersize=3.6,
                color=OURS,
                alpha=0.55,
                markeredgewidth=0,
            )
            if claim := experiment.final_accuracy:
                (shown[_DOCUMENT],) = axes.plot(claim.fraction, place, **_DOCUMENT_POINTS | {"markersize": 10})
            labels.append(f"{textwrap.fill(experiment.protocol.title, width=28)}\n{count_runs(len(runs))}")
        label_rows(axes, labels)
        axes.set_ylim(len(experiments) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(format_percent))
        axes.set_xlabel("accuracy")
        _draw_legend(figure, shown)


def _draw_curve(axes: Axes, experiment: ExperimentResult, metric: Literal["loss", "accuracy"]) -> dict[str, Any]:
    """Draw one panel, and return what it shows by the legend's words."""
    is_fraction = metric == "accuracy"
    name = f"{experiment.protocol.curve_set} {metric}"
    runs, reported, steps = experiment.curves(metric), experiment.reported(metric), experiment.steps
    shown: dict[str, Any] = {}
    mean = runs.mean(axis=0)
    if len(runs) >= _BAND_RUNS:
        band = [_one_run(values, most=1.0 if is_fraction else math.inf) for values in runs.T]
        low, high = [interval.low for interval in band], [interval.high for interval in band]
        shown[_INTERVAL] = axes.fill_between(steps, low, high, color=OURS, alpha=0.2, linewidth=0)
    if 1 < len(runs) <= SINGLE_RUNS_SHOWN:
        shown["one of our runs"] = axes.plot(steps, runs.T, color=OURS, alpha=0.45, linewidth=0.8)[0]
    ours = "our run" if len(runs) == 1 else f"mean of {count_runs(len(runs))}"
    (shown[ours],) = axes.plot(steps, mean, color=OURS, linewidth=2.2)
    if len(reported):
        (shown[_DOCUMENT],) = axes.plot(steps, reported, **_DOCUMENT_POINTS)
    else:
        # In the corner that the curve leaves free.
        height, vertical = (0.95, "top") if mean[-1] < mean[0] else (0.05, "bottom")
        axes.text(
            0.98,
            height,
            f"The document prints\nno {name}.",
            color=MUTED,
            fontsize="small",
            transform=axes.transAxes,
            horizontalalignment="right",
            verticalalignment=vertical,
        )
    _format_steps(axes)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.set_ylabel(name if is_fraction else f"{name} (nat)")
    if is_fraction:
        axes.yaxis.set_major_formatter(FuncFormatter(format_percent))
    return shown


def _one_run(values: FloatArray, *, most: float) -> Interval:
    """Return the 95 % prediction interval of one run, cut where nothing can be; NaN with fewer than three runs."""
    if len(values) < _BAND_RUNS:
        return Interval(math.nan, math.nan)
    interval = summarize(values).prediction_interval
    return Interval(*(float(np.clip(end, 0.0, most)) for end in (interval.low, interval.high)))


def _draw_legend(figure: Figure, shown: dict[str, Any]) -> None:
    """Draw one legend below all panels; the document comes first."""
    names = sorted(shown, key=lambda name: name != _DOCUMENT)
    figure.legend([shown[name] for name in names], names, loc="lower center", ncols=len(names))


def _format_steps(axes: Axes) -> None:
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("training step")


def _format_cell(fraction: float) -> str:
    return f"{fraction:.1%}".removesuffix("%") if fraction >= _BLANK_BELOW else ""


def _ink_on(fills: FloatArray) -> NDArray[np.str_]:
    """Return the colours of letters on fills, red, green and blue in [0, 1] along the last axis."""
    # Relative luminance of WCAG 2.1, its curve approximated by a power.
    luminance = fills[..., :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > _LIGHT_LUMINANCE, INK, "#ffffff")
