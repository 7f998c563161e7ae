"""The experiment of Chollet's section 5.1: a network with three convolutions, by RMSprop."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    ConstantRate,
    Convolution,
    EvaluationSet,
    Flatten,
    GlorotUniform,
    ImageSlice,
    Layer,
    MaxPooling,
    Protocol,
    Reconstruction,
    RMSprop,
    RunningMeans,
    Training,
    Zeros,
)


def _convolution(filters: int) -> Convolution:
    return Convolution(filters=filters, size=3, activation="relu", weights=GlorotUniform(), biases=Zeros())


EXPERIMENTS = (
    Protocol(
        id="chollet-5.1",
        title="Chollet, section 5.1",
        layers=(
            _convolution(32),
            MaxPooling(size=2),
            _convolution(64),
            MaxPooling(size=2),
            _convolution(64),
            Flatten(),
            Layer(units=64, activation="relu", weights=GlorotUniform(), biases=Zeros()),
            Layer(units=10, activation="softmax", weights=GlorotUniform(), biases=Zeros()),
        ),
        optimizer=RMSprop(learning_rate=ConstantRate(rate=0.001), decay=0.9, epsilon=1e-8, epsilon_in_root=False),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=64,
            periods=5,
            steps_per_period=938,
            restart_each_period=True,
            order="permuted each period",
            last_batch="kept",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),),
        evaluated_each_period=(),
        evaluated_at_end=("test",),
        running=RunningMeans(),
        confusion_set="test",
        seeds={"brief": 1, "full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=0.985),
        reconstructions=(
            Reconstruction(
                choice="initial weights and order",
                chosen="drawn anew for each run",
                evidence="The notebook sets no seed.",
            ),
            Reconstruction(
                choice="optimiser",
                chosen="as in Keras 2.0.8: rate 0.001, decay 0.9, epsilon 1e-8 outside of the root",
                evidence="The notebook names rmsprop alone; its first cell prints 2.0.8.",
            ),
        ),
    ),
)
