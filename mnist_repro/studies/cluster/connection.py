"""A study on an existing Dask cluster: its workers are asked what they train with, and then given runs.

The process that plans records the runs, each once, whichever worker made it and however often Dask had to begin it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed, parallel_config

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, package_code_sha256
from mnist_repro.studies.cluster.remote import (
    Equipment,
    Images,
    ImagesWanted,
    describe_equipment,
    list_differences,
    pack_images,
    receive_images,
    refuse_worker,
    shorten,
    train_here,
)
from mnist_repro.studies.worker import MadeRun, PlannedRun

if TYPE_CHECKING:
    from distributed import Client

    from mnist_repro.studies.cluster.backend import ClusterBackend

_TIMED_OUT = (TimeoutError, asyncio.TimeoutError)  # one and the same since Python 3.11
_CONNECTION_SECONDS = 10.0
# How long a cluster may be without any worker: those that were killed are started anew within seconds.
_WORKERLESS_SECONDS = 60.0
_LOOKS_SECONDS = 1.0
_GO_ON = "The runs that had ended are recorded; the same command goes on from there."
_HOW_TO_START = "Start workers with: dask worker ADDRESS --nthreads 1 --nworkers N"


class Cluster:
    """Workers that are equipped alike, and as this process is.

    Parameters
    ----------
    client
        Connected to the cluster.
    equipment
        What every worker trains with.
    workers
        How many there are.
    """

    def __init__(self, client: Client, *, equipment: Equipment, workers: int) -> None:
        self._client = client
        self._equipment = equipment
        self.workers = workers

    @property
    def environment(self) -> Environment:
        """Where runs are made."""
        return self._equipment.environment

    def train(self, runs: Iterable[PlannedRun], dataset: Dataset) -> Iterator[MadeRun]:
        """Have runs made, and yield each when it has ended; none is recorded.

        Raises
        ------
        ReproError
            If the cluster can no longer be reached, has lost all its workers, a run killed several of them, or one that
            joined is not equipped like the others.
        """
        images = Images(name=dataset.name, sha256=dataset.sha256)
        packed = b""
        queue = deque(runs)
        # A worker that lacks the images gives back the run that it was to make.
        while queue:
            runs_left = iter(lambda: queue.popleft() if queue else None, None)
            jobs = (delayed(train_here)(run, images=images, expected=self._equipment) for run in runs_left)
            for answer in self._ask(jobs):
                if not isinstance(answer, ImagesWanted):
                    yield answer
                    continue
                queue.appendleft(answer.run)
                packed = packed or pack_images(dataset)
                self._send(packed, images, worker=answer.worker)

    def _send(self, packed: bytes, images: Images, *, worker: str) -> None:
        with _told_in_words():
            answers = self._client.run(receive_images, packed, images, workers=[worker], on_error="return")
        # A worker that is gone needs no images.
        for answer in answers.values():
            if isinstance(answer, ReproError):
                raise answer

    def _ask(self, jobs: Iterable[Any]) -> Iterator[MadeRun | ImagesWanted]:
        from mnist_repro.studies.cluster.backend import ClusterBackend  # noqa: PLC0415 - it imports Dask, an extra

        backend = ClusterBackend(self._client)
        with _told_in_words(), _watched(backend), parallel_config(backend=backend):
            answers = Parallel(return_as="generator_unordered", batch_size=1)(jobs)
            try:
                for answer in answers:  # noqa: UP028 - it would be closed before the warning is caught
                    yield answer
            finally:
                # Where the study ends early, it is no advice to joblib's callers that is wanted.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    answers.close()


@contextmanager
def connect_cluster(address: str) -> Iterator[Cluster]:
    """Connect to the Dask cluster whose scheduler is at `address`, and see that its workers are equipped alike.

    Raises
    ------
    ReproError
        If Dask or TensorFlow is not installed, there is no scheduler or no worker, or one is equipped otherwise.
    """
    own = describe_equipment()
    client = _open_client(address)
    try:
        with _told_in_words():
            _check_scheduler(client, address=address)
            found = _ask_workers(client, address=address)
        yield Cluster(client, equipment=_agree(found, own), workers=len(found))
    finally:
        client.close()


def _open_client(address: str) -> Client:
    try:
        import distributed  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        msg = (
            "--cluster needs Dask, and it is not installed. Install it with: "
            "python -m pip install 'mnist-repro[tensorflow,cluster]'"
        )
        raise ReproError(msg) from error
    from distributed import Client  # noqa: PLC0415 - see above

    # What Dask would log, errors here say; and of versions, those that count are compared.
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Client(address, timeout=_CONNECTION_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError, *_TIMED_OUT) as error:
        reason = str(error)
    # A client that could not connect ends when it is found as garbage, and takes a lock of Dask's for that. It is found
    # here: in the middle of the start of another client, which holds that lock, both would wait forever.
    gc.collect()
    msg = (
        f"--cluster names the scheduler of a Dask cluster, such as tcp://127.0.0.1:8786; {address} could not be "
        f"reached within {_CONNECTION_SECONDS:.0f} seconds: {reason}. Start one with `dask scheduler`, or correct the "
        "address."
    )
    raise ReproError(msg)


def _check_scheduler(client: Client, *, address: str) -> None:
    """See that the scheduler has this package: what workers are to do passes through it."""
    own = package_code_sha256()
    try:
        found = client.run_on_scheduler(package_code_sha256)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - mostly that there is no such module; Dask says so in its own ways
        found = f"none, or another package ({error})"
    if found != own:
        msg = (
            f"The scheduler at {address} must have this package, with the code of this process, {shorten(own)}. It has "
            f"{shorten(found)}. Start it from the same environment, and anew after a change of the code."
        )
        raise ReproError(msg)


def _ask_workers(client: Client, *, address: str) -> dict[str, Equipment]:
    """Ask every worker what it trains with.

    Raises
    ------
    ReproError
        If there is none, or one cannot say.
    """
    with suppress(*_TIMED_OUT):
        client.wait_for_workers(1, timeout=_CONNECTION_SECONDS)
    answers: Mapping[str, Any] = client.run(describe_equipment, on_error="return")
    if not answers:
        msg = f"The cluster at {address} has no workers, and had none for {_CONNECTION_SECONDS:.0f} s. {_HOW_TO_START}"
        raise ReproError(msg)
    for worker, answer in answers.items():
        if isinstance(answer, ReproError):
            raise refuse_worker(worker, [str(answer)])
        # Whatever else went wrong there: mostly that there is no such module.
        if isinstance(answer, Exception):
            raise refuse_worker(worker, [f"this package is not installed there, or is another one ({answer})"])
    return dict(answers)


def _agree(found: Mapping[str, Equipment], own: Equipment) -> Equipment:
    """Return what all workers train with.

    Raises
    ------
    ReproError
        If any differs from this process, in anything but the processor, or from another worker.
    """
    first = next(iter(found.values()))
    # This process trains nothing: its processor makes no difference.
    expected = replace(own, environment=replace(own.environment, processor=first.environment.processor))
    for worker, equipment in found.items():
        if differences := list_differences(equipment, expected):
            raise refuse_worker(worker, differences)
    return first


@contextmanager
def _watched(backend: ClusterBackend) -> Iterator[None]:
    """Give up where the cluster is left without workers: Dask would wait for new ones forever."""
    ended = threading.Event()

    def watch() -> None:
        seen = time.monotonic()
        while not ended.wait(_LOOKS_SECONDS):
            # While it cannot be asked, the client tries to reach the scheduler again, and gives up by itself.
            with suppress(Exception):
                if backend.client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() - seen > _WORKERLESS_SECONDS:
                    workerless.append(True)
                    backend.give_up()
                    return

    workerless: list[bool] = []
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if workerless:
            msg = f"The cluster has had no worker for {_WORKERLESS_SECONDS:.0f} seconds. {_GO_ON} {_HOW_TO_START}"
            raise ReproError(msg) from error
        raise
    finally:
        ended.set()
        watcher.join()


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Turn what Dask raises into errors that say how to go on."""
    from distributed import KilledWorker  # noqa: PLC0415 - an extra

    try:
        yield
    except ReproError:
        raise
    except KilledWorker as error:
        msg = (
            f"A run was begun {error.allowed_failures + 1} times, and each time its worker was killed, perhaps for "
            f"want of memory (dask worker --memory-limit): the last one at {error.last_worker.address}. {_GO_ON}"
        )
        raise ReproError(msg) from error
    except (CancelledError, OSError, *_TIMED_OUT) as error:
        detail = "" if isinstance(error, CancelledError) else f": {error}"
        msg = f"The connection to the cluster was lost, or its work was cancelled{detail}. {_GO_ON}"
        raise ReproError(msg) from error
    except Exception as error:
        msg = f"The cluster failed: {type(error).__name__}: {error}. {_GO_ON}"
        raise ReproError(msg) from error
