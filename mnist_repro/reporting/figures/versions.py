"""Figures of versions: the verdict on every claim, and the difference of each version from the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba_array
from matplotlib.ticker import MaxNLocator

from mnist_repro.comparison.versions.summary import VersionsResult
from mnist_repro.reporting.figures.marks import Texts, draw_cells, draw_intervals, label_rows
from mnist_repro.reporting.figures.style import CARD, GRID, INK, MUTED, OURS, WIDTH, svg_figure
from mnist_repro.reporting.figures.verdict_marks import COLOURS, SIGNS
from mnist_repro.reporting.wording.digits import format_p
from mnist_repro.stats.summary import Summary
from mnist_repro.verdicts.finding import REFUTED, SIGNIFICANCE, Finding, Verdict

# From here on a p-value is no news.
_SHOWN_BELOW = 0.10
_NEAR = "#f6c9a3"
_CELL_INCHES = 0.235
_HEAD_INCHES = 1.9
_PANEL_COLUMNS = 3
_ROW_INCHES = 0.2
_POINTS = 100.0
# Percentage points: tiny differences are not magnified to fill the panels.
_LEAST_REACH = 0.1
# Claims that have only these verdicts on all versions get no row.
_UNJUDGED = frozenset({Verdict.NOT_COMPARABLE, Verdict.NOT_RUN})


def draw_claims(path: Path, *, versions: VersionsResult) -> None:
    """Draw a cell for each claim and version: the sign of the verdict, or a p-value that is small."""
    names = [column.name for column in versions.columns]
    shown = [history for history in versions.histories if any(map(_is_shown, history.findings.values()))]
    height = _CELL_INCHES * len(shown) + _HEAD_INCHES
    about = f"{len(shown)} claims on {len(names)} versions: the verdict's sign, or p below {_SHOWN_BELOW:.2f}."
    with svg_figure(path, title="Claims on every version", height=height, description=about) as figure:
        axes = figure.subplots()
        looks = [[_look(history.findings.get(name)) for name in names] for history in shown]
        texts, fills, inks = np.moveaxis(np.reshape(looks, (len(shown), len(names), 3)), 2, 0)
        colours = to_rgba_array(fills.ravel()).reshape(*fills.shape, 4)
        draw_cells(axes, colours, texts, inks=inks, size=7)
        label_rows(axes, [history.family for history in shown], size=8)
        places = [(column, 1) for column in range(len(names))]
        titles = [f"{name}, reference" if name == versions.reference.name else name for name in names]
        heads = Texts(places, titles, align=0, offset=(0, 5), size=8, angle=90, transform=axes.get_xaxis_transform())
        axes.add_artist(heads)


def _is_shown(finding: Finding) -> bool:
    return finding.verdict not in _UNJUDGED


def _look(finding: Finding | None) -> tuple[str, str, str]:
    """Return the text of a cell, its colour, and the colour of the text."""
    if finding is None:
        return "\N{EN DASH}", CARD, MUTED
    colour, ink = COLOURS[finding.verdict], CARD if finding.verdict in REFUTED else INK
    if finding.p is None or round(finding.p, 2) >= _SHOWN_BELOW or finding.verdict is Verdict.CONTRADICTED:
        return SIGNS[finding.verdict], colour, ink
    is_near = finding.p <= SIGNIFICANCE and finding.verdict not in REFUTED
    return format_p(finding.p), _NEAR if is_near else colour, ink


def draw_drift(path: Path, *, versions: VersionsResult) -> None:
    """Draw the final accuracy of each version minus that of the reference, a panel for each experiment."""
    others = [column.name for column in versions.columns if column.name != versions.reference.name]
    experiments = [experiment.protocol.id for experiment in versions.reference.experiments]
    lines = math.ceil(len(experiments) / _PANEL_COLUMNS)
    height = lines * (_ROW_INCHES * len(others) + 0.8) + 0.6
    title = f"Final accuracy on each version minus that on {versions.reference.name}"
    about = "A dot is a mean difference, paired by seed, and a bar its 95 % interval; all panels have one scale."
    with svg_figure(path, title=title, height=height, width=WIDTH, description=about) as figure:
        panels = figure.subplots(lines, _PANEL_COLUMNS, squeeze=False, sharex=True, sharey=True).flat
        reach = _LEAST_REACH
        for axes, experiment in zip(panels, experiments, strict=False):
            reach = max(reach, _draw_differences(axes, _differences(versions, others, experiment), title=experiment))
            axes.set_xlim(-reach, reach)
            if axes.get_subplotspec().is_first_col():
                label_rows(axes, others, size=8)
        for axes in list(panels)[len(experiments) :]:
            axes.set_visible(False)


def _differences(versions: VersionsResult, others: Sequence[str], experiment: str) -> dict[str, Summary | None]:
    """Return the differences of versions from the reference in one experiment; None where not compared."""
    pairs = {name: versions.drift.beside(name).get(experiment) for name in others}
    return {name: pair.agreement.accuracy if pair else None for name, pair in pairs.items()}


def _draw_differences(axes: Axes, differences: Mapping[str, Summary | None], *, title: str) -> float:
    """Draw the differences of an experiment; return how far they reach from 0, in percentage points."""
    axes.axvline(0.0, color=MUTED, linewidth=1.0, zorder=0.5)
    rows = range(len(differences))
    axes.hlines(rows, 0, 1, color=GRID, linewidth=0.8, zorder=0.5, transform=axes.get_yaxis_transform())
    values = np.full((len(rows), 3), math.nan)
    for row, each in enumerate(differences.values()):
        if each:
            values[row] = _POINTS * np.array([each.mean, each.mean_interval.low, each.mean_interval.high])
    draw_intervals(axes, values, colours=[OURS] * len(rows), alpha=0.4, thickness=5, dot=5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, symmetric=True))
    axes.tick_params(labelsize=8)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("percentage points", fontsize=8)
    return 1.1 * float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
