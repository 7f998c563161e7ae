"""Damien's logistic regression in TensorFlow 2, as its notebook stands."""

from __future__ import annotations

from mnist_repro.documents import (
    Constant,
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

EXPERIMENTS = (
    Protocol(
        id="damien-tf2-logistic",
        title="Damien, TensorFlow 2: logistic regression",
        layers=(Layer(units=10, activation="softmax", weights=Constant(value=1.0), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.01)),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=256,
            periods=20,
            steps_per_period=50,
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
                choice="clipped probabilities",
                chosen="not clipped",
                evidence="In [5] takes no probability for less than 1e-9. An image whose digit has less moves no "
                "weight then.",
            ),
        ),
    ),
)
