"""Figures of versions: the verdict on every claim, and the difference of each version from the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from mnist_repro.comparison.versions.summary import VersionsResult
from mnist_repro.reporting.figures.style import CARD, DOCUMENT, INK, MUTED, OURS, WIDTH, svg_figure
from mnist_repro.reporting.figures.verdict_marks import COLOURS, SIGNS
from mnist_repro.stats.summary import Summary
from mnist_repro.verdicts.finding import SIGNIFICANCE, Finding, Verdict

# From a p-value of 1 to one of nearly 0.
_SHADES = LinearSegmentedColormap.from_list("p", ["#edf4fa", "#74aed6"])
_CELL_INCHES = 0.235
_HEAD_INCHES = 1.9
_PANEL_COLUMNS = 3
_ROW_INCHES = 0.2
_POINTS = 100.0
# Claims that have only these verdicts on all versions get no row.
_UNJUDGED = frozenset({Verdict.NOT_COMPARABLE, Verdict.NOT_RUN})


def draw_versions(versions: VersionsResult, *, folder: Path) -> dict[str, str]:
    """Draw the figures of the comparison of versions.

    Returns
    -------
    dict
        File names in `folder` by subject.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw_claims(folder / "claims.svg", versions=versions)
    draw_drift(folder / "drift.svg", versions=versions)
    return {"claims": "claims.svg", "drift": "drift.svg"}


def draw_claims(path: Path, *, versions: VersionsResult) -> None:
    """Draw a cell for each claim and version: the p-value, or the sign of the verdict where no chance is involved."""
    names = [column.name for column in versions.columns]
    shown = [history for history in versions.histories if any(map(_is_shown, history.findings.values()))]
    height = _CELL_INCHES * len(shown) + _HEAD_INCHES
    with svg_figure(path, title="Claims on every version", height=height) as figure:
        axes = figure.subplots()
        for row, history in enumerate(shown):
            for place, name in enumerate(names):
                _draw_cell(axes, history.findings.get(name), row=row, place=place)
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xticks(range(len(names)), labels=names, rotation=90, fontsize=8)
        axes.set_yticks(range(len(shown)), labels=[history.family for history in shown], fontsize=8)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)


def _is_shown(finding: Finding) -> bool:
    return finding.verdict not in _UNJUDGED


def _draw_cell(axes: Axes, finding: Finding | None, *, row: int, place: int) -> None:
    sign, colour, ink = _look(finding)
    axes.add_patch(Rectangle((place - 0.46, row - 0.44), 0.92, 0.88, facecolor=colour, edgecolor="none"))
    axes.text(place, row, sign, color=ink, fontsize=7, horizontalalignment="center", verticalalignment="center")


def _look(finding: Finding | None) -> tuple[str, str, str]:
    """Return the text of a cell, its colour, and the colour of the text."""
    if finding is None:
        return "\N{EN DASH}", CARD, MUTED
    if finding.p is None or finding.verdict is Verdict.CONTRADICTED:
        ink = CARD if finding.verdict is Verdict.NOT_REPRODUCED else INK
        return SIGNS[finding.verdict], COLOURS[finding.verdict], ink
    text = f"{finding.p:.2f}".removeprefix("0")
    if finding.verdict is Verdict.NOT_REPRODUCED:
        return text, DOCUMENT, CARD
    if finding.p <= SIGNIFICANCE:
        return text, "#f6c9a3", INK
    return text, to_hex(_SHADES(1 - finding.p)), INK


def draw_drift(path: Path, *, versions: VersionsResult) -> None:
    """Draw the final accuracy of each version minus that of the reference, a panel for each experiment."""
    others = [column.name for column in versions.columns if column.name != versions.reference.name]
    experiments = [experiment.protocol.id for experiment in versions.reference.experiments]
    lines = math.ceil(len(experiments) / _PANEL_COLUMNS)
    height = lines * (_ROW_INCHES * len(others) + 0.8) + 0.6
    title = f"Final accuracy on each version minus that on {versions.reference.name}"
    with svg_figure(path, title=title, height=height, width=WIDTH) as figure:
        panels = figure.subplots(lines, _PANEL_COLUMNS, squeeze=False, sharey=True).flat
        for axes, experiment in zip(panels, experiments, strict=False):
            _draw_differences(axes, _differences(versions, others, experiment), title=experiment)
        for axes in list(panels)[len(experiments) :]:
            axes.set_visible(False)


def _differences(versions: VersionsResult, others: Sequence[str], experiment: str) -> dict[str, Summary | None]:
    """Return the differences of versions from the reference in one experiment; None where not compared."""
    pairs = {name: versions.drift.between(versions.reference.name, name).get(experiment) for name in others}
    return {name: pair.agreement.accuracy if pair else None for name, pair in pairs.items()}


def _draw_differences(axes: Axes, differences: Mapping[str, Summary | None], *, title: str) -> None:
    axes.axvline(0.0, color=MUTED, linewidth=1.0, zorder=0.5)
    reach = 0.0
    for place, difference in enumerate(differences.values()):
        if difference is None:
            continue
        interval = difference.mean_interval
        if math.isfinite(interval.low):
            ends = [_POINTS * interval.low, _POINTS * interval.high]
            axes.plot(ends, [place, place], color=OURS, alpha=0.4, linewidth=5)
            reach = max(reach, *map(abs, ends))
        axes.plot(_POINTS * difference.mean, place, marker="o", markersize=4, color=OURS)
    # Tiny differences are not magnified to fill the panel.
    reach = max(1.1 * reach, 0.1)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(differences) - 0.5, -0.5)
    axes.set_yticks(range(len(differences)), labels=list(differences), fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, symmetric=True))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("percentage points", fontsize=8)
