"""The progress of a running study."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.escaping import escape_line
from mnist_repro.reporting.wording.numbers import format_unfinished
from mnist_repro.studies.study import Plan

_PLAIN_SECONDS = 10.0  # between two lines, where the output is no terminal


def format_plan(plan: Plan) -> str:
    """Return a line with the number of runs planned, recorded, and left to train."""
    again = sum(run.recorded is not None for run in plan.missing)
    counts = f"{plan.planned} planned, {len(plan.reused) + again} in the records, {len(plan.missing)} to train"
    return f"Runs: {counts}, {again} of them again, for their networks." if again else f"Runs: {counts}."


class StudyProgress:
    """Shows the progress of a study and the time remaining: a bar in a terminal, else a line now and then.

    The time remaining is that of the command: `later` is the cost of the studies that it makes after this one.
    """

    def __init__(self, plan: Plan, *, console: Console, later: int = 0) -> None:
        self._later = later
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
            TextColumn("{task.description}", markup=False),
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
        # Before Rich 14.3 a bar that is not shown ends with an empty line.
        if not self._bar.disable:
            self._bar.stop()

    def advance(self, record: RunRecord) -> None:
        """Count a finished run."""
        self._done += 1
        self._done_cost += self._costs[record.experiment, record.seed]
        now = time.monotonic()
        # By the times of runs alone: workers start only once.
        self._run_seconds += record.total_seconds
        cost_left = self._total_cost - self._done_cost + self._later
        left = self._run_seconds / self._done_cost * cost_left / self._workers
        state = f"{self._done} of {len(self._costs)} runs"
        estimate = f"about {_clock(left)} left"
        shown = escape_line(f"{state}, {record.experiment}")
        self._bar.update(self._task, completed=self._done_cost, description=shown, left=estimate)
        if record.status != "completed":
            self._console.print(format_unfinished(record), markup=False)
        finished = self._done == len(self._costs)
        if not self._console.is_terminal and (finished or now - self._last_line >= _PLAIN_SECONDS):
            self._last_line = now
            self._console.print(f"{state}, {_clock(now - self._start)} elapsed, {estimate}", highlight=False)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
