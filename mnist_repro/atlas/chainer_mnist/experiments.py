"""The experiment of Chainer's page on its Trainer, as the page stands."""

from __future__ import annotations

import math

from mnist_repro.documents import (
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Normal,
    Protocol,
    Reconstruction,
    RunningMeans,
    Training,
    Zeros,
)

EXPERIMENTS = (
    Protocol(
        id="chainer-mnist",
        title="Chainer's Trainer: 784-100-100-10",
        layers=tuple(
            Layer(
                units=units,
                activation="softmax" if units == 10 else "relu",  # noqa: PLR2004 - the digits
                weights=Normal(standard_deviation=1 / math.sqrt(inputs)),
                biases=Zeros(),
            )
            for inputs, units in ((784, 100), (100, 100), (100, 10))
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.01), momentum=0.9),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=128,
            periods=10,
            steps_per_period=469,
            restart_each_period=True,
            order="permuted each period",
            last_batch="carried over",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(
            EvaluationSet(name="validation", images=ImageSlice(source="test", start=0, stop=10_000), batch_size=128),
        ),
        evaluated_each_period=("validation", "all test images"),
        evaluated_at_end=("validation",),
        running=RunningMeans(name="main"),
        confusion_set="all test images",
        gate=AccuracyGate(evaluation_set="validation", minimum=0.9),
        reconstructions=(
            Reconstruction(
                choice="initial weights",
                chosen="normal, variance 1 / inputs; biases 0",
                evidence="The page leaves them to L.Linear, whose default is Chainer's LeCunNormal.",
            ),
            Reconstruction(
                choice="learning rate and momentum",
                chosen="0.01 and 0.9",
                evidence="The page leaves them to MomentumSGD, whose defaults they are; the page on the training loop "
                "writes them out.",
            ),
            Reconstruction(
                choice="images that fill no batch",
                chosen="the next epoch's order fills the batch",
                evidence="Chainer's SerialIterator does so as long as it repeats, which is its default.",
            ),
        ),
    ),
)
