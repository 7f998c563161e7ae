"""Training on this machine: in worker processes, or in this process where it is the only worker.

Whatever ends this process ends its workers with it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import PicklingError

from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from joblib.externals.loky import process_executor
from joblib.externals.loky.process_executor import BrokenProcessPool

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.studies.worker import THREADS, MadeRun, PlannedRun, check_unused, make_run

_STDERR = 2  # the file descriptor
_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_PARENT_CHECK_SECONDS = 0.5
_EXIT_CODES = re.compile(r"exit codes of the workers are \{(.*)\}")


def check_processes(workers: int) -> None:
    """Check that so many workers can train here, before anything is recorded.

    Raises
    ------
    ReproError
        If no process can be started, or TensorFlow is already in use in this one, which would be the only worker.
    """
    if workers == 1:
        check_unused()
    elif effective_n_jobs(workers) == 1:
        msg = (
            f"{workers} workers are processes, and joblib can start none here: that needs semaphores, which a missing "
            "or read-only /dev/shm denies, and so does JOBLIB_MULTIPROCESSING=0. Put that right, or train in this "
            "process with --workers 1."
        )
        raise ReproError(msg)


def train_on_processes(
    runs: Iterable[PlannedRun], dataset: Dataset, *, workers: int, keep_models: bool = False
) -> Generator[MadeRun, None, None]:
    """Train runs in their order, and yield each as it ends; none is recorded.

    Parameters
    ----------
    workers
        Processes; a single worker is this process.

    Raises
    ------
    ReproError
        If the images cannot be handed over, or a worker process was killed.
    """
    _open_stderr()
    if workers == 1:
        for run in runs:
            yield make_run(run, dataset, keep_model=keep_models)
        return
    # joblib gives every process the images as one file, mapped into its memory.
    jobs = (delayed(make_run)(run, dataset, keep_model=keep_models) for run in runs)
    prepared = {"initializer": _prepare_worker, "initargs": (os.getpid(),)}
    try:
        with parallel_config(backend="loky", inner_max_num_threads=THREADS, **prepared):
            answers = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)(jobs)
        try:
            for answer in answers:  # noqa: UP028 - `yield from` would close it outside of the block below
                yield answer
        finally:
            # Where the study ends early, joblib warns of results that nobody fetched.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answers.close()
    # Also where a worker is killed while it returns a run.
    except BrokenProcessPool as error:
        raise ReproError(_format_broken(str(error))) from error
    except PicklingError as error:
        reason = str(error.__cause__).strip('"\n').rpartition("\n")[2]
        msg = (
            f"The images could not be handed to the worker processes: {reason}. joblib writes them to a temporary "
            "folder: make room there, name another with JOBLIB_TEMP_FOLDER, or train with --workers 1."
        )
        raise ReproError(msg) from error


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt where the system asks this process to end, so that all it started ends too."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    kept = {}
    # Python allows it in the main thread alone. What somebody handles or ignores, as `nohup` does, stays theirs.
    if threading.current_thread() is threading.main_thread():
        found = [getattr(signal, name) for name in _ENDING_SIGNALS if hasattr(signal, name)]
        kept = {number: signal.signal(number, interrupt) for number in found if _is_usual(number)}
    try:
        yield
    finally:
        for number, usual in kept.items():
            signal.signal(number, usual)


def _is_usual(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_DFL


def _prepare_worker(parent: int) -> None:
    """Prepare a worker process, before its first run."""
    # Where psutil is installed, joblib ends a process that holds 300 MB more than after its first run, as if it leaked.
    # Ours do when they go on to another experiment, and would import TensorFlow and compile again.
    process_executor._USE_PSUTIL = False  # noqa: SLF001 - it has no setting
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process once its parent has ended, killed or not: joblib's workers would wait for runs for ever."""
    # Windows goes on naming a parent that has ended.
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(1)


def _format_broken(error: str) -> str:
    """Say how a worker process ended, by joblib's message."""
    found = _EXIT_CODES.search(error)
    codes = dict.fromkeys(found[1].split(", ")) if found else {}
    if codes and "SIGKILL(-9)" not in codes:
        return (
            f"A worker process ended by itself, {' and '.join(codes)}; what it said last stands above, on stderr. The "
            "runs that had ended are recorded; put that right, and the same command goes on."
        )
    return (
        "A worker process was killed, perhaps because memory ran out; the runs that had ended are recorded. "
        "The same command goes on from there; fewer --workers need less memory."
    )


def _open_stderr() -> None:
    """Open the null device as stderr where the process was started without: joblib flushes it.

    Compiled code prints to its descriptor, which the next file to be opened would get. Workers inherit it.
    """
    if sys.stderr is not None:
        return
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process runs
    opened = sys.stderr.fileno()
    try:
        os.fstat(_STDERR)
    except OSError:
        os.dup2(opened, _STDERR)
    else:
        os.set_inheritable(_STDERR, opened == _STDERR)
