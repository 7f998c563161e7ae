"""A study on a real Dask cluster: a scheduler and workers on this machine; some are killed, some are other ones."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from made_up_trainer import DEADLY_VARIABLE, SECONDS_VARIABLE, make_images, write_start_up

from mnist_repro import study as study_module
from mnist_repro.cli import main
from mnist_repro.cluster import connection
from mnist_repro.cluster.connection import Cluster, connect_cluster
from mnist_repro.datasets import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.pictures import load_first_weights
from mnist_repro.protocols import load_protocols
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.study import Plan, plan_study, run_study
from mnist_repro.timing import StudyClock

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytest.importorskip("tensorflow", reason="a run's conditions name the version of TensorFlow")

Facts = Callable[[RunRecord], dict[str, Any]]

EXPERIMENT = "julia-linear-lr0.02"
SECONDS = 180  # for what a busy machine may take
WORKER = ("worker", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0")


@contextmanager
def started(*arguments: str, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
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
class _Scheduler:
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
def scheduling(folder: Path, **environment: str) -> Iterator[_Scheduler]:
    """Start a scheduler, which ends with the block."""
    file, path = folder / "scheduler.json", write_start_up(folder / "start-up")
    arguments = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    with started(*arguments, folder=folder, **{"PYTHONPATH": path} | environment) as process:
        end = time.monotonic() + SECONDS
        while not file.exists() or not file.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        yield _Scheduler(json.loads(file.read_text())["address"], process, folder, path)


class _Machines:
    """The workers that a test starts, with the made-up trainer unless it says otherwise; they end with its block."""

    def __init__(self, scheduler: _Scheduler) -> None:
        self.address = scheduler.address
        self.started = 0
        self._scheduler = scheduler
        self._stack = ExitStack()

    def __enter__(self) -> _Machines:  # noqa: PYI034 - typing.Self is younger than Python 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start_worker(self, *arguments: str, **environment: str) -> None:
        """Start a worker, and wait until it is there."""
        settings = {"PYTHONPATH": self._scheduler.path, SECONDS_VARIABLE: "0.2"} | environment
        command = started(*WORKER, *arguments, self.address, folder=self._scheduler.folder, **settings)
        self._stack.enter_context(command)
        self.started += 1
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(self.started, timeout=SECONDS)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Scheduler]:
    """Return a scheduler that all tests may use, and none may kill."""
    with scheduling(tmp_path_factory.mktemp("scheduler")) as found:
        yield found


@pytest.fixture
def machines(scheduler: _Scheduler) -> Iterator[_Machines]:
    """Return a cluster without workers."""
    with _Machines(scheduler) as found:
        yield found
    with distributed.Client(scheduler.address, set_as_default=False) as client:
        end = time.monotonic() + SECONDS
        while client.nthreads():
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(scope="module")
def images() -> Dataset:
    """Return images that no folder has: workers can only be sent them."""
    return make_images()


@dataclass(frozen=True)
class _Study:
    """A study of one experiment, with a store of its own."""

    images: Dataset
    store: RecordStore

    def plan(self, cluster: Cluster, *seeds: int) -> Plan:
        return plan_study(
            {EXPERIMENT: load_protocols()[EXPERIMENT]},
            seeds={EXPERIMENT: seeds},
            dataset=self.images,
            store=self.store,
            workers=cluster.workers,
            environment=cluster.environment,
        )

    def run(self, cluster: Cluster, *seeds: int, **options: Any) -> list[RunRecord]:
        plan = self.plan(cluster, *seeds)
        return run_study(plan, dataset=self.images, store=self.store, cluster=cluster, **options)

    def count(self) -> Counter[int]:
        """Return how often each seed is recorded."""
        return Counter(record.seed for record in self.store.read())


@pytest.fixture
def study(images: Dataset, tmp_path: Path) -> _Study:
    """Return a study with an empty store."""
    return _Study(images, RecordStore(tmp_path / "records" / "local-digits"))


def kill_one_of(cluster: Cluster) -> None:
    """Kill the process of a worker, as the system does where memory ends."""
    processes: Mapping[str, int] = cluster._client.run(os.getpid)  # noqa: SLF001 - tests may look
    os.kill(min(processes.values()), signal.SIGKILL)


@pytest.mark.parametrize("options", [("--no-nanny",), ()], ids=["for good", "started anew"])
def test_study_worker_killed_in_mid_study_every_run_is_recorded_once(
    machines: _Machines, study: _Study, facts: Facts, options: tuple[str, ...]
) -> None:
    """Where one of two workers is killed, every run is still recorded once; none that was recorded is made again."""
    machines.start_worker(*options)
    machines.start_worker(*options)
    made: list[int] = []

    def kill_after_five(record: RunRecord) -> None:
        made.append(record.seed)
        if len(made) == 5:
            kill_one_of(cluster)

    with connect_cluster(machines.address) as cluster:
        assert cluster.workers == 2
        before = study.run(cluster, 0, 1, 2)
        plan = study.plan(cluster, *range(24))
        records = study.run(cluster, *range(24), on_record=kill_after_five)
        again = study.plan(cluster, *range(24))

    assert (plan.planned, len(plan.reused), len(plan.missing)) == (24, 3, 21)
    assert sorted(made) == list(range(3, 24))
    assert dict.fromkeys(range(24), 1) == study.count()
    assert sorted(record.seed for record in records) == list(range(24))
    assert {record.status for record in records} == {"completed"}
    assert [facts(record) for record in before] == [facts(record) for record in study.store.read()[:3]]
    assert (len(again.reused), again.missing) == (24, ())


def test_study_single_worker_trains_there(machines: _Machines, study: _Study) -> None:
    """A cluster of one worker makes the runs in that worker, not in the process that plans; this one keeps pictures."""
    machines.start_worker("--no-nanny")
    clock = StudyClock()

    with connect_cluster(machines.address) as cluster:
        records = study.run(cluster, 0, 1, 2, clock=clock)
        (process,) = cluster._client.run(os.getpid).values()  # noqa: SLF001 - tests may look

    times = clock.read()
    assert sorted(record.seed for record in records) == [0, 1, 2]
    assert {run.worker.rpartition(" ")[2] for run in times.runs} == {str(process)} != {str(os.getpid())}
    assert sum(times.seconds.values()) == pytest.approx(times.worker_seconds)
    (first,) = (record for record in records if record.seed == 0)
    weights = load_first_weights(study.store.folder, record=first)
    assert weights is not None
    assert weights.shape == (784, 10)


def copy_package(folder: Path, *, change: str) -> str:
    """Copy the package with a line more in the file `change`; return the search path on which it is found."""
    source = Path(connection.__file__).parents[1]
    shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / source.name / change).open("a", encoding="utf-8") as file:
        file.write("# another version\n")
    return str(folder)


def without_package(folder: Path) -> str:
    """Return a search path on which the package is found, and is no package of ours."""
    (folder / "mnist_repro").mkdir(parents=True)
    (folder / "mnist_repro" / "__init__.py").touch()
    return str(folder)


@pytest.mark.parametrize(
    ("options", "change", "difference"),
    [
        pytest.param(
            (),
            lambda _: {"TF_ENABLE_ONEDNN_OPTS": "0"},
            r"flags \{'TF_ENABLE_ONEDNN_OPTS': '0'\} in place of none",
            id="flags",
        ),
        pytest.param(
            ("--nthreads", "2"),
            lambda _: {},
            r"runs at once in one process \(--nthreads\) 2 in place of 1",
            id="threads",
        ),
        pytest.param(
            (),
            lambda folder: {"PYTHONPATH": copy_package(folder, change="training.py")},
            r"code of the package \w+ in place of \w+; training code \w+ in place of \w+",
            id="training code",
        ),
        pytest.param(
            (),
            lambda folder: {"PYTHONPATH": copy_package(folder, change="worker.py")},
            r"code of the package \w+ in place of \w+\. ",
            id="other code",
        ),
        pytest.param(
            (),
            lambda folder: {"PYTHONPATH": without_package(folder)},
            r"this package is not installed there, or is another one",
            id="no package",
        ),
    ],
)
def test_connect_worker_that_differs_is_refused_by_name(
    machines: _Machines,
    tmp_path: Path,
    options: tuple[str, ...],
    change: Callable[[Path], dict[str, str]],
    difference: str,
) -> None:
    """A worker with other code, flags or threads is named with its difference, and nothing is trained."""
    machines.start_worker("--no-nanny", *options, **change(tmp_path / "other"))

    with (
        pytest.raises(ReproError, match=rf"the worker tcp://[\d.:]+ differs .*{difference}"),
        connect_cluster(machines.address),
    ):
        pytest.fail("the worker was taken")


def test_study_worker_that_joins_late_and_differs_ends_it(machines: _Machines, study: _Study) -> None:
    """A worker with another setting that joins in mid-study trains nothing; what had ended is recorded."""
    machines.start_worker("--no-nanny")

    def join(_: RunRecord) -> None:
        if machines.started == 1:
            machines.start_worker("--no-nanny", TF_ENABLE_ONEDNN_OPTS="0")

    with (
        connect_cluster(machines.address) as cluster,
        pytest.raises(ReproError, match=r"flags .* in place of none"),
    ):
        study.run(cluster, *range(200), on_record=join)

    records = study.store.read()
    assert records
    assert {json.dumps(record.environment.flags) for record in records} == {"{}"}


def test_study_scheduler_that_dies_is_said_in_words(
    tmp_path: Path, study: _Study, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the scheduler is lost, the error comes in bounded time, says so, and what had ended is recorded."""
    with scheduling(tmp_path) as scheduler, _Machines(scheduler) as machines:
        machines.start_worker("--no-nanny")

        def kill(_: RunRecord) -> None:
            scheduler.process.kill()
            scheduler.process.wait()

        with (
            connect_cluster(machines.address) as cluster,
            pytest.raises(ReproError, match=r"connection to the cluster was lost.*cancelled\. .*same command goes on"),
        ):
            study.run(cluster, *range(24), on_record=kill)

    assert capfd.readouterr() == ("", "")
    assert 1 <= sum(study.count().values()) < 24
    assert set(study.count().values()) == {1}


