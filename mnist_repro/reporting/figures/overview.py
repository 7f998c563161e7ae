"""The figure of all reported runs: each final accuracy among ours, and the verdict on its run.

The same in large letters is the picture that previews of links show.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from mnist_repro.reporting.figures.marks import DOCUMENT_NAME, DOCUMENT_POINTS, Texts, draw_legend, label_rows
from mnist_repro.reporting.figures.style import DOCUMENT, MUTED, OURS, format_percent, png_figure, scatter, svg_figure
from mnist_repro.reporting.figures.verdict_marks import SIGNS
from mnist_repro.reporting.wording.digits import name_p
from mnist_repro.reporting.wording.numbers import format_reported
from mnist_repro.reporting.wording.reported_runs import QUESTION, format_run, summarize_headline
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult
from mnist_repro.verdicts.finding import count_runs

# Pixels, as services that show previews ask for.
PREVIEW_SIZE = (1200, 630)
# Fewer runs have no interval.
_LEAST_RUNS = 3
_NEAREST = "the 95 % of our runs nearest to their median"
# Points from the axes to the document's value and to the verdict.
_COLUMNS = (52.0, 64.0)
_SMALL = 9.5


def draw_overview(path: Path, *, experiments: Sequence[ExperimentResult], runs: Sequence[JudgedRun] = ()) -> None:
    """Draw the final accuracy of every experiment among our runs, beside it the document's value and the verdict.

    Parameters
    ----------
    runs
        The verdicts on the runs that documents report of the experiments.
    """
    if not experiments:
        msg = "An overview needs at least one experiment with runs, received none. Leave this figure out."
        raise ValueError(msg)
    verdicts = {run.id: run for run in runs}
    about = "; ".join(_describe(experiment, verdicts.get(experiment.protocol.id)) for experiment in experiments)
    with svg_figure(
        path,
        title="Final accuracy: the documents among our runs",
        height=0.72 * len(experiments) + 1.75,
        description=f"{about}.",
    ) as figure:
        axes = figure.subplots()
        shown: dict[str, Any] = {}
        for place, experiment in enumerate(experiments):
            shown |= _draw_row(axes, place, experiment)
        label_rows(axes, [_label(experiment) for experiment in experiments])
        values = [format_reported(e.final_accuracy) if e.final_accuracy else "" for e in experiments]
        words = [_format_verdict(verdicts.get(experiment.protocol.id)) for experiment in experiments]
        for heading, cells, offset, align in (
            ("document", values, _COLUMNS[0], 1),
            ("verdict on the whole run", words, _COLUMNS[1], 0),
        ):
            places = [(1.0, row) for row in (-0.72, *range(len(cells)))]
            texts = [textwrap.fill(heading, width=14), *cells]
            options: dict[str, Any] = {"align": align, "offset": (offset, 0), "size": _SMALL}
            options["transform"] = axes.get_yaxis_transform()
            axes.add_artist(Texts(places[:1], texts[:1], colours=MUTED, **options))
            axes.add_artist(Texts(places[1:], texts[1:], **options))
        axes.set_ylim(len(experiments) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(format_percent))
        axes.set_xlabel("final accuracy, on the set that is named at the left")
        draw_legend(figure, shown)


def draw_preview(path: Path, *, result: EnvironmentResult) -> None:
    """Draw what came out in an environment as a PNG of `PREVIEW_SIZE`, to be read at half its size."""
    experiments = [experiment for experiment in result.experiments if experiment.completed]
    verdicts = {run.id: run for run in result.runs}
    width, height = PREVIEW_SIZE
    # As many rows as there are share the height.
    size = min(11.5, 70 / len(experiments))
    with png_figure(path, width=width, height=height) as figure:
        figure.text(0.03, 0.955, QUESTION, size=24, weight="bold", va="top")
        figure.text(0.03, 0.83, textwrap.fill(summarize_headline(result), width=75), size=14, va="top")
        axes = figure.add_axes((0.35, 0.15, 0.37, 0.52))
        for place, experiment in enumerate(experiments):
            _draw_row(axes, place, experiment)
            run = verdicts.get(experiment.protocol.id)
            words = f"{SIGNS[run.word]} {format_run(run)}" if run else ""
            axes.text(1.03, place, words, size=size, va="center", transform=axes.get_yaxis_transform())
        titles = [textwrap.fill(experiment.protocol.title, width=30) for experiment in experiments]
        axes.set_yticks(range(len(titles)), titles, size=size, linespacing=1.0)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=12)
        axes.set_ylim(len(experiments) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(format_percent))
        figure.text(0.35, 0.03, "final accuracy", size=12, color=MUTED)
        figure.text(0.52, 0.03, "\N{BLACK DIAMOND} document", size=12, color=DOCUMENT)
        figure.text(0.66, 0.03, "\N{BLACK CIRCLE} our runs", size=12, color=OURS)


def _draw_row(axes: Any, place: int, experiment: ExperimentResult) -> dict[str, Any]:
    """Draw the strip of one experiment, and return what it shows by the legend's words."""
    values = np.array(
        [record.final_accuracy[experiment.protocol.gate.evaluation_set] for record in experiment.completed]
    )
    shown: dict[str, Any] = {}
    if len(values) >= _LEAST_RUNS:
        # By distance from the median, as verdicts place a value among runs.
        median = np.median(values)
        reach = np.quantile(abs(values - median), 0.95)
        low, high = median - reach, min(median + reach, 1.0)
        shown[_NEAREST] = axes.barh(place, high - low, left=low, height=0.62, color=OURS, alpha=0.2, linewidth=0)
    (shown["one of our runs"],) = axes.plot(
        values,
        place + 0.46 * scatter(len(values)),
        linestyle="none",
        marker="o",
        markersize=3.6,
        color=OURS,
        alpha=0.55,
        markeredgewidth=0,
    )
    if claim := experiment.final_accuracy:
        (shown[DOCUMENT_NAME],) = axes.plot(claim.fraction, place, **DOCUMENT_POINTS | {"markersize": 10})
    return shown


def _label(experiment: ExperimentResult) -> str:
    title = textwrap.fill(experiment.protocol.title, width=28)
    return f"{title}\n{experiment.protocol.gate.evaluation_set}, {count_runs(len(experiment.completed))}"


def _format_verdict(run: JudgedRun | None) -> str:
    """Format the sign, the verdict with its grade, and the p-value of a run in two lines."""
    if run is None:
        return ""
    words = f"{SIGNS[run.word]} {format_run(run)}"
    return words if run.verdict.p is None else f"{words}\n{name_p(float(run.verdict.p))}"


def _describe(experiment: ExperimentResult, run: JudgedRun | None) -> str:
    claim = experiment.final_accuracy
    reported = f"{format_reported(claim)} in the document" if claim else "not in the document"
    verdict = f", {format_run(run)}" if run else ""
    return f"{experiment.protocol.title}, {experiment.protocol.gate.evaluation_set}: {reported}{verdict}"
