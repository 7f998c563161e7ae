"""The linear model of candle's example: gradient descent on all images at once. Chance has no part in it."""

from __future__ import annotations

from mnist_repro.documents import (
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

_TRAIN = ImageSlice(source="train", start=0, stop=60_000)

EXPERIMENTS = (
    Protocol(
        id="candle-linear",
        title="candle's example: linear model",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=1.0)),
        training=Training(
            images=_TRAIN,
            batch_size=60_000,
            periods=199,
            steps_per_period=1,
            restart_each_period=True,
            order="as stored",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(
            EvaluationSet(name="training", images=_TRAIN),
            EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),
        ),
        evaluated_each_period=("training", "test"),
        evaluated_at_end=("test",),
        confusion_set="test",
        gate=AccuracyGate(evaluation_set="test", minimum=0.91),
        reconstructions=(
            Reconstruction(
                choice="model",
                chosen="linear",
                evidence="The README speaks of an MLP; its command names no model, and main.rs takes the linear one "
                "then, with a learning rate of 1.",
            ),
        ),
    ),
)
