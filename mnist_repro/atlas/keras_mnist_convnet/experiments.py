"""The experiment of keras.io's Simple MNIST convnet: a network with two convolutions, by Adam."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    Adam,
    ConstantRate,
    Convolution,
    Dropout,
    EvaluationSet,
    Flatten,
    GlorotUniform,
    ImageSlice,
    Layer,
    MaxPooling,
    Protocol,
    Reconstruction,
    RunningMeans,
    Training,
    Zeros,
)


def _convolution(filters: int) -> Convolution:
    return Convolution(filters=filters, size=3, activation="relu", weights=GlorotUniform(), biases=Zeros())


EXPERIMENTS = (
    Protocol(
        id="keras-convnet",
        title="keras.io's Simple MNIST convnet",
        layers=(
            _convolution(32),
            MaxPooling(size=2),
            _convolution(64),
            MaxPooling(size=2),
            Flatten(),
            Dropout(keep_probability=0.5),
            Layer(units=10, activation="softmax", weights=GlorotUniform(), biases=Zeros()),
        ),
        optimizer=Adam(learning_rate=ConstantRate(rate=0.001), beta_1=0.9, beta_2=0.999, epsilon=1e-7),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=54_000),
            batch_size=128,
            periods=15,
            steps_per_period=422,
            restart_each_period=True,
            order="permuted each period",
            last_batch="kept",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(
            EvaluationSet(name="validation", images=ImageSlice(source="train", start=54_000, stop=60_000)),
            EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),
        ),
        evaluated_each_period=("validation",),
        evaluated_at_end=("test",),
        running=RunningMeans(),
        confusion_set="test",
        seeds={"brief": 1, "full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=0.985),
        reconstructions=(
            Reconstruction(
                choice="initial weights and order", chosen="drawn anew for each run", evidence="The page sets no seed."
            ),
            Reconstruction(
                choice="epochs before the evaluation",
                chosen="15",
                evidence="The code says 15. The output breaks off within epoch 12, and the evaluation follows it.",
            ),
        ),
    ),
)
