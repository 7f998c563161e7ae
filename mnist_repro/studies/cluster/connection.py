"""A study on an existing Dask cluster: check what its workers train with, then have them train.

The process that plans records each run once, however often Dask had to start it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, package_code_sha256
from mnist_repro.studies.cluster.remote import (
    Equipment,
    describe_equipment,
    list_differences,
    refuse_worker,
    shorten,
    train_here,
)
from mnist_repro.studies.worker import MadeRun, PlannedRun

if TYPE_CHECKING:
    from distributed import Client, Future

_TIMED_OUT = (TimeoutError, asyncio.TimeoutError)  # one and the same since Python 3.11
_CONNECTION_SECONDS = 10.0
# How long a cluster may be without any worker: Dask restarts killed ones within seconds.
_WORKERLESS_SECONDS = 60.0
_CHECK_SECONDS = 1.0
_POLL_SECONDS = 0.05
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
        Number of workers.
    """

    def __init__(self, client: Client, *, equipment: Equipment, workers: int) -> None:
        self._client = client
        self._equipment = equipment
        self.workers = workers

    @property
    def environment(self) -> Environment:
        """Environment of the workers."""
        return self._equipment.environment

    def train(
        self, runs: Iterable[PlannedRun], dataset: Dataset, *, keep_models: bool = False
    ) -> Generator[MadeRun, None, None]:
        """Have runs trained in their order, and yield each as it ends; none is recorded.

        Raises
        ------
        ReproError
            If the cluster can no longer be reached, has lost all its workers, a run killed several of them, or one that
            joined is equipped otherwise.
        """
        from mnist_repro.studies.cluster.images import ImagesPlugin  # noqa: PLC0415 - it imports Dask, an extra

        plugin = ImagesPlugin(dataset)
        task = {"images": plugin.name, "expected": self._equipment, "keep_model": keep_models}
        with _dask_errors_translated():
            self._client.register_plugin(plugin)
            futures = [
                self._client.submit(train_here, run, **task, pure=False, priority=-place)
                for place, run in enumerate(runs)
            ]
            for future in self._wait(futures):
                yield future.result()
                # The worker need not hold it any longer.
                future.release()

    def _wait(self, futures: list[Future]) -> Iterator[Future]:
        """Yield tasks as they end. Give up where the cluster stays without workers: Dask would wait forever."""
        from distributed import as_completed  # noqa: PLC0415 - an extra

        ended = as_completed(futures, loop=self._client.loop)
        checked = seen = time.monotonic()
        while ended.count():
            if ended.has_ready():
                yield next(ended)
                checked = seen = time.monotonic()
                continue
            time.sleep(_POLL_SECONDS)
            if time.monotonic() - checked < _CHECK_SECONDS:
                continue
            # While the scheduler cannot be reached, the client tries again, and gives up by itself.
            with suppress(OSError):
                if self._client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() - seen > _WORKERLESS_SECONDS:
                    msg = (
                        f"The cluster has had no worker for {_WORKERLESS_SECONDS:.0f} seconds. {_GO_ON} {_HOW_TO_START}"
                    )
                    raise ReproError(msg)
            checked = time.monotonic()


@contextmanager
def connect_cluster(address: str) -> Iterator[Cluster]:
    """Connect to the Dask cluster whose scheduler is at `address`, and check that its workers are equipped alike.

    Raises
    ------
    ReproError
        If Dask or TensorFlow is not installed, there is no scheduler or no worker, or one is equipped otherwise.
    """
    own = describe_equipment()
    client = _open_client(address)
    try:
        with _dask_errors_translated():
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

    # The errors raised here say what Dask would log; and the versions that matter are compared.
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Client(address, timeout=_CONNECTION_SECONDS, set_as_default=False)
    except Exception as error:  # noqa: BLE001 - each transport has its own: that of TLS without files is a TypeError
        reason = " ".join(str(error).split())
    # A client that could not connect ends when it is collected, and takes a lock of Dask's for that. Collect it here:
    # while another client starts, which holds that lock, both would wait forever.
    gc.collect()
    msg = (
        f"--cluster names the scheduler of a Dask cluster, such as tcp://127.0.0.1:8786; {address} could not be "
        f"reached within {_CONNECTION_SECONDS:.0f} seconds: {reason}. Start one with `dask scheduler`, or correct the "
        "address."
    )
    raise ReproError(msg)


def _check_scheduler(client: Client, *, address: str) -> None:
    """Check that the scheduler has this package: the workers' tasks pass through it."""
    own = package_code_sha256()
    try:
        found = client.run_on_scheduler(package_code_sha256)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - mostly that the module is missing, which Dask reports in several ways
        found = f"none, or another package ({error})"
    if found != own:
        msg = (
            f"The scheduler at {address} must have this package, with the code of this process, {shorten(own)}. It has "
            f"{shorten(found)}. Start it from the same environment, and again after a change of the code."
        )
        raise ReproError(msg)


def _ask_workers(client: Client, *, address: str) -> dict[str, Equipment]:
    """Ask every worker what it trains with.

    Raises
    ------
    ReproError
        If there is no worker, or one fails to answer.
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
        # Mostly that the module is missing.
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
    # This process trains nothing: its processor does not matter.
    expected = replace(own, environment=replace(own.environment, processor=first.environment.processor))
    for worker, equipment in found.items():
        if differences := list_differences(equipment, expected):
            raise refuse_worker(worker, differences)
    return first


@contextmanager
def _dask_errors_translated() -> Iterator[None]:
    """Raise what Dask raises as errors that say how to go on."""
    from distributed import KilledWorker  # noqa: PLC0415 - an extra

    try:
        yield
    except ReproError:
        raise
    except KilledWorker as error:
        msg = (
            f"A run was started {error.allowed_failures + 1} times, and each time its worker was killed, perhaps "
            f"because memory ran out (dask worker --memory-limit); the last at {error.last_worker.address}. {_GO_ON}"
        )
        raise ReproError(msg) from error
    except (CancelledError, OSError, *_TIMED_OUT) as error:
        detail = "" if isinstance(error, CancelledError) else f": {error}"
        msg = f"The connection to the cluster was lost, or its work was cancelled{detail}. {_GO_ON}"
        raise ReproError(msg) from error
    except Exception as error:
        msg = f"The cluster failed: {type(error).__name__}: {error}. {_GO_ON}"
        raise ReproError(msg) from error
