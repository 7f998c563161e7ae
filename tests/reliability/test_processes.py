"""Worker processes train what a study lacks; whatever ends it ends them, and what they need is said in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import EXPERIMENT, Ended, assert_one_line
from made_up_trainer import SECONDS_VARIABLE, write_start_up
from small_study import SmallStudy

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import processes
from mnist_repro.studies.processes import interrupted_by_signals, train_on_processes
from mnist_repro.studies.worker import PlannedRun

pytest.importorskip("tensorflow", reason="a run's conditions name the version of TensorFlow")

SECONDS = 60  # for what a busy machine may take
ENDINGS = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def started(folder: Path, *, workers: int, seeds: str = "0-1999", **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start a study of made-up runs, recorded in `folder`; what is left of it ends with the block."""
    words = ["run", EXPERIMENT, "--dataset", "digits", "--seeds", seeds, "--workers", str(workers)]
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "mnist_repro", *words, "--records", str(folder)],
        env={**os.environ, "PYTHONPATH": write_start_up(folder / "start-up"), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as study:
        try:
            yield study
        finally:
            if study.poll() is None:
                study.kill()


def finish(folder: Path, *, workers: int, **variables: str) -> Ended:
    """Run a study of two made-up runs to its end."""
    with started(folder, workers=workers, seeds="0-1", **variables) as study:
        out, err = study.communicate(timeout=SECONDS)
    return Ended(study.returncode, out, err)


def wait_until(holds: Any) -> bool:
    """Return whether something comes to hold."""
    end = time.monotonic() + SECONDS
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(held)


def find_workers(parent: int) -> list[Path]:
    """Return the processes that train for another, by their folders."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    found = [Path("/proc", child) for child in children]
    return [child for child in found if b"popen_loky" in (child / "cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found by /proc")
@pytest.mark.parametrize("ending", ["SIGTERM", "SIGKILL"])
def test_study_that_is_ended_leaves_no_worker_and_no_images(tmp_path: Path, ending: str) -> None:
    """However the process that plans ends, its workers and their images end too, and what is recorded stays."""
    store = RecordStore(tmp_path / "local-digits")
    with started(tmp_path, workers=3, **{SECONDS_VARIABLE: "0.3"}) as study:
        assert wait_until(lambda: store.file.exists() and b"\n" in store.file.read_bytes())
        workers, images = find_workers(study.pid), f"joblib_memmapping_folder_{study.pid}_*"
        assert len(workers) == 3
        study.send_signal(getattr(signal, ending))
        study.wait(timeout=SECONDS)
        gone = wait_until(lambda: not any(each.exists() for each in (*workers, *Path("/dev/shm").glob(images))))  # noqa: S108 - where joblib puts them
        _, err = study.communicate(timeout=SECONDS)

    assert gone
    assert store.read()
    if ending == "SIGKILL":
        assert study.returncode == -signal.SIGKILL
    else:
        assert_one_line(Ended(study.returncode, "", err), "Interrupted. The runs that had ended are recorded", code=130)


@pytest.mark.parametrize("ending", ENDINGS)
def test_interrupted_by_signals_is_an_interruption_here_too(ending: str) -> None:
    """A signal to end is an interruption while something runs, in a test session too; then it is what it was."""
    number = getattr(signal, ending)
    # Whoever started the tests may ignore it, as nohup does.
    usual = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt), interrupted_by_signals():
            signal.raise_signal(number)

        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, usual)


def test_interrupted_by_signals_leaves_what_others_decided() -> None:
    """A signal that is ignored, as by nohup, stays so; and another thread than the first can run a study."""
    usual = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with interrupted_by_signals():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, usual)
    seen: list[Any] = []

    def run() -> None:
        with interrupted_by_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert seen == [usual]


def test_study_without_semaphores_trains_in_its_own_process(tmp_path: Path) -> None:
    """Where no process can be started, one worker needs none."""
    ended = finish(tmp_path, workers=1, JOBLIB_MULTIPROCESSING="0")

    assert (ended.code, ended.err) == (0, "")
    assert len(RecordStore(tmp_path / "local-digits").read()) == 2


def test_study_without_semaphores_refuses_two_workers(small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, that is said with what to do, before anything is recorded."""
    monkeypatch.setattr(processes, "effective_n_jobs", lambda _: 1)

    with pytest.raises(ReproError, match=r"^2 workers are processes, and joblib can start none here.*--workers 1\.$"):
        small_study.run(0, 1, workers=2)

    assert not small_study.store.folder.exists()
    assert small_study.plan(0, workers=2).workers == 1


def test_study_whose_images_cannot_be_handed_over_says_where_room_is_needed(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where joblib's temporary folder cannot be made or is full, the cause and the way out are one line."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "file" / "folder"))

    with pytest.raises(
        ReproError, match=r"^The images .* processes: NotADirectoryError: .*file/folder'\. .*--workers 1"
    ):
        small_study.run(0, 1, workers=2)


def test_study_where_tensorflow_is_in_use_is_refused(small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker trains in this process: where that has used TensorFlow with more threads, nothing is recorded."""
    from mnist_repro.training import trainer  # noqa: PLC0415 - it imports TensorFlow

    def refuse(_: int) -> None:
        msg = "Intra op parallelism cannot be modified after initialization."
        raise RuntimeError(msg)

    monkeypatch.setattr(trainer, "limit_threads", refuse)

    with pytest.raises(ReproError, match=r"TensorFlow is already in use in this process.*`!mnist-repro run`"):
        small_study.run(0, workers=1)

    assert not small_study.store.folder.exists()
    assert small_study.plan(0, 1, workers=2).workers == 2


@pytest.mark.parametrize(
    ("end", "said"),
    [
        pytest.param(
            lambda: os._exit(9), r"ended by itself, EXIT\(9\); what it said last stands above", id="by itself"
        ),
        pytest.param(lambda: signal.raise_signal(signal.SIGABRT), r"ended by itself, SIGABRT", id="aborted"),
        pytest.param(lambda: signal.raise_signal(signal.SIGKILL), r"killed, perhaps because memory ran", id="killed"),
    ],
)
def test_study_whose_worker_ends_says_how(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch, end: Any, said: str
) -> None:
    """Memory is a guess only where the system killed the worker; any other end is named."""

    def die(*_: Any, **__: Any) -> None:
        end()

    monkeypatch.setattr(processes, "make_run", die)

    with pytest.raises(ReproError, match=rf"^A worker process (was )?{said}.*(goes on)") as caught:
        small_study.run(0, 1, workers=2)

    assert ("memory" in str(caught.value)) == ("killed" in said)


def test_run_study_images_are_one_file_in_every_worker(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images are decoded once: the processes map the same file into their memory, and none sums up its bytes again."""

    def look(_: PlannedRun, dataset: Dataset, *, keep_model: bool) -> tuple[int, list[Any], bool]:
        time.sleep(0.2)
        arrays = (dataset.train_images, dataset.test_images)
        assert not keep_model
        return os.getpid(), [getattr(array, "filename", None) for array in arrays], "sha256" in vars(dataset)

    monkeypatch.setattr(processes, "make_run", look)
    plan = small_study.plan(*range(8), workers=2)

    seen: list[Any] = list(train_on_processes(plan.missing, small_study.dataset, workers=2))

    workers, files, summed = zip(*seen, strict=True)
    assert len(set(workers)) == 2
    assert os.getpid() not in workers
    assert len({file for pair in files for file in pair}) == 2
    assert all(file is not None for pair in files for file in pair)
    assert all(summed)


def test_run_study_process_that_grows_goes_on(small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that holds more than before is not ended, also where psutil is installed: it has what it compiled."""
    pytest.importorskip("psutil", reason="without it joblib does not look")

    def grow(run: PlannedRun, *_: Any, **__: Any) -> int:
        vars(processes).setdefault("held", []).append(np.ones(100_000_000 * min(run.seed, 1)))
        time.sleep(1.2)
        return os.getpid()

    monkeypatch.setattr(processes, "make_run", grow)
    plan = small_study.plan(*range(6), workers=2)

    seen: list[Any] = list(train_on_processes(plan.missing, small_study.dataset, workers=2))

    assert len(set(seen)) == 2


STUDY_WITHOUT_STDERR = """
import sys
from mnist_repro.cli.main import main

assert sys.stderr is None
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-"], ids=["stderr", "stdin and stderr"])
def test_run_study_without_stderr_trains(tmp_path: Path, workers: int, closed: str) -> None:
    """A program that was started without stderr, as by cron, trains and records like any other."""
    words = ["run", "julia-linear-lr0.02", "--dataset", "digits", "--seeds", "0-1", "--workers", str(workers)]
    script = f'exec "$@" {closed}'
    environment = {**os.environ, "PYTHONPATH": write_start_up(tmp_path / "start-up")}

    ended = subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", script, "sh", sys.executable, "-c", STUDY_WITHOUT_STDERR, *words, "--records", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout
    records = RecordStore(tmp_path / "local-digits").read()
    assert {record.seed: record.status for record in records} == {0: "completed", 1: "completed"}
