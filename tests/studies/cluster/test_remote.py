"""What a worker of a cluster does, and who may be one: without a cluster, and without TensorFlow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up_trainer import make_images

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.studies.cluster import remote
from mnist_repro.studies.cluster.connection import _agree
from mnist_repro.studies.cluster.remote import (
    Equipment,
    Images,
    list_differences,
    pack_images,
    receive_images,
    refuse_worker,
)

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


@pytest.fixture
def own(environment: Environment) -> Equipment:
    """Return what the process that plans has."""
    return Equipment(package_sha256="a" * 64, training_sha256="b" * 64, environment=environment, runs_at_once=1)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> remote._Shelf:
    """Return the images of a worker that has just been started."""
    found = remote._Shelf()  # noqa: SLF001 - each worker process has one
    monkeypatch.setattr(remote, "_SHELF", found)
    return found


@pytest.fixture
def dataset() -> Dataset:
    """Return images that no folder has."""
    return make_images()


@pytest.fixture
def wanted(dataset: Dataset) -> Images:
    """Return what a worker is told of them."""
    return Images(name=dataset.name, sha256=dataset.sha256)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda own: own, [], id="nothing"),
        pytest.param(
            lambda own: replace(own, package_sha256="c" * 64),
            ["code of the package cccccccccccc in place of aaaaaaaaaaaa"],
            id="package",
        ),
        pytest.param(
            lambda own: replace(own, training_sha256="c" * 64),
            ["training code cccccccccccc in place of bbbbbbbbbbbb"],
            id="training code",
        ),
        pytest.param(
            lambda own: replace(own, runs_at_once=4),
            ["runs at once in one process (--nthreads) 4 in place of 1"],
            id="threads",
        ),
        pytest.param(
            lambda own: replace(own, environment=replace(own.environment, tensorflow="2.8.4", numpy="1.26.0")),
            ["TensorFlow 2.8.4 in place of 2.19.1", "NumPy 1.26.0 in place of 2.1.3"],
            id="versions",
        ),
        pytest.param(
            lambda own: replace(own, environment=replace(own.environment, keras="2.15.0", flags={})),
            ["Keras 2.15.0 in place of 3.10.0", "flags none in place of {'TF_ENABLE_ONEDNN_OPTS': '0'}"],
            id="Keras and flags",
        ),
        pytest.param(
            lambda own: replace(own, environment=replace(own.environment, python="3.10.1", commit="unknown")),
            [],
            id="what decides no run",
        ),
    ],
)
def test_list_differences_names_what_decides_a_run(
    own: Equipment, change: Callable[[Equipment], Equipment], expected: list[str]
) -> None:
    """Each difference that keeps runs from being pooled is told with both values, and no other."""
    assert expected == list_differences(change(own), own)


def test_list_differences_sees_all_that_conditions_have(own: Equipment, make_record: Callable[..., RunRecord]) -> None:
    """Whatever of the environment is part of a run's conditions is compared: two that agree make runs of one pool."""
    for name in ("tensorflow", "keras", "numpy", "processor", "flags"):
        change: dict[str, Any] = {name: {"XLA_FLAGS": "1"} if name == "flags" else "another"}
        changed = replace(own.environment, **change)

        assert list_differences(replace(own, environment=changed), own)
        assert make_record(environment=changed).conditions != make_record().conditions


def test_agree_workers_may_have_another_processor_than_the_planner(own: Equipment) -> None:
    """Whoever plans trains nothing: its processor does not count, and the workers' is that of the records."""
    theirs = replace(own, environment=replace(own.environment, processor="Another processor"))

    assert _agree({"one": theirs, "two": theirs}, own).environment.processor == "Another processor"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        pytest.param({"processor": "Another"}, r"two differs .*processor Another in place of A p", id="processor"),
        pytest.param({"tensorflow": "2.8.4"}, r"worker two differs .*TensorFlow 2\.8\.4 in place of", id="version"),
    ],
)
def test_agree_worker_that_differs_from_the_others_is_refused(
    own: Equipment, change: dict[str, str], difference: str
) -> None:
    """Workers with two processors, or two versions, are not taken together: the one that differs is named."""
    other = replace(own, environment=replace(own.environment, **change))

    with pytest.raises(ReproError, match=difference):
        _agree({"one": own, "two": other}, own)


def test_refuse_worker_says_what_to_do() -> None:
    """The error names the worker, the difference, and how to start one that is taken."""
    message = str(refuse_worker("tcp://10.0.0.1:5", ["TensorFlow 2.8.4 in place of 2.21.0"]))

    assert "tcp://10.0.0.1:5" in message
    assert "TensorFlow 2.8.4 in place of 2.21.0" in message
    assert "dask worker --nthreads 1" in message


def test_shelf_own_images_come_first(
    shelf: remote._Shelf, wanted: Images, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker takes images from its own machine where their sum is right, and reads them once."""
    asked = []

    def find(name: str, *, sha256: str) -> Dataset:
        asked.append((name, sha256))
        return dataset

    monkeypatch.setattr(remote, "find_dataset", find)

    assert shelf.find(wanted) is dataset
    assert shelf.find(wanted) is dataset
    assert asked == [(dataset.name, dataset.sha256)]


def test_shelf_images_that_are_not_there_are_asked_for_once(
    shelf: remote._Shelf, wanted: Images, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker without the images asks for them, and waits for them with its next run: it is not given all of them."""
    monkeypatch.setattr(remote, "find_dataset", lambda *_, **__: None)
    packed = pack_images(dataset)

    assert shelf.find(wanted) is None
    threading.Timer(0.1, receive_images, (packed, wanted)).start()
    found = shelf.find(wanted)

    assert found is not None
    assert found.sha256 == dataset.sha256
    assert shelf.find(wanted) is found


def test_shelf_images_that_do_not_come_are_asked_for_again(
    shelf: remote._Shelf, wanted: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing comes in time, the next run asks again."""
    monkeypatch.setattr(remote, "find_dataset", lambda *_, **__: None)
    monkeypatch.setattr(remote, "_IMAGES_SECONDS", 0.01)

    assert [shelf.find(wanted), shelf.find(wanted)] == [None, None]


@pytest.mark.usefixtures("shelf")
def test_receive_images_others_are_refused(dataset: Dataset) -> None:
    """Images are what their sum says, however they came."""
    with pytest.raises(ReproError, match=r"SHA-256 sum 0{64}; received are others: [0-9a-f]{64}"):
        receive_images(pack_images(dataset), Images(name=dataset.name, sha256="0" * 64))


def test_pack_images_all_arrays_come_back(shelf: remote._Shelf, wanted: Images, dataset: Dataset) -> None:
    """What was packed comes back bit for bit, under the same name, and cannot be written to."""
    receive_images(pack_images(dataset), wanted)

    found = shelf.find(wanted)
    assert found is not None
    assert found.name == dataset.name
    for name in _ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(dataset, name))
        assert not getattr(found, name).flags.writeable
