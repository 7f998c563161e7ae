"""Networks of every kind of layer are trained as the reference does it, and evaluated as they were trained."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import reference
from training_protocols import load_short, with_training

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    AveragePooling,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    GlorotUniform,
    Layer,
    MaxPooling,
    Normal,
    Uniform,
    Zeros,
)
from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.optimizers import Adam, ConstantRate, GradientDescent
from mnist_repro.documents.protocol import EvaluationSet, ImageSlice, Protocol
from mnist_repro.training.randomness import DropoutStream, draw_initial_values, dropout_layers

pytest.importorskip("tensorflow")
from comparison import Comparison

from mnist_repro.training import trainer as trainer_module
from mnist_repro.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("single_thread")

_TOLERANCE = 1e-4
_INITIAL = Normal(standard_deviation=0.1)
_OUTPUT = Layer(units=10, activation="softmax", weights=_INITIAL, biases=_INITIAL)
_SUMS = Layer(units=6, activation="identity", weights=_INITIAL, biases=None)
_NORM = BatchNormalization(momentum=0.9, epsilon=1e-3)
_KEPT = Dropout(keep_probability=0.8)


@pytest.fixture(scope="module")
def comparison(random_images: Dataset) -> Comparison:
    """Return what compares the trainer with the reference; it keeps what was trained."""
    return Comparison(random_images)


def _convolution(filters: int, size: int, **changes: Any) -> Convolution:
    return replace(
        Convolution(filters=filters, size=size, activation="tanh", weights=_INITIAL, biases=_INITIAL), **changes
    )


def _of(*layers: AnyLayer, **changes: Any) -> Protocol:
    """Return a network on 65 images in batches of 20."""
    protocol = with_training(
        load_short("tf1-basic"),
        images=ImageSlice(source="train", start=100, stop=165),
        batch_size=20,
        restart_each_period=False,
    )
    descent = GradientDescent(learning_rate=ConstantRate(rate=0.05))
    return replace(protocol, layers=(*layers, _OUTPUT), **{"optimizer": descent, **changes})


_PICTURES = (_convolution(3, 5), MaxPooling(size=3), _convolution(2, 4, padding="same"), MaxPooling(size=2), Flatten())
_PENALTY = Loss(penalty=L2(factor=0.1, of="weights and biases", reported=True))
_ADAM = Adam(learning_rate=ConstantRate(rate=0.01), beta_1=0.9, beta_2=0.999, epsilon=1e-3)
# What is trained, and the next best declaration.
_CASES = {
    "convolutions": (_of(*_PICTURES), _of(replace(_PICTURES[0], activation="sigmoid"), *_PICTURES[1:])),
    "padding": (
        _of(_convolution(2, 4, padding="same"), Flatten()),
        _of(_convolution(2, 4, padding="same", activation="identity"), Flatten()),
    ),
    "maximum": (
        _of(_convolution(3, 5), MaxPooling(size=5), Flatten()),
        _of(_convolution(3, 5), AveragePooling(size=5), Flatten()),
    ),
    "mean": (
        _of(_convolution(3, 5), AveragePooling(size=5), Flatten()),
        _of(_convolution(3, 5), MaxPooling(size=5), Flatten()),
    ),
    "pooled pixels": (_of(MaxPooling(size=4), Flatten()), _of(AveragePooling(size=4), Flatten())),
    "normalised units": (
        _of(_SUMS, _NORM, Activation(activation="relu")),
        _of(_SUMS, replace(_NORM, epsilon=1e-2), Activation(activation="relu")),
    ),
    "normalised channels": (
        _of(_convolution(3, 5, biases=None), _NORM, MaxPooling(size=4), Flatten()),
        _of(_convolution(3, 5, biases=None), replace(_NORM, momentum=0.89), MaxPooling(size=4), Flatten()),
    ),
    "normalised, penalised, with Adam": (
        _of(_SUMS, _NORM, Activation(activation="sigmoid"), loss=_PENALTY, optimizer=_ADAM),
        _of(
            _SUMS,
            _NORM,
            Activation(activation="sigmoid"),
            loss=Loss(penalty=replace(_PENALTY.penalty, of="weights")),
            optimizer=_ADAM,
        ),
    ),
    "dropout of pixels": (_of(_KEPT, _SUMS), _of(replace(_KEPT, rescales_kept=False), _SUMS)),
    "dropout of a picture": (
        _of(_convolution(3, 5), MaxPooling(size=4), _KEPT, Flatten()),
        _of(_convolution(3, 5), MaxPooling(size=4), replace(_KEPT, rescales_kept=False), Flatten()),
    ),
    "dropout of three kinds": (
        _of(_KEPT, *_PICTURES, replace(_SUMS, keep_probability=0.5), replace(_KEPT, rescales_kept=False)),
        _of(_KEPT, *_PICTURES, replace(_SUMS, keep_probability=0.5), _KEPT),
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_train_steps_ten_steps_are_the_references_alone(comparison: Comparison, name: str) -> None:
    """After ten steps every variable is where the reference has it, and not where the next best declaration would."""
    protocol, other = _CASES[name]

    assert comparison.disagreement(protocol) < _TOLERANCE
    assert comparison.disagreement(protocol, believed=other) > 5 * _TOLERANCE


def test_evaluate_takes_running_means_and_is_the_references_in_parts(
    random_images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses with and without dropout are those of a pass with the running means, also of a few images at a time."""
    monkeypatch.setattr(trainer_module, "_EVALUATED_VALUES", 24 * 24 * 3 * 7)
    images = ImageSlice(source="test", start=0, stop=40)
    sets = tuple(EvaluationSet(name=name, images=images, dropout=name == "dropped") for name in ("test", "dropped"))
    layers = (_convolution(3, 5, biases=None), _NORM, MaxPooling(size=4), _KEPT, Flatten())
    protocol = _of(*layers, loss=_PENALTY, evaluation_sets=sets, evaluated_each_period=(), evaluated_at_end=())
    trainer = Trainer(protocol, random_images)
    trainer.load_run(2)
    trainer.train_steps(10)
    pixels, labels = random_images.test_images[:40] / protocol.pixel_divisor, random_images.test_labels[:40]

    measured = trainer.evaluate(sets)

    variables = [np.asarray(each, dtype=np.float64) for each in trainer.model.get_weights()]
    trained = [variables[position] for position in reference.list_trained(protocol)]
    stream = DropoutStream(2, layers=dropout_layers(protocol), name="dropout in evaluation")
    for name, masks in (("test", None), ("dropped", [mask[0] for mask in stream.draw(1, batch_size=40)])):
        logits = reference.find_logits(protocol, variables, pixels, masks)
        assert measured[name].loss == pytest.approx(
            reference.find_loss(protocol.loss, logits, labels, trained), rel=1e-5
        )


