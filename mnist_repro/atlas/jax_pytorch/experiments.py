"""The experiment of JAX's notebook with PyTorch's data loader."""

from __future__ import annotations

from mnist_repro.documents import (
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Loss,
    Normal,
    Protocol,
    Reconstruction,
    Training,
)

_UNITS = (512, 512, 10)
_SMALL = Normal(standard_deviation=0.01)

EXPERIMENTS = (
    Protocol(
        id="jax-pytorch",
        title="JAX, PyTorch's loader: 784-512-512-10",
        layers=tuple(
            Layer(units=units, activation="softmax" if units == _UNITS[-1] else "relu", weights=_SMALL, biases=_SMALL)
            for units in _UNITS
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.01)),
        # The code takes the mean over images and classes.
        loss=Loss(divisor=10.0),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=128,
            periods=8,
            steps_per_period=469,
            restart_each_period=True,
            order="as stored",
            last_batch="kept",
        ),
        pixel_divisor=1.0,
        evaluation_sets=(
            EvaluationSet(name="training", images=ImageSlice(source="train", start=0, stop=60_000)),
            EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),
        ),
        evaluated_each_period=("training", "test"),
        evaluated_at_end=("test",),
        confusion_set="test",
        gate=AccuracyGate(evaluation_set="test", minimum=0.957),
        reconstructions=(
            Reconstruction(
                choice="initial weights and biases",
                chosen="drawn anew for each run",
                evidence="The notebook's key is that of JAX's own generator.",
            ),
            Reconstruction(
                choice="training order",
                chosen="as stored, in each epoch",
                evidence="The notebook leaves PyTorch's loader at its default, which does not shuffle.",
            ),
        ),
    ),
)
