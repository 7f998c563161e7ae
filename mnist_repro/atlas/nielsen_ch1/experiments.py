"""The experiments of Nielsen's chapter 1: sigmoid neurons throughout, and the quadratic cost."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Loss,
    Normal,
    Protocol,
    Reconstruction,
    Training,
)

_STANDARD = Normal(standard_deviation=1.0)
_OPEN = (
    Reconstruction(
        choice="pixel divisor",
        chosen="256",
        evidence="The text says between 0.0 and 1.0, and the code reads mnist.pkl.gz as it is. Lasagne's example "
        "divides by 256 to have the pixels of that file.",
    ),
    Reconstruction(
        choice="initial values and order",
        chosen="drawn anew for each run",
        evidence="Neither text nor code sets a seed.",
    ),
)


def _protocol(name: str, title: str, *, hidden: int, rate: float, minimum: float) -> Protocol:
    return Protocol(
        id=f"nielsen-{name}",
        title=f"Nielsen, chapter 1: {title}",
        layers=tuple(
            Layer(units=units, activation="sigmoid", weights=_STANDARD, biases=_STANDARD) for units in (hidden, 10)
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=rate)),
        loss=Loss(kind="quadratic"),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=50_000),
            batch_size=10,
            periods=30,
            steps_per_period=5_000,
            restart_each_period=True,
            order="permuted each period",
        ),
        pixel_divisor=256.0,
        evaluation_sets=(
            EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),
            EvaluationSet(name="validation", images=ImageSlice(source="train", start=50_000, stop=60_000)),
        ),
        evaluated_each_period=("test", "validation"),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"full": 59},
        gate=AccuracyGate(evaluation_set="test", minimum=minimum),
        reconstructions=_OPEN,
    )


EXPERIMENTS = (
    _protocol("30", "30 hidden neurons", hidden=30, rate=3.0, minimum=0.943),
    _protocol("100-slow", "100 hidden neurons, rate 0.001", hidden=100, rate=0.001, minimum=0.1),
    # A network that gives one digit to every image is right for at least 892 of them.
    _protocol("30-fast", "30 hidden neurons, rate 100", hidden=30, rate=100.0, minimum=0.0892),
)
