"""The two networks of TensorFlow 1's tutorial for experts: a softmax regression, and one with two convolutions."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.tf1_beginners.experiments import EXPERIMENTS as BEGINNERS
from mnist_repro.documents import (
    AccuracyGate,
    Adam,
    Constant,
    ConstantRate,
    Convolution,
    Flatten,
    Layer,
    MaxPooling,
    Reconstruction,
    TruncatedNormal,
)

_WEIGHTS = TruncatedNormal(standard_deviation=0.1)
_BIASES = Constant(value=0.1)
_SOFTMAX = replace(
    BEGINNERS[0],
    id="tf1-experts-softmax",
    title="Deep MNIST for Experts: softmax regression",
    reconstructions=(
        Reconstruction(
            choice="order",
            chosen="drawn anew for each run, and each time that all images were used",
            evidence="next_batch shuffles the images, without a seed.",
        ),
    ),
)


def _convolution(filters: int) -> Convolution:
    return Convolution(filters=filters, size=5, padding="same", activation="relu", weights=_WEIGHTS, biases=_BIASES)


EXPERIMENTS = (
    _SOFTMAX,
    replace(
        _SOFTMAX,
        id="tf1-experts-convolutions",
        title="Deep MNIST for Experts: two convolutions",
        layers=(
            _convolution(32),
            MaxPooling(size=2),
            _convolution(64),
            MaxPooling(size=2),
            Flatten(),
            Layer(units=1024, activation="relu", weights=_WEIGHTS, biases=_BIASES, keep_probability=0.5),
            Layer(units=10, activation="softmax", weights=_WEIGHTS, biases=_BIASES),
        ),
        optimizer=Adam(learning_rate=ConstantRate(rate=1e-4), beta_1=0.9, beta_2=0.999, epsilon=1e-8),
        training=replace(_SOFTMAX.training, batch_size=50, steps_per_period=20_000),
        # A run takes about an hour of a processor.
        seeds={"brief": 1, "quick": 1, "versions": 1, "full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=0.982),
        reconstructions=(
            *_SOFTMAX.reconstructions,
            Reconstruction(
                choice="initial weights and dropout",
                chosen="drawn anew for each run",
                evidence="The page sets no seed.",
            ),
        ),
    ),
)
