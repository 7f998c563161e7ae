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
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from mnist_repro.reporting.figures.marks import (
    DOCUMENT_NAME,
    DOCUMENT_POINTS,
    Texts,
    draw_cells,
    draw_legend,
    label_rows,
)
from mnist_repro.reporting.figures.style import CARD, FONT_POINTS, MUTED, OURS, format_percent, svg_figure
from mnist_repro.stats.summary import Interval, summarize
from mnist_repro.verdicts.environment import ExperimentResult
from mnist_repro.verdicts.finding import count_runs

SINGLE_RUNS_SHOWN = 12
# Two runs would stretch their interval over the whole figure.
_BAND_RUNS = 3

# Percentages have one decimal; a cell that rounds to 0.0 % stays blank.
_BLANK_BELOW = 0.0005
# Above this luminance black letters have more contrast than white ones; each has 4.5 at least on its side.
_LIGHT_LUMINANCE = 0.179

_INTERVAL = "95 % prediction interval of one run"
FloatArray = NDArray[np.floating[Any]]


def draw_curves(path: Path, *, experiment: ExperimentResult) -> None:
    """Draw loss and accuracy side by side: the document's points over our mean and prediction band.

    Single runs are drawn where there are at most 12.
    """
    about = (
        f"Loss and accuracy on the {experiment.protocol.curve_set} set by training step: the document's values among "
        f"{count_runs(len(experiment.completed))} of ours."
    )
    with svg_figure(path, title=experiment.protocol.title, height=3.7, description=about) as figure:
        panels = figure.subplots(1, 2)
        shown = _draw_curve(panels[0], experiment, "loss") | _draw_curve(panels[1], experiment, "accuracy")
        draw_legend(figure, shown)


def draw_learning_rates(path: Path, *, experiments: Sequence[ExperimentResult]) -> None:
    """Draw the learning rate of each period, as it is at its last step, a panel for each experiment."""
    about = "The learning rate at the last step of each period, constant within it: the document's values on our steps."
    with svg_figure(path, title="Learning rate of each period", height=3.4, description=about) as figure:
        panels = figure.subplots(1, len(experiments), squeeze=False, sharey=True)[0]
        shown: dict[str, Any] = {}
        for axes, experiment in zip(panels, experiments, strict=True):
            rates = [period.learning_rate for period in experiment.completed[0].periods]
            reported = experiment.reported("learning_rate")
            edges = [0, *experiment.steps]
            shown["our runs"] = axes.stairs(rates, edges, baseline=None, color=OURS, linewidth=2)
            if len(reported):
                (shown[DOCUMENT_NAME],) = axes.plot(experiment.steps, reported, **DOCUMENT_POINTS)
            axes.set_title(textwrap.fill(experiment.protocol.title, width=34))
            _format_steps(axes)
        # The panels share their limits; fixing one end stops them from growing with the data.
        panels[0].set_ylim(bottom=0)
        panels[0].set_ylabel("learning rate")
        draw_legend(figure, shown)


def draw_confusion(path: Path, *, experiment: ExperimentResult) -> None:
    """Draw the confusion matrix over all runs, each row in percent of a true digit's images."""
    counts = experiment.confusion()
    matrix = counts / counts.sum(axis=1, keepdims=True)
    runs = count_runs(len(experiment.completed))
    title = f"{experiment.protocol.title}: confusion matrix in %"
    about = f"Percentage of the images of each true digit by predicted digit, {experiment.protocol.confusion_set} set."
    colours = LinearSegmentedColormap.from_list("ours", [(0, CARD), (0.3, "#a9d3ec"), (0.88, OURS), (1, "#002a44")])
    # The square root makes differences of a few percent visible.
    norm = PowerNorm(0.5, vmin=0, vmax=1)
    fills = colours(norm(matrix))
    texts = np.array([[_format_cell(fraction) for fraction in row] for row in matrix])
    digits = np.arange(len(matrix))
    names = [str(digit) for digit in digits]
    with svg_figure(path, title=title, height=6.3, width=6.6, description=about) as figure:
        axes = figure.subplots()
        weights = np.where(np.eye(len(matrix)), "bold", "normal")
        draw_cells(axes, fills, texts, inks=ink_on(fills), weights=weights, size=FONT_POINTS)
        label_rows(axes, names)
        below = np.column_stack([digits, 0 * digits])
        axes.add_artist(Texts(below, names, offset=(0, -12), transform=axes.get_xaxis_transform()))
        axes.set_xlabel(
            f"predicted digit ({experiment.protocol.confusion_set} set, mean of {runs}; blank: below 0.05)", labelpad=22
        )
        axes.set_ylabel("true digit (each row: 100 %)", labelpad=22)
        axes.set_aspect("equal")


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
    final = experiment.final_accuracy if is_fraction else None
    has_final = final is not None and final.evaluation_set == experiment.protocol.curve_set
    if len(reported):
        (shown[DOCUMENT_NAME],) = axes.plot(steps, reported, **DOCUMENT_POINTS)
    elif final and has_final:
        (shown[DOCUMENT_NAME],) = axes.plot(steps[-1], final.fraction, **DOCUMENT_POINTS)
    if not len(reported):
        prints = f"only the final {metric}" if has_final else f"no {name}"
        # In the corner that the curve leaves free.
        height, vertical = (0.95, "top") if mean[-1] < mean[0] else (0.05, "bottom")
        axes.text(
            0.98,
            height,
            f"The document prints\n{prints}.",
            color=MUTED,
            fontsize="small",
            transform=axes.transAxes,
            horizontalalignment="right",
            verticalalignment=vertical,
        )
    _format_steps(axes)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.set_ylabel(name if is_fraction else f"{name} (nats)")
    if is_fraction:
        axes.yaxis.set_major_formatter(FuncFormatter(format_percent))
    return shown


def _one_run(values: FloatArray, *, most: float) -> Interval:
    """Return the 95 % prediction interval of one run, cut where nothing can be; NaN with fewer than three runs."""
    if len(values) < _BAND_RUNS:
        return Interval(math.nan, math.nan)
    interval = summarize(values).prediction_interval
    return Interval(*(float(np.clip(end, 0.0, most)) for end in (interval.low, interval.high)))


def _format_steps(axes: Axes) -> None:
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("training step")


def _format_cell(fraction: float) -> str:
    return f"{fraction:.1%}".removesuffix("%") if fraction >= _BLANK_BELOW else ""


def ink_on(fills: FloatArray) -> NDArray[np.str_]:
    """Return the colours of letters on fills, red, green and blue in [0, 1] along the last axis."""
    channels = fills[..., :3]
    # Relative luminance of WCAG 2.1.
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - the standard's
    return np.where(linear @ [0.2126, 0.7152, 0.0722] > _LIGHT_LUMINANCE, "#000000", "#ffffff")