def test_train_steps_of_halves_rounds_running_means_too(random_images: Dataset) -> None:
    """With weights of 16 bits between the steps, those that no gradient moves have as many."""
    trainer = Trainer(_of(_SUMS, _NORM, weight_format="float16"), random_images)
    trainer.load_run(1)
    trainer.train_steps(5)

    weights = trainer.model.get_weights()
    assert len(weights) == 7
    assert all(np.array_equal(each, each.astype(np.float16)) for each in weights)


def test_load_run_begins_again_with_running_means_of_0_and_1(random_images: Dataset) -> None:
    """A second run of the same seed is the first, bit for bit."""
    trainer = Trainer(_CASES["normalised channels"][0], random_images)
    runs = []
    for _ in range(2):
        trainer.load_run(4)
        trainer.train_steps(3)
        runs.append(trainer.model.get_weights())

    assert all(map(np.array_equal, *runs))


def test_check_trained_running_means_are_no_training(random_images: Dataset) -> None:
    """A run whose running means alone moved has trained nothing, and says so."""
    still = GradientDescent(learning_rate=ConstantRate(rate=1e-30))

    with pytest.raises(RuntimeError, match="no step changed a weight"):
        # Shifts that start at 0 would move by any step.
        Trainer(_of(_SUMS, _NORM, optimizer=still, start="moved"), random_images).train(1)


def test_draw_initial_values_of_a_convolution_are_keras_shapes_and_fans() -> None:
    """Glorot's uniform counts a filter's places times its channels, and an image's values are in Keras's order."""
    wide = _convolution(32, 3, weights=GlorotUniform(), biases=Uniform(limit=1.0, fan="inputs"))
    protocol = _of(_convolution(16, 3), wide, _NORM, MaxPooling(size=2), Flatten())

    values = draw_initial_values(protocol, seed=0)

    shapes = [(3, 3, 1, 16), (16,), (3, 3, 16, 32), (32,), (32,), (32,), (32,), (32,), (12 * 12 * 32, 10), (10,)]
    assert [each.shape for each in values] == shapes
    limit = math.sqrt(6 / (9 * 16 + 9 * 32))
    assert 0.99 * limit < np.abs(values[2]).max() <= limit
    assert 0.8 / 12 < np.abs(values[3]).max() <= 1 / 12
    assert [set(each.tolist()) for each in values[4:8]] == [{1.0}, {0.0}, {0.0}, {1.0}]


def test_multiplications_of_a_convolution_are_its_filters_at_every_place() -> None:
    """A step multiplies forward, for the weights, and, after the first layer, for the inputs."""
    layers = (_convolution(4, 5), MaxPooling(size=2), _convolution(6, 3, padding="same"), Flatten())
    protocol = _of(*(replace(each, biases=Zeros()) if isinstance(each, Convolution) else each for each in layers))

    first, second, last = 24 * 24 * 25 * 4, 12 * 12 * 9 * 4 * 6, 12 * 12 * 6 * 10
    assert protocol.multiplications == (2 * first + 3 * second + 3 * last) * 10 * 20
