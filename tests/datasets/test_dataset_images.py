"""What a dataset holds: its sum, its slices, and the order of its images."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from small_mnist import SMALL_ARRAYS, TRAIN_IMAGES, alter, write_gzipped, write_plain

from mnist_repro.datasets.dataset import Dataset, find_dataset, load_dataset, reorder_training_images
from mnist_repro.documents.protocol import ImageSlice
from mnist_repro.errors import ReproError
from mnist_repro.training.images import images_of


def test_dataset_sha256_depends_on_the_images_only(nowhere: Path, small: Dataset) -> None:
    """The same images from elsewhere have the same sum."""
    assert load_dataset(folder=write_gzipped(nowhere / "gzipped")).sha256 == small.sha256


def test_dataset_sha256_of_other_images_differs(small: Dataset) -> None:
    """One other pixel makes another sum."""
    images = small.train_images.copy()
    images[0, 0] ^= 1
    other = Dataset(
        name="mnist",
        train_images=images,
        train_labels=small.train_labels,
        test_images=small.test_images,
        test_labels=small.test_labels,
        source="",
    )

    assert other.sha256 != small.sha256


def test_find_dataset_images_of_this_machine_are_found_by_their_sum(nowhere: Path, small: Dataset) -> None:
    """Images in a usual place are found where they are those that are wanted, and else are not taken."""
    write_gzipped(nowhere / "far")

    found = find_dataset("mnist", sha256=small.sha256)

    assert found is not None
    assert (found.sha256, found.source) == (small.sha256, str(nowhere / "far"))
    assert find_dataset("mnist", sha256="0" * 64) is None


@pytest.mark.parametrize("damaged", [True, False], ids=["damaged", "missing"])
def test_find_dataset_named_folder_without_images_finds_none(
    nowhere: Path, small: Dataset, monkeypatch: pytest.MonkeyPatch, *, damaged: bool
) -> None:
    """Where the folder that the variable names does not hold them, nothing else is looked at or downloaded."""
    write_plain(nowhere / "near")
    monkeypatch.setenv("MNIST_REPRO_DATA", str(nowhere / "named"))
    if damaged:
        alter(write_plain(nowhere / "named") / TRAIN_IMAGES.name)

    assert find_dataset("mnist", sha256=small.sha256) is None


def test_find_dataset_stand_in_is_made_here(nowhere: Path) -> None:
    """The stand-in is made on every machine, whatever folders it has."""
    write_plain(nowhere / "near")
    stand_in = load_dataset("digits")

    found = find_dataset("digits", sha256=stand_in.sha256)

    assert found is not None
    np.testing.assert_array_equal(found.train_images, stand_in.train_images)
    assert find_dataset("digits", sha256="0" * 64) is None


@pytest.mark.parametrize(
    ("start", "stop"),
    [pytest.param(1, 3, id="within"), pytest.param(0, 4, id="from the first, and of the test images all")],
)
@pytest.mark.parametrize("source", ["train", "test"])
def test_images_of_slice_gives_views(
    small: Dataset, source: Literal["train", "test"], *, start: int, stop: int
) -> None:
    """A slice is the named stretch of images with their labels, and copies nothing."""
    images, labels = images_of(small, ImageSlice(source=source, start=start, stop=stop))

    whole = small.train_images if source == "train" else small.test_images
    np.testing.assert_array_equal(images, whole[start:stop])
    np.testing.assert_array_equal(labels, SMALL_ARRAYS[f"y_{source}"][start:stop])
    assert images.base is whole.base


def test_images_of_slice_beyond_the_images_is_an_error(small: Dataset) -> None:
    """A slice that would come out shorter than it says is refused."""
    with pytest.raises(ReproError, match=r"within the 4 test images; received 0\.\.5"):
        images_of(small, ImageSlice(source="test", start=0, stop=5))


def test_reorder_training_images_moves_labels_with_their_images(small: Dataset) -> None:
    """Training images and labels change places together; all else is as it was."""
    order = np.array([5, 0, 3, 1, 2, 4])

    reordered = reorder_training_images(small, order)

    np.testing.assert_array_equal(reordered.train_images, small.train_images[order])
    np.testing.assert_array_equal(reordered.train_labels, small.train_labels[order])
    assert reordered.test_images is small.test_images
    assert reordered.test_labels is small.test_labels
    assert (reordered.name, reordered.source) == (small.name, small.source)
