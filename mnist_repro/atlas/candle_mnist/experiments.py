"""The linear model of candle's example: gradient descent on all images at once. Chance has no part in it."""

from __future__ import annotations

from mnist_repro.documents import (
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    RunningMeans,
    Training,
    Zeros,
)

EXPERIMENTS = (
    Protocol(
        id="candle-linear",
        title="candle's example: linear model",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=1.0)),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=60_000,
            periods=2,
            steps_per_period=1,
            restart_each_period=True,
            order="as stored",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),),
        evaluated_each_period=("test",),
        evaluated_at_end=("test",),
        # The code prints the loss that a step starts from.
        running=RunningMeans(name="training"),
        confusion_set="test",
        reconstructions=(
            Reconstruction(
                choice="model",
                chosen="linear",
                evidence="The README speaks of an MLP; its command names no model, and main.rs takes the linear one "
                "then, with a learning rate of 1.",
            ),
            Reconstruction(
                choice="end of training",
                chosen="after 2 epochs",
                evidence="The code goes on for many more; the README shows its first two lines, none of the others.",
            ),
        ),
    ),
)
