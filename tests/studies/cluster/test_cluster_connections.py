"""Schedulers that do not answer, and workers that differ, are refused before anything is trained."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dask_machines import Machines, copy_package, scheduling, without_package
from installed import needs_tensorflow

from mnist_repro.errors import ReproError
from mnist_repro.studies.cluster import connection
from mnist_repro.studies.cluster.connection import connect_cluster

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = needs_tensorflow


@pytest.mark.parametrize(
    ("options", "change", "difference"),
    [
        pytest.param(
            (),
            lambda _: {"TF_ENABLE_ONEDNN_OPTS": "0"},
            r'flags \{"TF_ENABLE_ONEDNN_OPTS": "0"\} in place of none',
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
            lambda folder: {"PYTHONPATH": copy_package(folder, change="training/trainer.py")},
            r"code of the package \w+ in place of \w+; training code \w+ in place of \w+",
            id="training code",
        ),
        pytest.param(
            (),
            lambda folder: {"PYTHONPATH": copy_package(folder, change="studies/worker.py")},
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
    machines: Machines,
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


def test_connect_scheduler_without_the_package_is_refused(tmp_path: Path) -> None:
    """What workers are to do passes through the scheduler: one that does not know the package is named."""
    with (
        scheduling(tmp_path, PYTHONPATH=without_package(tmp_path / "other")) as scheduler,
        pytest.raises(ReproError, match=r"The scheduler at tcp://[\d.:]+ must have this package.*same environment"),
        connect_cluster(scheduler.address),
    ):
        pytest.fail("the scheduler was taken")


def test_connect_no_workers_is_an_error(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster without workers is refused in bounded time, with the command that starts some."""
    monkeypatch.setattr(connection, "_CONNECTION_SECONDS", 1.0)

    with (
        pytest.raises(ReproError, match=r"has no workers, and had none for 1 s.*dask worker ADDRESS --nthreads 1"),
        connect_cluster(machines.address),
    ):
        pytest.fail("there is no worker")


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "nowhere", "tcp://", "tls://127.0.0.1:9", "ftp://127.0.0.1:8786", ""]
)
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
