"""Tables in the terminal of what a study spent its time on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from rich.console import Console
from rich.table import Table

from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.digits import UNKNOWN
from mnist_repro.studies.timing import Part, RunTimes, StudyTimes


def print_timing(times: StudyTimes, *, console: Console) -> None:
    """Print the time of the workers by part and by experiment, and the parallel efficiency."""
    console.print()
    if not times.runs:
        console.print("Nothing was trained, so there is no time to report.")
        return
    console.print(_part_table(times))
    console.print()
    console.print(_experiment_table(times))
    outside = f"Outside training periods: {_format_fraction(times.outside_share)} of the workers' time."
    for line in (outside, _format_efficiency(times), _format_processor(times)):
        console.print(line, highlight=False)


def _part_table(times: StudyTimes) -> Table:
    # What did not happen is not listed; failures are rare.
    parts = [part for part in Part if part is not Part.FAILING or times.seconds[part]]
    rows = [
        (part.value, f"{times.seconds[part]:.1f}", _format_fraction(times.seconds[part] / times.worker_seconds))
        for part in parts
    ]
    workers = "1 worker" if times.workers == 1 else f"{times.workers} workers"
    total = (f"total: {workers}, {times.wall_seconds:.1f} s", f"{times.worker_seconds:.1f}", _format_fraction(1.0))
    headings = ("workers' time spent on", "s", "of total")
    return plain_table(headings, [*rows, total], right=headings[1:])


def _experiment_table(times: StudyTimes) -> Table:
    parts = (Part.TRAINING, Part.EVALUATING, Part.DATA, Part.RECORDING)
    rows = [
        (
            experiment,
            str(len(runs)),
            f"{fmean(run.run_seconds for run in runs):.2f}",
            *(_format_fraction(_measure_fraction(runs, part)) for part in parts),
        )
        for experiment, runs in times.experiments.items()
    ]
    headings = ("experiment", "runs", "s per run", "training periods", "evaluation", "values and batches", "recording")
    return plain_table(headings, rows, right=headings[1:])


def _measure_fraction(runs: Sequence[RunTimes], part: Part) -> float:
    """Return the fraction of the time of runs, recording included, that a part took."""
    total = sum(run.run_seconds + run.seconds.get(Part.RECORDING, 0.0) for run in runs)
    return sum(run.seconds.get(part, 0.0) for run in runs) / total if total else 0.0


def _format_efficiency(times: StudyTimes) -> str:
    if times.workers == 1:
        return "Parallel efficiency: unknown with a single worker."
    return (
        f"Parallel efficiency: at most {_format_fraction(times.efficiency)}. That holds if one worker took as long for "
        "each run, and built each network once."
    )


def _format_processor(times: StudyTimes) -> str:
    replaced = times.processes - times.workers
    text = f"While they trained and evaluated, processes had a processor for {_format_fraction(times.processor_share)}."
    return f"{text} {replaced} of them replaced others." if replaced > 0 else text


def _format_fraction(fraction: float) -> str:
    return UNKNOWN if math.isnan(fraction) else f"{100 * fraction:.1f} %"
