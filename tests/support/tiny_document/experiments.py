"""The one experiment of the tiny document."""

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
        id="tiny-linear",
        title="Tiny document: linear model",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.02)),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=1_000),
            batch_size=5,
            periods=2,
            steps_per_period=10,
            restart_each_period=False,
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="held-out", images=ImageSlice(source="train", start=1_000, stop=1_500)),),
        evaluated_each_period=("held-out",),
        evaluated_at_end=("held-out",),
        confusion_set="held-out",
        seeds={"brief": 2, "quick": 3, "versions": 20, "full": 39},
        gate=AccuracyGate(evaluation_set="held-out", minimum=0.5),
        reconstructions=(
            Reconstruction(choice="batch size", chosen="5", evidence="The text does not tell; any would do."),
        ),
    ),
)
