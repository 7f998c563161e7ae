"""A run is recorded whole, again the same from the same seed, and said to diverge where it does."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
from numpy.typing import NDArray
from training_protocols import load_short, with_optimizer, with_training

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.optimizers import ConstantRate, ExponentialRate, GradientDescent, PiecewiseRate
from mnist_repro.documents.protocol import EvaluationSet, ImageSlice, Protocol
from mnist_repro.records.run import RunRecord, format_record, parse_record
from mnist_repro.training.evaluation import DivergedError

pytest.importorskip("tensorflow")
from tensorflow import keras

from mnist_repro.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("single_thread")


@pytest.fixture(scope="module")
def ready(random_images: Dataset) -> Callable[[Protocol], Trainer]:
    """Return a function that gives a protocol's trainer; each is compiled once, and may have trained any run."""
    trainers: dict[str, Trainer] = {}

    def find(protocol: Protocol) -> Trainer:
        if protocol.sha256 not in trainers:
            trainers[protocol.sha256] = Trainer(protocol, random_images)
        return trainers[protocol.sha256]

    return find


@pytest.fixture(scope="module")
def first_and_second(ready: Callable[[Protocol], Trainer], quick_protocol: Protocol) -> tuple[RunRecord, RunRecord]:
    """Return the first two records of the quick protocol's trainer."""
    return ready(quick_protocol).train(0), ready(quick_protocol).train(1)


@pytest.fixture
def trainer(
    ready: Callable[[Protocol], Trainer],
    quick_protocol: Protocol,
    first_and_second: tuple[RunRecord, RunRecord],  # noqa: ARG001 - made before any other run
) -> Trainer:
    """Return a trainer of the quick protocol that has trained before."""
    return ready(quick_protocol)


def _few_images_of(name: str, *, batch_size: int = 100) -> Protocol:
    few = ImageSlice(source="train", start=0, stop=1_000)
    return with_training(load_short(name), images=few, batch_size=batch_size)


def _measure(
    protocol: Protocol, trainer: Trainer, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> tuple[float, float]:
    """Return loss and accuracy of the trainer's network by way of the reference, without dropout."""
    logits = reference.find_logits(protocol, trainer.model.get_weights(), images / protocol.pixel_divisor)
    top = logits.max(axis=1)
    log_sums = top + np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1))
    losses = log_sums - logits[np.arange(len(labels)), labels]
    return float(losses.mean()), float((logits.argmax(axis=1) == labels).mean())


@pytest.mark.parametrize("name", ["tf1-dropout-piecewise", "julia-mlp-100x100"])
def test_evaluate_slices_are_as_if_evaluated_alone(
    random_images: Dataset, ready: Callable[[Protocol], Trainer], name: str
) -> None:
    """Each set's figures are those of its own images, without dropout, however the sets overlap."""
    protocol = _few_images_of(name)
    trainer = ready(protocol)
    trainer.load_run(1)
    trainer.train_steps(5)
    slices = {
        "late test": ImageSlice(source="test", start=2_000, stop=5_000),
        "early training": ImageSlice(source="train", start=50, stop=150),
        "middle of the test": ImageSlice(source="test", start=1_500, stop=2_500),
        "one image": ImageSlice(source="train", start=59_999, stop=60_000),
    }

    sets = [EvaluationSet(name=name, images=images) for name, images in slices.items()]
    in_batches = replace(sets[0], name="in batches", batch_size=2_500)

    evaluations = trainer.evaluate([*sets, in_batches])

    # Of 3,000 images the last 500 count as the first 2,500 do.
    late = evaluations.pop("in batches")
    right = late.labels == late.predicted
    assert late.accuracy == pytest.approx((right[:2_500].mean() + right[2_500:].mean()) / 2)
    assert list(evaluations) == list(slices)
    for set_name, images in slices.items():
        pixels = getattr(random_images, f"{images.source}_images")[images.start : images.stop]
        labels = getattr(random_images, f"{images.source}_labels")[images.start : images.stop]
        loss, accuracy = _measure(protocol, trainer, pixels, labels)
        assert evaluations[set_name].loss == pytest.approx(loss, rel=1e-5)
        # Rounding may turn the odd answer.
        assert evaluations[set_name].accuracy == pytest.approx(accuracy, abs=1.5 / len(labels))
        assert evaluations[set_name].confusion.sum() == len(images)


