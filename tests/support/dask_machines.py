"""A real Dask cluster on this machine: a scheduler, and workers that can be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from made_up_trainer import SECONDS_VARIABLE, write_start_up

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.cluster import connection
from mnist_repro.studies.cluster.connection import Cluster
from mnist_repro.studies.study import Plan, plan_study, run_study

EXPERIMENT = "julia-linear-lr0.02"
SECONDS = 180  # for what a busy machine may take
WORKER = ("worker", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0")


@contextmanager
def run_dask(*arguments: str, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a `dask` command in a process group of its own; whatever is left of it ends with the block."""
    command = [sys.executable, "-m", "dask", *arguments]
    # In another folder: Python looks for packages where it is started, before anywhere else.
    with subprocess.Popen(  # noqa: S603 - our own words
        command, cwd=folder, env={**os.environ, **environment}, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Scheduler:
    """A scheduler that runs.

    Parameters
    ----------
    address
        Where it is reached.
    process
        Its process.
    folder
        Where its workers may write.
    path
        Search path with which processes find the made-up trainer in place of the real one.
    """

    address: str
    process: subprocess.Popen[bytes]
    folder: Path
    path: str


@contextmanager
def scheduling(folder: Path, **environment: str) -> Iterator[Scheduler]:
    """Start a scheduler, which ends with the block."""
    file, path = folder / "scheduler.json", write_start_up(folder / "start-up")
    arguments = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    with run_dask(*arguments, folder=folder, **{"PYTHONPATH": path} | environment) as process:
        end = time.monotonic() + SECONDS
        while not file.exists() or not file.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        yield Scheduler(json.loads(file.read_text())["address"], process, folder, path)


def open_client(address: str) -> Any:
    """Return a client of the scheduler at `address`, for tests to look."""
    from distributed import Client  # noqa: PLC0415 - the extra `cluster` is not installed everywhere

    return Client(address, set_as_default=False)


class Machines:
    """The workers that a test starts, with the made-up trainer unless it says otherwise; they end with its block."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.address = scheduler.address
        self.started = 0
        self._scheduler = scheduler
        self._stack = ExitStack()

    def __enter__(self) -> Machines:  # noqa: PYI034 - typing.Self is younger than Python 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start_worker(self, *arguments: str, **environment: str) -> None:
        """Start a worker, and wait until it is there."""
        settings = {"PYTHONPATH": self._scheduler.path, SECONDS_VARIABLE: "0.2"} | environment
        command = run_dask(*WORKER, *arguments, self.address, folder=self._scheduler.folder, **settings)
        self._stack.enter_context(command)
        self.started += 1
        with open_client(self.address) as client:
            client.wait_for_workers(self.started, timeout=SECONDS)


@dataclass(frozen=True)
class ClusterStudy:
    """A study of one experiment, with a store of its own."""

    images: Dataset
    store: RecordStore

    def plan(self, cluster: Cluster, *seeds: int) -> Plan:
        """Plan the runs of these seeds."""
        return plan_study(
            {EXPERIMENT: load_catalogue().protocols[EXPERIMENT]},
            seeds={EXPERIMENT: seeds},
            dataset=self.images,
            store=self.store,
            workers=cluster.workers,
            environment=cluster.environment,
        )

    def run(self, cluster: Cluster, *seeds: int, **options: Any) -> list[RunRecord]:
        """Make the runs of these seeds that are missing, and return the records of all."""
        plan = self.plan(cluster, *seeds)
        return run_study(plan, dataset=self.images, store=self.store, cluster=cluster, **options)

    def count(self) -> Counter[int]:
        """Return how often each seed is recorded."""
        return Counter(record.seed for record in self.store.read())


def copy_package(folder: Path, *, change: str) -> str:
    """Copy the package with a statement more in the file `change`; return the search path on which it is found."""
    source = Path(connection.__file__).parents[2]
    shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / source.name / change).open("a", encoding="utf-8") as file:
        file.write("ANOTHER_VERSION = True\n")
    return str(folder)


def without_package(folder: Path) -> str:
    """Return a search path on which the package is found, and is no package of ours."""
    (folder / "mnist_repro").mkdir(parents=True)
    (folder / "mnist_repro" / "__init__.py").touch()
    return str(folder)
