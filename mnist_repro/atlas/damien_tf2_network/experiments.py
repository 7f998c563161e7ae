"""Damien's neural network in TensorFlow 2, as its notebook stands."""

from __future__ import annotations

from mnist_repro.documents import (
    ConstantRate,
    EvaluationSet,
    GlorotUniform,
    GradientDescent,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

_UNITS = (128, 256, 10)

EXPERIMENTS = (
    Protocol(
        id="damien-tf2-network",
        title="Damien, TensorFlow 2: neural network, 784-128-256-10",
        layers=tuple(
            Layer(
                units=units,
                activation="softmax" if units == _UNITS[-1] else "relu",
                weights=GlorotUniform(),
                biases=Zeros(),
            )
            for units in _UNITS
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.1)),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=256,
            periods=20,
            steps_per_period=100,
            restart_each_period=False,
            order="permuted each period",
            last_batch="carried over",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),),
        evaluated_each_period=(),
        evaluated_at_end=("test",),
        confusion_set="test",
        reconstructions=(
            Reconstruction(
                choice="training order",
                chosen="permuted anew in each pass over the images",
                evidence="In [4] repeats the images and draws each from the next 5000, which mixes them less. It gives "
                "no seed.",
            ),
            Reconstruction(
                choice="initial weights",
                chosen="Glorot's uniform, biases 0",
                evidence="In [5] takes the defaults of Keras's dense layers.",
            ),
        ),
    ),
)
