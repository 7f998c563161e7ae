"""How the workers of a study spend their time, by part; the parts add up to all of it.

Workers may be on other machines: each measures by its own clock, and reports durations.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from statistics import fmean

from mnist_repro.records.run import RunRecord


class Part(Enum):
    """Parts of a worker's time, in the order of a study."""

    PREPARING = "before the workers: images and records read, runs planned"
    STARTING = "processes started"
    IMPORTING = "TensorFlow imported"
    COMPILING = "networks built, traced and compiled"
    DATA = "initial values and batches"
    TRAINING = "training periods"
    EVALUATING = "evaluation"
    FAILING = "runs that failed"
    RECORDING = "runs handed over, to be recorded"
    BETWEEN = "between runs"
    WAITING = "waiting for the last runs"


@dataclass(frozen=True, kw_only=True)
class RunTimes:
    """How a worker spent its time on one run."""

    experiment: str
    worker: str  #: name of the process
    began: float  #: by the worker's clock, in seconds
    ended: float  #: by the worker's clock, in seconds
    seconds: Mapping[Part, float]  #: by part; their sum is `ended` minus `began`
    processor_seconds: float  #: processor time of the process while it trained and evaluated

    @property
    def run_seconds(self) -> float:
        """Seconds of initial values, batches, training and evaluation."""
        return sum(self.seconds.get(part, 0.0) for part in (Part.DATA, Part.TRAINING, Part.EVALUATING))


class RunClock:
    """Measures one run, in the worker that trains it."""

    def __init__(self, experiment: str) -> None:
        self._experiment = experiment
        self._began = time.perf_counter()
        self._seconds: defaultdict[Part, float] = defaultdict(float)
        self._processor_seconds = 0.0

    @contextmanager
    def measure(self, part: Part) -> Iterator[None]:
        """Add the time of a `with` block to a part; a whole run counts as training, and `stop` splits it."""
        start, processor_start = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self._seconds[part] += time.perf_counter() - start
            if part is Part.TRAINING:
                self._processor_seconds += time.process_time() - processor_start

    def stop(self, record: RunRecord) -> RunTimes:
        """Return the times of a run that ended with `record`: time that was not measured counts as recording."""
        ended = time.perf_counter()
        seconds = dict(self._seconds)
        if record.status == "failed":
            seconds = {Part.FAILING: ended - self._began}
        else:
            run = seconds.pop(Part.TRAINING, 0.0)
            trained, evaluated = record.training_seconds, record.evaluation_seconds
            seconds |= {Part.TRAINING: trained, Part.EVALUATING: evaluated, Part.DATA: run - trained - evaluated}
            seconds[Part.RECORDING] = ended - self._began - sum(seconds.values())
        return RunTimes(
            experiment=self._experiment,
            worker=f"{platform.node()}, process {os.getpid()}",
            began=self._began,
            ended=ended,
            seconds=seconds,
            processor_seconds=self._processor_seconds,
        )


@dataclass(frozen=True, kw_only=True)
class StudyTimes:
    """How the workers of a study spent their time."""

    workers: int  #: number that trained at a time
    wall_seconds: float  #: from the start of the study to its end
    runs: tuple[RunTimes, ...]  #: all runs that were trained
    seconds: Mapping[Part, float]  #: of all workers, by part; their sum is `workers` times `wall_seconds`

    @property
    def worker_seconds(self) -> float:
        """Time of all workers together."""
        return self.workers * self.wall_seconds

    @property
    def outside_share(self) -> float:
        """Fraction of the workers' time outside of training periods."""
        return 1.0 - self.seconds[Part.TRAINING] / self.worker_seconds

    @property
    def processes(self) -> int:
        """Number of processes that trained: more than the workers where some were replaced."""
        return len({run.worker for run in self.runs})

    @property
    def processor_share(self) -> float:
        """Fraction of the runs' time in which their processes had a processor; NaN if all failed."""
        run_seconds = sum(run.run_seconds for run in self.runs)
        return sum(run.processor_seconds for run in self.runs) / run_seconds if run_seconds else math.nan

    @property
    def efficiency(self) -> float:
        """Time that one worker alone would have taken, divided by the time of all workers.

        Notes
        -----
        One worker starts, imports and builds each network once, and trains all runs, each in the time that it took
        here. Alone it may be faster: then the true efficiency is lower.
        """
        totals = self.seconds
        once = (totals[Part.PREPARING] + totals[Part.STARTING]) / self.workers
        once += totals[Part.IMPORTING] / self.processes
        builds = defaultdict(list)
        for run in self.runs:
            if built := run.seconds.get(Part.COMPILING, 0.0):
                builds[run.experiment].append(built)
        once += sum(map(fmean, builds.values()))
        each = (Part.DATA, Part.TRAINING, Part.EVALUATING, Part.FAILING, Part.RECORDING, Part.BETWEEN)
        return (once + sum(totals[part] for part in each)) / self.worker_seconds

    @property
    def experiments(self) -> dict[str, list[RunTimes]]:
        """The runs of each experiment, in the order in which the first of each ended."""
        found = defaultdict(list)
        for run in self.runs:
            found[run.experiment].append(run)
        return dict(found)


class StudyClock:
    """Measures a study, in the process that plans it, from the creation of this object."""

    def __init__(self) -> None:
        self._opened = self._began = self._ended = time.perf_counter()
        self._workers = 1
        self._runs: list[RunTimes] = []
        self._arrived: dict[str, float] = {}

    def begin(self, *, workers: int) -> None:
        """Start measuring `workers` workers."""
        self._workers = workers
        self._began = self._ended = time.perf_counter()

    def add(self, run: RunTimes) -> None:
        """Add a run that has ended."""
        self._runs.append(run)
        self._ended = self._arrived[run.worker] = time.perf_counter()

    def read(self) -> StudyTimes:
        """Return the times until the last run ended."""
        wall = self._ended - self._opened
        seconds = {part: sum(run.seconds.get(part, 0.0) for run in self._runs) for part in Part}
        busy = sum(seconds.values())
        seconds[Part.PREPARING] = self._workers * (self._began - self._opened)
        by_worker = ([run for run in self._runs if run.worker == worker] for worker in self._arrived)
        seconds[Part.BETWEEN] = sum(map(_idle_between, by_worker))
        left = self._workers * wall - busy - seconds[Part.PREPARING] - seconds[Part.BETWEEN]
        # Where workers were replaced, the last ones are those that waited.
        last = sorted(self._arrived.values())[-self._workers :]
        waited = sum(self._ended - arrival for arrival in last)
        waited += (self._workers - len(last)) * (self._ended - self._began)
        seconds[Part.WAITING] = max(0.0, min(waited, left))
        seconds[Part.STARTING] = left - seconds[Part.WAITING]
        return StudyTimes(workers=self._workers, wall_seconds=wall, runs=tuple(self._runs), seconds=seconds)


def _idle_between(runs: Sequence[RunTimes]) -> float:
    """Return how long a worker was idle between its first run and its last."""
    span = max(run.ended for run in runs) - min(run.began for run in runs)
    return span - sum(run.ended - run.began for run in runs)
