"""Where the time of a study went, as tables in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from rich.console import Console
from rich.table import Table

from mnist_repro.reporting.wording.numbers import UNKNOWN
from mnist_repro.studies.timing import Part, RunTimes, StudyTimes


def print_timing(times: StudyTimes, *, console: Console) -> None:
    """Print what the workers' time went to: by part, by experiment, and what that says of the study."""
    console.print()
    if not times.runs:
        console.print("Nothing was trained: there is no time to tell of.")
        return
    console.print(_part_table(times))
    console.print()
    console.print(_experiment_table(times))
    for line in (_format_outside(times), _format_efficiency(times), _format_processor(times)):
        console.print(line, highlight=False)


def _part_table(times: StudyTimes) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what the workers' time went to")
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    for part in Part:
        # What did not happen is not listed; failures are rare.
        if part is not Part.FAILING or times.seconds[part]:
            seconds = times.seconds[part]
            table.add_row(part.value, f"{seconds:.1f}", _format_share(seconds / times.worker_seconds))
    workers = "1 worker" if times.workers == 1 else f"{times.workers} workers"
    table.add_row(f"in all: {workers}, {times.wall_seconds:.1f} s", f"{times.worker_seconds:.1f}", _format_share(1.0))
    return table


def _experiment_table(times: StudyTimes) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("experiment")
    for heading in ("runs", "seconds a run", "in training periods", "evaluation", "values and batches", "recording"):
        table.add_column(heading, justify="right")
    for experiment, runs in times.experiments.items():
        shares = (Part.TRAINING, Part.EVALUATING, Part.DATA, Part.RECORDING)
        table.add_row(
            experiment,
            str(len(runs)),
            f"{fmean(run.run_seconds for run in runs):.2f}",
            *(_format_share(_share(runs, part)) for part in shares),
        )
    return table


def _share(runs: Sequence[RunTimes], part: Part) -> float:
    """Return the share of a part in the time of runs and of what records them."""
    total = sum(run.run_seconds + run.seconds.get(Part.RECORDING, 0.0) for run in runs)
    return sum(run.seconds.get(part, 0.0) for run in runs) / total if total else 0.0


def _format_outside(times: StudyTimes) -> str:
    return f"Outside of training periods: {_format_share(times.outside_share)} of the workers' time."


def _format_efficiency(times: StudyTimes) -> str:
    if times.workers == 1:
        return "Parallel efficiency: a single worker says nothing of it."
    return (
        f"Parallel efficiency: at most {_format_share(times.efficiency)}; as much if one worker alone took as long for "
        "each run, and built each network once."
    )


def _format_processor(times: StudyTimes) -> str:
    replaced = times.processes - times.workers
    text = f"While they trained and evaluated, processes had a processor for {_format_share(times.processor_share)}."
    return f"{text} {replaced} of them replaced others." if replaced > 0 else text


def _format_share(share: float) -> str:
    return UNKNOWN if math.isnan(share) else f"{100 * share:.1f} %"
