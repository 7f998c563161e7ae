"""Training steps beside other engines: what the page says, and its figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mnist_repro.reporting.probe_tables import format_estimate
from mnist_repro.reporting.svg import MUTED, OURS, svg_figure
from mnist_repro.speed import COMPILED, CONTROL, FLOOR, EngineTimes, Times

_MICROSECONDS = 1e6
_MEGABYTES = 1e6
_ROW_INCHES = 0.23
_COLUMNS = 2
_TICKS = (1, 2, 5, 10, 20, 50)
_ENGINES = {
    "compiled": "ours, compiled",
    "keras-fit": "Keras, fit",
    "keras-train-on-batch": "Keras, train_on_batch",
    "tf1-session": "TensorFlow 1 session",
    "jax": "JAX, jitted loop",
    "pytorch": "PyTorch, eager loop",
    "scikit-learn": "scikit-learn, partial_fit",
    "floor": "matrix products alone",
    "control": "the same in NumPy, the control",
}


def name_engine(engine: str) -> str:
    """Return an engine's name for readers."""
    return _ENGINES.get(engine, engine)


def order_engines(engines: Mapping[str, EngineTimes]) -> list[EngineTimes]:
    """Return the engines, the quickest first."""
    return sorted(engines.values(), key=lambda times: times.median_seconds)


def list_time_headings(*, with_busy: bool) -> list[str]:
    """Return the headings of what `list_time_cells` gives; `with_busy` where it is given busy engines."""
    ratios = ["over matrix products", "over ours"]
    busy = [f"{ratio}, other core busy" for ratio in ratios] if with_busy else []
    return ["step", *ratios, *busy, "ready", "memory", "settings"]


def list_time_cells(
    times: EngineTimes, engines: Mapping[str, EngineTimes], *, busy: Mapping[str, EngineTimes] | None = None
) -> list[str]:
    """Return an engine's times as cells: of a step, its ratios, to be ready; memory, and settings.

    Parameters
    ----------
    times, engines
        The engine, and all of its experiment by name.
    busy
        The same engines while another core was kept busy; their ratios are cells too where they are given.
    """
    ratios = _list_estimates(times.engine, engines)
    if busy is not None:
        ratios += _list_estimates(times.engine, busy)
    cells = [f"{_MICROSECONDS * times.median_seconds:.0f} µs", *ratios, f"{times.ready_seconds:.1f} s"]
    return [*cells, f"{times.peak_bytes / _MEGABYTES:.0f} MB", times.settings.strip("{}").replace('"', "")]


def _list_estimates(engine: str, engines: Mapping[str, EngineTimes]) -> list[str]:
    """Return an engine's ratios to the floor and to ours; empty where one of the two was not timed."""
    return [
        format_estimate(engines[engine].ratio_to(engines[other])) if engines.keys() >= {engine, other} else ""
        for other in (FLOOR, COMPILED)
    ]


def list_ratio_headings(times: Times) -> list[str]:
    """Return the headings of what `list_ratio_cells` gives."""
    return ["ours over matrix products", *(f"{name_engine(engine)}, over ours" for engine in _list_others(times))]


def list_ratio_cells(name: str, times: Times) -> list[str]:
    """Return an experiment's ratios as cells: ours over the floor, and others over ours; empty where not timed."""
    engines = times[name]
    pairs = [(COMPILED, FLOOR), *((other, COMPILED) for other in _list_others(times))]
    return [
        f"{engines[one].ratio_to(engines[other]).value:.2f}" if engines.keys() >= {one, other} else ""
        for one, other in pairs
    ]


def _list_others(times: Times) -> list[str]:
    found = {engine for engines in times.values() for engine in engines}
    return [engine for engine in _ENGINES if engine in found - {COMPILED, FLOOR, CONTROL}]


def draw_speed(path: Path, *, times: Times) -> None:
    """Draw every engine's step over the floor of its experiment."""
    shown = {name: engines for name, engines in times.items() if FLOOR in engines}
    lines = math.ceil(len(shown) / _COLUMNS)
    most = max(len(engines.keys() - {CONTROL}) for engines in shown.values())
    with svg_figure(
        path, title="A training step over its matrix products alone", height=lines * (most * _ROW_INCHES + 0.75) + 0.5
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