def test_study_without_any_worker_left_ends(
    machines: _Machines, study: _Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all workers are killed and none is started anew, the study ends in bounded time, and says so."""
    monkeypatch.setattr(connection, "_WORKERLESS_SECONDS", 2.0)
    machines.start_worker("--no-nanny")

    with (
        connect_cluster(machines.address) as cluster,
        pytest.raises(ReproError, match=r"has had no worker for 2 seconds.*dask worker ADDRESS --nthreads 1"),
    ):
        study.run(cluster, *range(24), on_record=lambda record: None if record.seed > 3 else kill_all(cluster))

    assert set(study.count().values()) == {1}


def kill_all(cluster: Cluster) -> None:
    """Kill the processes of all workers that are left."""
    for process in cluster._client.run(os.getpid, on_error="ignore").values():  # noqa: SLF001 - tests may look
        os.kill(process, signal.SIGKILL)


def test_study_run_that_kills_its_workers_is_said_in_words(tmp_path: Path, study: _Study) -> None:
    """A run that no worker survives ends the study, where joblib alone would wait forever."""
    settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with scheduling(tmp_path, **settings) as scheduler, _Machines(scheduler) as machines:
        for _ in range(2):
            machines.start_worker("--no-nanny", **{DEADLY_VARIABLE: "5"})

        with (
            connect_cluster(machines.address) as cluster,
            pytest.raises(ReproError, match=r"A run was begun 1 times, and each time its worker was killed"),
        ):
            study.run(cluster, *range(24))

    assert 5 not in study.count()
    assert set(study.count().values()) <= {1}


def test_study_record_that_cannot_be_written_ends_it(
    machines: _Machines, study: _Study, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Where the process that plans cannot record a run, its error is all that is said."""
    machines.start_worker("--no-nanny")
    full = ReproError("The disk is full.")

    def refuse(*_: object) -> RunRecord:
        raise full

    monkeypatch.setattr(RecordStore, "append", refuse)

    with connect_cluster(machines.address) as cluster, pytest.raises(ReproError, match=r"^The disk is full\.$"):
        study.run(cluster, *range(24))

    assert [str(warning.message) for warning in recwarn if "joblib" in warning.filename] == []


def test_connect_scheduler_without_the_package_is_refused(tmp_path: Path) -> None:
    """What workers are to do passes through the scheduler: one that does not know the package is named."""
    with (
        scheduling(tmp_path, PYTHONPATH=without_package(tmp_path / "other")) as scheduler,
        pytest.raises(ReproError, match=r"The scheduler at tcp://[\d.:]+ must have this package.*same environment"),
        connect_cluster(scheduler.address),
    ):
        pytest.fail("the scheduler was taken")


def test_connect_no_workers_is_an_error(machines: _Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster without workers is refused in bounded time, with the command that starts some."""
    monkeypatch.setattr(connection, "_CONNECTION_SECONDS", 1.0)

    with (
        pytest.raises(ReproError, match=r"has no workers, and had none for 1 s.*dask worker ADDRESS --nthreads 1"),
        connect_cluster(machines.address),
    ):
        pytest.fail("there is no worker")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere", "tcp://", "ftp://127.0.0.1:8786", ""])
def test_connect_unreachable_address_is_an_error(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where no scheduler answers is refused in bounded time, with what is expected."""
    monkeypatch.setattr(connection, "_CONNECTION_SECONDS", 1.0)
    start = time.monotonic()

    with (
        pytest.raises(ReproError, match=r"such as tcp://127\.0\.0\.1:8786; .*dask scheduler"),
        connect_cluster(address),
    ):
        pytest.fail("nobody is there")

    assert time.monotonic() - start < 30


def test_connect_address_that_is_none_leaves_no_client_behind() -> None:
    """A client that failed is ended at once: ended as garbage while another one starts, it would wait forever."""

    def count_loops() -> int:
        return sum(thread.name == "IO loop" for thread in threading.enumerate())

    gc.collect()
    before = count_loops()
    gc.disable()
    try:
        with pytest.raises(ReproError), connect_cluster("nowhere"):
            pytest.fail("nobody is there")
        assert count_loops() == before
    finally:
        gc.enable()


@pytest.mark.usefixtures("single_thread")
def test_run_on_a_cluster_is_the_study_of_this_machine(
    machines: _Machines,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    facts: Facts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`run --cluster` really trains, with one TensorFlow thread, and gives the records that this machine gives."""
    root = str(Path(connection.__file__).parents[2])
    for _ in range(2):
        machines.start_worker(PYTHONPATH=root)
    options = ["run", EXPERIMENT, "--dataset", "digits", "--seeds", "0-2"]

    with monkeypatch.context() as patch:
        patch.setattr(study_module, "_run_on_processes", None)
        assert main([*options, "--records", str(tmp_path / "cluster"), "--cluster", machines.address]) == 0
    out, err = capfd.readouterr()
    assert main([*options, "--records", str(tmp_path / "here"), "--workers", "1"]) == 0

    assert err == ""
    assert "3 runs planned: 3 trained, 0 reused, 0 of them not completed." in out
    there, here = (
        sorted(map(str, map(facts, RecordStore(tmp_path / place / "local-digits").read())))
        for place in ("cluster", "here")
    )
    assert there == here
