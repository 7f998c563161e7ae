"""The two experiments of Géron's chapter 10 that train step by step."""

from __future__ import annotations

import math

from mnist_repro.documents import (
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GlorotUniform,
    GradientDescent,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    Training,
    TruncatedNormal,
    Zeros,
)

_OPEN = (
    Reconstruction(
        choice="initial weights and order",
        chosen="drawn anew for each run",
        evidence="The notebook sets a seed for both, which gives the same numbers with its own versions alone.",
    ),
)


def _protocol(
    name: str, title: str, *, periods: int, minimum: float, weights: tuple[TruncatedNormal | GlorotUniform, ...]
) -> Protocol:
    sizes = (300, 100, 10)
    return Protocol(
        id=f"geron-{name}",
        title=f"Géron, chapter 10: {title}",
        layers=tuple(
            Layer(units=units, activation="softmax" if units == sizes[-1] else "relu", weights=initial, biases=Zeros())
            for units, initial in zip(sizes, weights, strict=True)
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.01)),
        training=Training(
            images=ImageSlice(source="train", start=5_000, stop=60_000),
            batch_size=50,
            periods=periods,
            steps_per_period=1_100,
            restart_each_period=True,
            order="permuted each period",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="validation", images=ImageSlice(source="train", start=0, stop=5_000)),),
        evaluated_each_period=("validation",),
        evaluated_at_end=("validation",),
        confusion_set="validation",
        gate=AccuracyGate(evaluation_set="validation", minimum=minimum),
        reconstructions=_OPEN,
    )


EXPERIMENTS = (
    _protocol(
        "plain",
        "plain TensorFlow",
        periods=40,
        minimum=0.967,
        weights=tuple(TruncatedNormal(standard_deviation=2 / math.sqrt(inputs)) for inputs in (784, 300, 100)),
    ),
    _protocol(
        "dense",
        "tf.layers.dense",
        periods=20,
        minimum=0.965,
        weights=(GlorotUniform(), GlorotUniform(), GlorotUniform()),
    ),
)
