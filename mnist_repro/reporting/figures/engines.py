"""The figure of training steps with each engine."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mnist_repro.comparison.speed.engines import COMPILED, CONTROL, FLOOR, Times
from mnist_repro.reporting.figures.style import MUTED, OURS, svg_figure
from mnist_repro.reporting.wording.speed import name_engine, order_engines

_ROW_INCHES = 0.23
_COLUMNS = 2
_TICKS = (1, 2, 5, 10, 20, 50)


def draw_speed(path: Path, *, times: Times) -> None:
    """Draw the time per step of every engine, divided by that of the bare matrix products."""
    shown = {name: engines for name, engines in times.items() if FLOOR in engines}
    lines = math.ceil(len(shown) / _COLUMNS)
    most = max(len(engines.keys() - {CONTROL}) for engines in shown.values())
    with svg_figure(
        path,
        title="Time per training step ÷ time of its bare matrix products (log)",
        height=lines * (most * _ROW_INCHES + 0.75) + 0.5,
    ) as figure:
        panels = list(figure.subplots(lines, _COLUMNS, squeeze=False).flat)
        for axes, (name, engines) in zip(panels, shown.items(), strict=False):
            rows = [each for each in order_engines(engines) if each.engine not in {FLOOR, CONTROL}]
            for place, each in enumerate(rows):
                ratio = each.ratio_to(engines[FLOOR])
                colour = OURS if each.engine == COMPILED else MUTED
                axes.plot([1, ratio.value], [place, place], color=colour, alpha=0.35, linewidth=6)
                axes.plot(ratio.value, place, marker="o", markersize=4, color=colour)
                axes.annotate(
                    f"{ratio.value:.1f}",
                    (ratio.value, place),
                    (6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                )
            axes.set_xscale("log")
            axes.set_xlim(0.9, 90)
            axes.xaxis.set_major_locator(FixedLocator(_TICKS))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.set_ylim(most - 1.5, -0.5)
            axes.set_yticks(range(len(rows)), labels=[name_engine(each.engine) for each in rows], fontsize=8)
            axes.tick_params(axis="x", labelsize=8)
            axes.tick_params(axis="y", length=0)
            axes.set_title(name, fontsize=9)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
