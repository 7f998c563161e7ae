"""The figure of training steps with each engine."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mnist_repro.comparison.speed.engines import COMPILED, CONTROL, FLOOR, Times
from mnist_repro.reporting.figures.marks import Texts, draw_intervals, label_rows
from mnist_repro.reporting.figures.style import MUTED, OURS, svg_figure
from mnist_repro.reporting.wording.digits import write_significant
from mnist_repro.reporting.wording.speed import name_engine, order_engines

_ROW_INCHES = 0.23
_COLUMNS = 2
_TICKS = (1, 2, 5, 10, 20, 50)


def draw_speed(path: Path, *, times: Times) -> None:
    """Draw the time per step of every engine, divided by that of the bare matrix products."""
    shown = {name: engines for name, engines in times.items() if FLOOR in engines}
    lines = math.ceil(len(shown) / _COLUMNS)
    most = max(len(engines.keys() - {CONTROL}) for engines in shown.values())
    # One order in all panels: that of the first.
    engines_once = dict.fromkeys(each.engine for engines in shown.values() for each in order_engines(engines))
    order = [engine for engine in engines_once if engine not in {FLOOR, CONTROL}]
    with svg_figure(
        path,
        title="Time per training step ÷ time of its bare matrix products",
        height=lines * (most * _ROW_INCHES + 0.95) + 0.5,
        description=(
            "Ratio on a logarithmic axis, a panel for each experiment, each engine's median with its 95 % interval; "
            "1 is the bare matrix products, and lower is better. Ours is blue."
        ),
    ) as figure:
        panels = list(figure.subplots(lines, _COLUMNS, squeeze=False).flat)
        for axes, (name, engines) in zip(panels, shown.items(), strict=False):
            rows = [engines[engine] for engine in order if engine in engines]
            estimates = [each.ratio_to(engines[FLOOR]) for each in rows]
            ratios = [estimate.value for estimate in estimates]
            colours = [OURS if each.engine == COMPILED else MUTED for each in rows]
            values = [(e.value, e.interval.low, e.interval.high) for e in estimates]
            axes.axvline(1, color=MUTED, linewidth=1, zorder=0.5)
            draw_intervals(axes, values, colours=colours, alpha=0.35, thickness=6, dot=5)
            places, printed = (
                list(zip(ratios, range(len(rows)), strict=True)),
                [write_significant(ratio) for ratio in ratios],
            )
            axes.add_artist(Texts(places, printed, align=0, offset=(6, 0), size=8))
            axes.set_xscale("log")
            axes.set_xlim(0.9, 90)
            axes.xaxis.set_major_locator(FixedLocator(_TICKS))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.set_ylim(most - 1.5, -0.5)
            label_rows(axes, [name_engine(each.engine) for each in rows], size=8)
            axes.tick_params(labelsize=8)
            axes.set_title(name, fontsize=9)
            axes.set_xlabel("ratio (logarithmic; lower is better)", fontsize=8)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