def test_evaluate_with_dropout_in_the_net_gives_the_same_twice(ready: Callable[[Protocol], Trainer]) -> None:
    """The document's evaluation drops no units, so it has no chance in it."""
    protocol = _few_images_of("tf1-dropout-exponential")
    trainer = ready(protocol)
    trainer.load_run(1)
    without_dropout = [each for each in protocol.evaluation_sets if not each.dropout]

    first = trainer.evaluate(without_dropout)
    again = trainer.evaluate(without_dropout)

    assert [e.loss for e in first.values()] == [e.loss for e in again.values()]


def test_evaluate_weights_that_are_no_numbers_are_divergence(trainer: Trainer, quick_protocol: Protocol) -> None:
    """A network whose weights are NaN cannot be evaluated."""
    trainer.model.set_weights([np.full_like(value, np.nan) for value in trainer.model.get_weights()])

    with pytest.raises(DivergedError):
        trainer.evaluate(quick_protocol.evaluation_sets)


@pytest.fixture(scope="module")
def diverged(random_images: Dataset) -> RunRecord:
    """Return the record of a run that learns in its first period and is blown up in its second."""
    protocol = load_short("julia-linear-lr0.02")
    rate = PiecewiseRate(boundaries=(4,), rates=(0.1, 1e38))
    return Trainer(replace(protocol, optimizer=GradientDescent(learning_rate=rate)), random_images).train(0)


def test_train_diverging_run_is_recorded_with_its_reason(diverged: RunRecord) -> None:
    """A run that diverges has that status, says where, and keeps the period before."""
    assert diverged.status == "diverged"
    assert diverged.reason == "the network's outputs are no longer finite after step 10"
    assert [period.step for period in diverged.periods] == [5]
    assert (diverged.final_loss, diverged.final_accuracy, diverged.confusion_matrix) == ({}, {}, ())


def test_train_diverging_run_has_no_nan_in_its_record(diverged: RunRecord) -> None:
    """What was not finite is left out, so the record can be written and read."""
    assert diverged == parse_record(format_record(diverged))


def test_train_after_divergence_starts_afresh(trainer: Trainer) -> None:
    """A trainer whose network was not finite trains the next seed as if nothing had been."""
    expected = trainer.train(1).final_loss
    trainer.model.set_weights([np.full_like(value, np.nan) for value in trainer.model.get_weights()])
    trainer.train_steps(1)

    assert np.isnan(trainer.model.get_weights()[0]).all()
    assert expected == trainer.train(1).final_loss


@pytest.mark.parametrize("name", ["julia-linear-lr0.003", "julia-mlp-100x100", "tf1-dropout-exponential"])
def test_train_same_seed_gives_the_same_record(
    random_images: Dataset, ready: Callable[[Protocol], Trainer], facts: Callable[[RunRecord], Any], name: str
) -> None:
    """A seed decides the run: in a trainer that trained others before, and in a fresh one."""
    protocol = _few_images_of(name)
    trainer = ready(protocol)

    first, other, again = (facts(trainer.train(seed)) for seed in (1, 2, 1))
    fresh = facts(Trainer(protocol, random_images).train(1))

    assert first == again
    assert first == fresh
    assert first["final_loss"] != other["final_loss"]
    assert first["periods"] != other["periods"]


def test_train_only_the_first_record_has_first_call_seconds(first_and_second: tuple[RunRecord, RunRecord]) -> None:
    """Tracing and compiling are counted once, and apart from the run."""
    first, second = first_and_second

    assert first.first_call_seconds > 0.0
    assert second.first_call_seconds == 0.0


def test_train_record_is_whole(trainer: Trainer, quick_protocol: Protocol, random_images: Dataset) -> None:
    """A completed run's record has every measurement that its protocol asks for, under the right hashes."""
    record = trainer.train(3)

    assert (record.status, record.reason, record.seed) == ("completed", None, 3)
    assert record.experiment == quick_protocol.id
    assert record.protocol_sha256 == quick_protocol.sha256
    assert (record.dataset, record.dataset_sha256) == (random_images.name, random_images.sha256)
    assert [period.step for period in record.periods] == [5, 10]
    assert all(list(period.loss) == list(quick_protocol.evaluated_each_period) for period in record.periods)
    assert all(list(period.accuracy) == list(quick_protocol.evaluated_each_period) for period in record.periods)
    assert [period.learning_rate for period in record.periods] == [float(np.float32(0.02))] * 2
    assert list(record.final_loss) == [each.name for each in quick_protocol.evaluation_sets]
    assert "all test images" in record.final_loss
    assert list(record.final_accuracy) == list(record.final_loss)
    assert record.final_loss["validation"] == record.periods[-1].loss["validation"]
    assert record.environment.threads == 1
    assert datetime.fromisoformat(record.started).utcoffset() == timedelta(0)
    assert json.loads(format_record(record))["experiment"] == quick_protocol.id


