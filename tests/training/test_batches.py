"""Incomplete batches, kept or carried over, are trained on as a loop over a list would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from training_protocols import load_short, with_training

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import ImageSlice, Protocol

pytest.importorskip("tensorflow")
from comparison import Comparison

from mnist_repro.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("single_thread")

_TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def comparison(random_images: Dataset) -> Comparison:
    """Return what compares the trainer with the reference; it keeps what was trained."""
    return Comparison(random_images)


def _few(name: str, *, images: int = 65, **changes: Any) -> Protocol:
    few = ImageSlice(source="train", start=100, stop=100 + images)
    return with_training(load_short(name), **{"images": few, "batch_size": 20, **changes})


_ENDING_WITH_IMAGES = {"periods": 3, "steps_per_period": 4, "restart_each_period": True}


@pytest.mark.parametrize("order", ["permuted once", "permuted each period"])
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("julia-linear-lr0.003", {"last_batch": "kept"}, id="kept, going on"),
        pytest.param("julia-linear-lr0.003", {"last_batch": "kept", **_ENDING_WITH_IMAGES}, id="kept, restarting"),
        pytest.param(
            "tf1-dropout-piecewise", {"last_batch": "kept", "restart_each_period": False}, id="kept, with dropout"
        ),
        pytest.param("julia-linear-lr0.003", {"last_batch": "carried over"}, id="carried over, going on"),
        pytest.param(
            "julia-linear-lr0.003", {"last_batch": "carried over", **_ENDING_WITH_IMAGES}, id="carried over, restarting"
        ),
        pytest.param("julia-linear-lr0.003", {"batch_size": 65}, id="all images in a batch"),
    ],
)
def test_train_steps_batches_are_those_of_a_loop(
    comparison: Comparison, name: str, changes: dict[str, Any], order: str
) -> None:
    """After ten steps over 65 images in batches of 20, every variable is where the reference has it."""
    protocol = _few(name, **changes, order=order)

    assert comparison.disagreement(protocol) < _TOLERANCE


@pytest.mark.parametrize("believed", ["dropped", "carried over"])
def test_train_steps_other_last_batch_is_seen(comparison: Comparison, believed: Any) -> None:
    """A reference that drops the incomplete batch, or fills it, ends elsewhere: the comparison can fail."""
    protocol = _few("julia-linear-lr0.003", last_batch="kept", order="permuted once")
    other = with_training(protocol, last_batch=believed)

    assert comparison.disagreement(protocol, believed=other) > 5 * _TOLERANCE


def test_train_periods_with_images_carried_over_end_where_these_do(random_images: Dataset) -> None:
    """65 images in batches of 20 are used up after 4, 7 and 10 steps."""
    protocol = _few("julia-linear-lr0.02", last_batch="carried over", **_ENDING_WITH_IMAGES)

    record = Trainer(protocol, random_images).train(0)

    assert [period.step for period in record.periods] == [4, 7, 10]


def test_examples_count_what_steps_take() -> None:
    """A kept batch counts with its images: 5 of 65 are left by three batches of 20."""
    kept = _few("julia-linear-lr0.02", last_batch="kept", **_ENDING_WITH_IMAGES)
    going_on = _few("julia-linear-lr0.02", last_batch="kept")

    assert kept.training.examples == 3 * 65
    assert going_on.training.examples == 65 + 65 + 2 * 20
    assert replace(kept.training, last_batch="dropped", steps_per_period=3).examples == 3 * 60


def test_load_run_all_images_in_a_batch_are_held_once(random_images: Dataset) -> None:
    """Full batches of 60,000 images take the memory of their pixels, no more."""
    protocol = with_training(
        load_short("julia-linear-lr0.02"),
        images=ImageSlice(source="train", start=0, stop=60_000),
        batch_size=60_000,
        restart_each_period=True,
    )
    trainer = Trainer(protocol, random_images)

    ((pixels, labels),) = trainer._batches  # noqa: SLF001 - what is held has no other outlet

    assert pixels.shape == (1, 60_000, 784)
    assert np.bincount(labels[0]).sum() == 60_000
