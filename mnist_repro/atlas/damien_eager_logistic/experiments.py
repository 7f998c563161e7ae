"""Damien's eager logistic regression, as its notebook stands. Chance has no part in it."""

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
    RunningMeans,
    Training,
    Zeros,
)

EXPERIMENTS = (
    Protocol(
        id="damien-eager-logistic",
        title="Damien, TensorFlow 1: eager logistic regression",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.1)),
        training=Training(
            images=ImageSlice(source="train", start=5_000, stop=60_000),
            batch_size=128,
            periods=10,
            steps_per_period=100,
            restart_each_period=False,
            order="as stored",
            last_batch="carried over",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),),
        evaluated_each_period=(),
        evaluated_at_end=("test",),
        # Each row is a mean over the batches since the last one; the code counts each batch as one.
        running=RunningMeans(name="training", weighted=False),
        confusion_set="test",
        gate=AccuracyGate(evaluation_set="test", minimum=0.9),
        reconstructions=(
            Reconstruction(
                choice="training images",
                chosen="all but the first 5,000, as stored",
                evidence="In [3] loads them by TensorFlow's input_data, which keeps the first 5,000 for validation. "
                "In [5] reads its arrays, which input_data permutes only in batches of its own.",
            ),
            Reconstruction(
                choice="images that fill no batch",
                chosen="the next pass fills the batch",
                evidence="In [5] repeats the images before it cuts them into batches. Before September 2018 the "
                "code did not, and trained on the smaller batch.",
            ),
        ),
    ),
)