def test_train_confusion_matrix_agrees_with_the_accuracy(trainer: Trainer, quick_protocol: Protocol) -> None:
    """The confusion matrix counts the images of its set, the right answers on its diagonal."""
    record = trainer.train(4)

    matrix = np.array(record.confusion_matrix)
    assert matrix.shape == (10, 10)
    assert matrix.sum() == len(quick_protocol.evaluation_set("validation").images)
    assert np.trace(matrix) / matrix.sum() == record.final_accuracy["validation"]


def test_train_seconds_add_up(trainer: Trainer) -> None:
    """The times of the periods and of the evaluations are parts of the run's time."""
    record = trainer.train(5)

    training_seconds = sum(period.seconds for period in record.periods)
    assert all(period.seconds > 0.0 for period in record.periods)
    assert training_seconds + record.evaluation_seconds <= record.total_seconds


def test_train_small_steps_with_dropout_train(random_images: Dataset) -> None:
    """A protocol with dropout trains also where its steps are small enough to be compiled as a whole."""
    protocol = _few_images_of("tf1-dropout-piecewise", batch_size=10)

    assert Trainer(protocol, random_images).train(0).status == "completed"


def test_train_more_steps_learn(quick_protocol: Protocol, random_images: Dataset) -> None:
    """The loss falls below that of guessing: the labels belong to their images."""
    protocol = with_training(quick_protocol, steps_per_period=50)

    record = Trainer(protocol, random_images).train(0)

    assert record.periods[0].loss["validation"] < math.log(10)
    assert record.periods[-1].accuracy["validation"] > 0.5


@pytest.mark.parametrize("name", ["julia-linear-lr0.02", "tf1-dropout-piecewise"])
def test_train_kept_model_gives_the_recorded_accuracy(
    tmp_path: Path, random_images: Dataset, ready: Callable[[Protocol], Trainer], name: str
) -> None:
    """The model of the last run can be saved, and has its accuracy when it is loaded again."""
    protocol = _few_images_of(name)
    trainer = ready(protocol)
    record = trainer.train(0)
    trainer.model.save(tmp_path / "model.keras")

    model = keras.models.load_model(tmp_path / "model.keras")

    pixels = random_images.test_images.astype(np.float32) / np.float32(protocol.pixel_divisor)
    answers = model.predict(pixels, batch_size=1_000, verbose=0).argmax(axis=1)
    right = float((answers == random_images.test_labels).mean())
    assert record.final_accuracy["all test images"] == pytest.approx(right, abs=2e-4)


@pytest.mark.parametrize(
    ("change", "serves"),
    [pytest.param({}, True, id="equal protocol"), pytest.param({"pixel_divisor": 254.0}, False, id="another protocol")],
)
def test_serves_protocol_only_its_own(
    trainer: Trainer, quick_protocol: Protocol, random_images: Dataset, change: dict[str, Any], *, serves: bool
) -> None:
    """A trainer serves a protocol that equals its own, and no other."""
    assert trainer.serves(replace(quick_protocol, **change), random_images) is serves


def test_serves_other_images_does_not(trainer: Trainer, quick_protocol: Protocol, random_images: Dataset) -> None:
    """A trainer does not serve another dataset."""
    labels = (random_images.test_labels + 1) % 10
    other = replace(random_images, test_labels=labels)

    assert not trainer.serves(quick_protocol, other)


def test_train_rate_is_recorded_as_it_was_in_the_periods_last_step(random_images: Dataset) -> None:
    """A period's learning rate is that of its last step, not of the next one."""
    protocol = with_optimizer(
        _few_images_of("tf1-basic"), learning_rate=ExponentialRate(start=0.5, factor=0.5, every_steps=5)
    )
    constant = with_optimizer(protocol, learning_rate=ConstantRate(rate=0.5))

    record = Trainer(protocol, random_images).train(0)
    unchanged = Trainer(constant, random_images).train(0)

    assert [period.learning_rate for period in record.periods] == [0.5, 0.25]
    assert record.periods[0].loss == pytest.approx(unchanged.periods[0].loss)
    assert record.periods[1].loss != pytest.approx(unchanged.periods[1].loss)
