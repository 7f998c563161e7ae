"""Times of training steps and of whole studies in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mnist_repro.comparison.speed.engines import COMPILED, FLOOR, EngineTimes, Times
from mnist_repro.comparison.speed.studies import (
    MeasuredStudy,
    StudyRatio,
    list_efficiencies,
    list_growths,
    list_outside_shares,
    list_processor_shares,
)
from mnist_repro.reporting.wording.digits import format_estimate, format_range, write_significant
from mnist_repro.verdicts.environment import EnvironmentResult

_MICROSECONDS = 1e6
_MEGABYTES = 1e6
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
    """Return the headings of `list_time_cells`; `with_busy` adds those of busy engines."""
    ratios = ["over matrix products", "over ours"]
    busy = [f"{ratio}, other core busy" for ratio in ratios] if with_busy else []
    return ["step", *ratios, *busy, "ready", "memory", "settings"]


def list_time_cells(
    times: EngineTimes, engines: Mapping[str, EngineTimes], *, busy: Mapping[str, EngineTimes] | None = None
) -> list[str]:
    """Return an engine's cells: time per step, its ratios, time until ready, memory, and settings.

    Parameters
    ----------
    times, engines
        The engine, and all engines of its experiment by name.
    busy
        The same engines with another core busy; their ratios are added.
    """
    ratios = _list_estimates(times.engine, engines)
    if busy is not None:
        ratios += _list_estimates(times.engine, busy)
    cells = [
        f"{write_significant(_MICROSECONDS * times.median_seconds)} µs",
        *ratios,
        f"{write_significant(times.ready_seconds)} s",
    ]
    return [
        *cells,
        f"{write_significant(times.peak_bytes / _MEGABYTES)} MB",
        times.settings.strip("{}").replace('"', ""),
    ]


def _list_estimates(engine: str, engines: Mapping[str, EngineTimes]) -> list[str]:
    """Return the ratios of an engine to the floor and to ours; empty where one of the two was not timed."""
    return [
        format_estimate(engines[engine].ratio_to(engines[other])) if engines.keys() >= {engine, other} else ""
        for other in (FLOOR, COMPILED)
    ]


def list_engine_rows(times: Times, *, busy: Times) -> dict[str, list[list[str]]]:
    """Return a row for each engine, the quickest first, by experiment: its name and what `list_time_cells` gives."""
    return {
        name: [
            [name_engine(each.engine), *list_time_cells(each, engines, busy=busy.get(name))]
            for each in order_engines(engines)
        ]
        for name, engines in times.items()
    }


_HOUR = 3600.0
_SHOWN_WORKERS = (1, 2, 8)

_PERCENT = (100.0, " %")
# Measurements of whole studies, in the order of the rows, with scale and unit.
_MEASUREMENTS: Sequence[tuple[Callable[[Sequence[MeasuredStudy]], list[StudyRatio]], str, tuple[float, str]]] = (
    (list_efficiencies, "parallel efficiency, workers: {workers}", _PERCENT),
    (list_growths, "time relative to half the seeds, workers: {workers}", (1.0, "")),
    (list_outside_shares, "time outside training periods, workers: {workers}", _PERCENT),
    (list_processor_shares, "the runs' time with a processor, workers: {workers}", _PERCENT),
)


def list_throughput_headings(studies: Sequence[MeasuredStudy]) -> list[str]:
    """Return the headings of the table of seeds per hour, which name what was extrapolated."""
    efficiency = _find_efficiency(studies)
    return ["experiment", "time per run", *(_name_workers(workers, efficiency) for workers in _SHOWN_WORKERS)]


def list_throughputs(result: EnvironmentResult, studies: Sequence[MeasuredStudy]) -> list[list[str]]:
    """Return the median time of a run and the seeds per hour of 1, 2 and 8 workers, for each experiment run."""
    efficiency = _find_efficiency(studies)
    factor = efficiency.estimate.value if efficiency else 1.0
    rows = []
    for name, seconds in _list_run_seconds(result):
        rates = [workers * (factor if workers > 1 else 1.0) * _HOUR / seconds for workers in _SHOWN_WORKERS]
        rows.append([name, f"{write_significant(seconds)} s", *map(_format_rate, rates)])
    return rows


def format_efficiency(studies: Sequence[MeasuredStudy]) -> str:
    """Return a sentence with the parallel efficiency, and whether it was measured."""
    found = _find_efficiency(studies)
    if found is None:
        return "With N workers, multiply by N at most; the parallel efficiency was not measured here."
    scale, unit = _PERCENT
    efficiency = format_estimate(found.estimate, scale=scale, unit=unit)
    return (
        f"With N workers, multiply by N and by the parallel efficiency: {efficiency} for "
        f"{found.workers} workers ({_count_rounds(found)} of {found.seeds} seeds of {found.experiment}, "
        f"{format_processors(studies)}), extrapolated beyond {found.workers}."
    )


def list_study_rows(studies: Sequence[MeasuredStudy]) -> list[list[str]]:
    """Return the measurements of whole studies as rows: study, measurement, median with interval, and range."""
    return [
        [
            f"{ratio.experiment}, {ratio.seeds} seeds",
            text.format(workers=ratio.workers),
            format_estimate(ratio.estimate, scale=scale, unit=unit),
            f"{format_range(ratio.values[0], ratio.values[-1], scale=scale, unit=unit)}, {_count_rounds(ratio)}",
        ]
        for list_ratios, text, (scale, unit) in _MEASUREMENTS
        for ratio in list_ratios(studies)
    ]


def format_processors(studies: Sequence[MeasuredStudy]) -> str:
    """Name the kinds of processor on which studies were timed."""
    return " and ".join(sorted({study.processor for study in studies}))


def _count_rounds(ratio: StudyRatio) -> str:
    return "1 round" if len(ratio.values) == 1 else f"{len(ratio.values)} rounds"


def _format_rate(rate: float) -> str:
    """Format to three significant digits: no more are known."""
    return f"{float(f'{rate:.3g}'):,.0f}"


def _list_run_seconds(result: EnvironmentResult) -> list[tuple[str, float]]:
    return [(each.protocol.id, each.seconds.total) for each in result.experiments if each.seconds]


def _find_efficiency(studies: Sequence[MeasuredStudy]) -> StudyRatio | None:
    """Return the efficiency measured for the most workers."""
    return max(list_efficiencies(studies), key=lambda ratio: (ratio.workers, ratio.seeds), default=None)


def _name_workers(workers: int, efficiency: StudyRatio | None) -> str:
    if workers == 1:
        return "1 worker"
    if efficiency is None:
        return f"{workers} workers, at most"
    return f"{workers} workers" if workers == efficiency.workers else f"{workers} workers, extrapolated"
