"""The experiment of LISA's tutorial on logistic regression. Chance has no part in it."""

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

EXPERIMENTS = (
    Protocol(
        id="lisa-logreg",
        title="LISA's tutorial: logistic regression",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.13)),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=50_000),
            batch_size=600,
            periods=74,
            steps_per_period=83,
            restart_each_period=True,
            order="as stored",
        ),
        pixel_divisor=256.0,
        # Whole batches of 600 alone: 16 of each.
        evaluation_sets=(
            EvaluationSet(name="validation", images=ImageSlice(source="train", start=50_000, stop=59_600)),
            EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=9_600)),
            EvaluationSet(name="all validation images", images=ImageSlice(source="train", start=50_000, stop=60_000)),
        ),
        evaluated_each_period=("validation", "test", "all validation images", "all test images"),
        evaluated_at_end=("validation", "test"),
        confusion_set="test",
        gate=AccuracyGate(evaluation_set="validation", minimum=0.92),
        reconstructions=(
            Reconstruction(
                choice="pixel divisor",
                chosen="256",
                evidence="The text says between 0 and 1, and the code reads mnist.pkl.gz as it is. Lasagne's example "
                "divides by 256 to have the pixels of that file.",
            ),
            Reconstruction(
                choice="end of training",
                chosen="after 74 whole epochs",
                evidence="The code ends by its rule of patience in the 74th epoch, before that is measured: "
                "nothing is printed after epoch 73 but what was measured then.",
            ),
        ),
    ),
)
