"""What a user sees while a study runs, and the table of claims after it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from types import TracebackType
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mnist_repro.records import RunRecord
from mnist_repro.reporting.contents import EnvironmentResult, Family
from mnist_repro.reporting.formats import (
    format_interval,
    format_number,
    format_outcome,
    format_reported,
    format_subject,
    format_unfinished,
    format_verdict,
)
from mnist_repro.study import Plan
from mnist_repro.verdicts import Verdict

STAND_IN_WARNING = (
    "A stand-in for MNIST is used, digits that come with scikit-learn: "
    "these runs say nothing about any number of the documents."
)

_PLAIN_WIDTH = 160
_PLAIN_SECONDS = 10.0  # between two lines, where the output is no terminal
_COLOURS = {
    Verdict.REPRODUCED: "green",
    Verdict.EXPLAINED: "yellow",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.CONTRADICTED: "yellow",
}


def format_plan(plan: Plan) -> str:
    """Say in a line how many runs there are and how many are to be made."""
    return f"Runs: {plan.planned} planned, {len(plan.reused)} in the records, {len(plan.missing)} to train."


class StudyProgress:
    """Shows how far a study is, and how long it will still take: a bar in a terminal, else a line now and then.

    Parameters
    ----------
    plan
        What is run.
    console
        Where it is shown.
    """

    def __init__(self, plan: Plan, *, console: Console) -> None:
        self._console = console
        self._workers = plan.workers
        self._run_seconds = 0.0
        self._costs = {(run.protocol.id, run.seed): run.cost for run in plan.missing}
        self._total_cost = sum(self._costs.values())
        self._done_cost = 0
        self._done = 0
        self._start = time.monotonic()
        self._last_line = self._start
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(
            f"0 of {len(self._costs)} runs", total=self._total_cost, left="estimating the time left"
        )

    def __enter__(self) -> StudyProgress:  # noqa: PYI034 - typing.Self is younger than Python 3.10
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, record: RunRecord) -> None:
        """Count a run that has ended."""
        self._done += 1
        self._done_cost += self._costs[record.experiment, record.seed]
        now = time.monotonic()
        # By the runs' own times: what the workers' start costs comes only once.
        self._run_seconds += record.total_seconds
        cost_left = self._total_cost - self._done_cost
        left = self._run_seconds / self._done_cost * cost_left / self._workers
        state = f"{self._done} of {len(self._costs)} runs"
        estimate = f"about {_clock(left)} left"
        self._bar.update(
            self._task, completed=self._done_cost, description=f"{state}, {record.experiment}", left=estimate
        )
        if record.status != "completed":
            self._console.print(format_unfinished(record), markup=False)
        finished = self._done == len(self._costs)
        if not self._console.is_terminal and (finished or now - self._last_line >= _PLAIN_SECONDS):
            self._last_line = now
            self._console.print(f"{state}, {_clock(now - self._start)} elapsed, {estimate}", highlight=False)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def make_console(file: IO[str] | None = None, *, is_terminal: bool | None = None) -> Console:
    """Return a console; where the output is no terminal, tables are plain and as wide as they need to be.

    Parameters
    ----------
    file
        Where it writes; None is the standard output.
    is_terminal
        Whether what it writes is shown on a terminal; None finds out.
    """
    # Paths and reasons of failures are printed as they are, also where they look like Rich's markup.
    console = Console(file=file, force_terminal=is_terminal, markup=False, emoji=False)
    return console if console.is_terminal else Console(file=file, markup=False, emoji=False, width=_PLAIN_WIDTH)


def print_claims(result: EnvironmentResult, *, console: Console) -> None:
    """Print the claims of what was run, a row for each single claim and for each curve, and count all verdicts."""
    console.print()
    if result.is_stand_in:
        console.print(Text(STAND_IN_WARNING, style="bold yellow"))
    shown = (experiment for experiment in result.experiments if experiment.completed)
    print_families((family for experiment in shown for family in experiment.families), console=console)
    print_outcome(result.outcome(), console=console)


def print_outcome(outcome: Counter[Verdict], *, console: Console) -> None:
    """Count verdicts in a line, however long, so that it can be searched for."""
    console.print(f"Verdicts: {format_outcome(outcome)}", highlight=False, soft_wrap=True)


def print_families(families: Iterable[Family], *, console: Console) -> None:
    """Print a table with a row for each family of claims, and a heading for each experiment."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("experiment, claim", overflow="fold")
    for heading in ("document", "our mean", "one run, 95 %", "runs"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    # What is no experiment's stands under its document.
    for subject, members in groupby(families, key=lambda family: family.claim.experiment or family.claim.document):
        table.add_row(Text(subject, style="bold"))
        for family in members:
            table.add_row(*_cells(family))
    console.print(table)


def _cells(family: Family) -> list[Text]:
    claim, summary = family.claim, family.assessments[-1].summary
    subject = f"  {format_subject(claim)}"
    if len(family.assessments) > 1:
        subject += f", last of {len(family.assessments)}"
    return [
        Text(subject),
        Text(format_reported(claim)),
        Text(format_number(summary.mean, claim) if summary else ""),
        Text(format_interval(summary.prediction_interval, claim) if summary else ""),
        Text(str(summary.n) if summary else ""),
        Text(format_verdict(family), style=_COLOURS.get(family.finding.verdict, "dim")),
    ]
