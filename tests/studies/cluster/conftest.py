"""A Dask cluster without workers, and a study for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask_machines import SECONDS, ClusterStudy, Machines, Scheduler, open_client, scheduling
from made_up_trainer import make_images

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.records.store import RecordStore


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    """Return a scheduler that all tests may use, and none may kill."""
    with scheduling(tmp_path_factory.mktemp("scheduler")) as found:
        yield found


@pytest.fixture
def machines(scheduler: Scheduler) -> Iterator[Machines]:
    """Return a cluster without workers."""
    with Machines(scheduler) as found:
        yield found
    with open_client(scheduler.address) as client:
        end = time.monotonic() + SECONDS
        while client.nthreads():
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(scope="module")
def images() -> Dataset:
    """Return images that no folder has: workers can only be sent them."""
    return make_images()


@pytest.fixture
def study(images: Dataset, tmp_path: Path) -> ClusterStudy:
    """Return a study with an empty store."""
    return ClusterStudy(images, RecordStore(tmp_path / "records" / "local-digits"))
