"""The images of a study reach every worker bit for bit: read on its machine, or received."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_up_trainer import make_images

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.errors import ReproError

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from mnist_repro.studies.cluster import images

if TYPE_CHECKING:
    from mnist_repro.studies.cluster.images import ImagesPlugin

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
_WORKER: Any = None  # the plugin has no use for it


@pytest.fixture
def dataset() -> Dataset:
    """Return images that no folder has."""
    return make_images()


@pytest.fixture
def received(dataset: Dataset) -> ImagesPlugin:
    """Return the plugin as a worker receives it, before its setup."""
    plugin: ImagesPlugin = pickle.loads(pickle.dumps(images.ImagesPlugin(dataset)))  # noqa: S301 - our own bytes
    return plugin


def test_images_of_the_workers_machine_come_first(
    received: ImagesPlugin, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker takes images from its own machine where their sum is right."""
    asked = []

    def find(name: str, *, sha256: str) -> Dataset:
        asked.append((name, sha256))
        return dataset

    monkeypatch.setattr(images, "find_dataset", find)

    received.setup(_WORKER)

    assert received.dataset is dataset
    assert asked == [(dataset.name, dataset.sha256)]


def test_images_that_are_not_there_are_those_received(received: ImagesPlugin, dataset: Dataset) -> None:
    """What was sent comes back bit for bit, under the same name, and cannot be written to."""
    assert received.dataset is None

    received.setup(_WORKER)

    found = received.dataset
    assert found is not None
    assert (found.name, found.sha256) == (dataset.name, dataset.sha256)
    for name in _ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(dataset, name))
        assert not getattr(found, name).flags.writeable


def test_images_other_than_announced_are_refused(received: ImagesPlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are what their sum says, however they came."""
    monkeypatch.setattr(received, "_sha256", "0" * 64)

    with pytest.raises(ReproError, match=r"SHA-256 sum 0{64} were sent; received [0-9a-f]{64}"):
        received.setup(_WORKER)


def test_images_plugin_of_other_images_has_another_name(dataset: Dataset, random_images: Dataset) -> None:
    """Dask sends only the first plugin of one name: that of other images has another one, equal images the same."""
    name = images.ImagesPlugin(dataset).name

    assert name == images.ImagesPlugin(make_images()).name
    assert name != images.ImagesPlugin(random_images).name
