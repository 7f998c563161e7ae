"""Two of the three examples of tch-rs. Each step takes all training images; a run has 199, as `1..200` counts them."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    Adam,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    Training,
    Uniform,
    Zeros,
)
from mnist_repro.documents.optimizers import Optimizer


def _protocol(
    name: str,
    title: str,
    *,
    layers: tuple[Layer, ...],
    optimizer: Optimizer,
    minimum: float,
    reconstructions: tuple[Reconstruction, ...],
) -> Protocol:
    return Protocol(
        id=f"tch-{name}",
        title=f"tch-rs: {title}",
        layers=layers,
        optimizer=optimizer,
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=60_000,
            periods=199,
            steps_per_period=1,
            restart_each_period=True,
            order="as stored",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),),
        evaluated_each_period=(),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=minimum),
        reconstructions=reconstructions,
    )


_WEIGHTS, _BIASES = Uniform(limit=6**0.5, fan="inputs"), Uniform(limit=1.0, fan="inputs")
EXPERIMENTS = (
    _protocol(
        "linear",
        "linear classifier",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=1.0)),
        minimum=0.91,
        reconstructions=(),
    ),
    _protocol(
        "network",
        "network with one hidden layer",
        layers=(
            Layer(units=128, activation="relu", weights=_WEIGHTS, biases=_BIASES),
            Layer(units=10, activation="softmax", weights=_WEIGHTS, biases=_BIASES),
        ),
        optimizer=Adam(learning_rate=ConstantRate(rate=0.001), beta_1=0.9, beta_2=0.999, epsilon=1e-8),
        minimum=0.945,
        reconstructions=(
            Reconstruction(
                choice="initial weights",
                chosen="uniform up to the root of 6 / inputs",
                evidence="The code takes tch-rs's defaults, which are these since November 2022; the README is older.",
            ),
        ),
    ),
)
