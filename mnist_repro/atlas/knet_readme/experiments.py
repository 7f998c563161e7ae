"""What the README of Knet.jl trains, as its last version with these numbers has it."""

from __future__ import annotations

from mnist_repro.documents import (
    AccuracyGate,
    Adam,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Normal,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

_TRAINING_IMAGES = ImageSlice(source="train", start=0, stop=60_000)
_TRAINING = Training(
    images=_TRAINING_IMAGES,
    batch_size=100,
    periods=10,
    steps_per_period=600,
    restart_each_period=True,
    order="as stored",
)
_SETS = (
    EvaluationSet(name="training", images=_TRAINING_IMAGES),
    EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),
)
_PIXELS = Reconstruction(
    choice="pixels", chosen="divided by 255", evidence="The README leaves it to data/mnist.jl, which divides by 255."
)
_ORDER = Reconstruction(
    choice="training order",
    chosen="as stored, the same in each epoch",
    evidence="The README leaves it to minibatch in src/data.jl, which shuffles only where it is asked to.",
)

EXPERIMENTS = (
    Protocol(
        id="knet-softmax",
        title="Knet README: softmax model",
        layers=(Layer(units=10, activation="softmax", weights=Normal(standard_deviation=0.1), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.5)),
        training=_TRAINING,
        pixel_divisor=255.0,
        evaluation_sets=_SETS,
        evaluated_each_period=("training", "test"),
        evaluated_at_end=("training", "test"),
        confusion_set="test",
        gate=AccuracyGate(evaluation_set="test", minimum=0.905),
        reconstructions=(_PIXELS, _ORDER),
    ),
    Protocol(
        id="knet-mlp",
        title="Knet README: network",
        layers=(
            Layer(units=64, activation="relu", weights=Normal(standard_deviation=0.1), biases=Zeros()),
            Layer(units=10, activation="softmax", weights=Normal(standard_deviation=0.1), biases=Zeros()),
        ),
        optimizer=Adam(learning_rate=ConstantRate(rate=1e-3), beta_1=0.9, beta_2=0.999, epsilon=1e-8),
        training=_TRAINING,
        pixel_divisor=255.0,
        evaluation_sets=_SETS,
        evaluated_each_period=("training", "test"),
        evaluated_at_end=("training", "test"),
        confusion_set="test",
        gate=AccuracyGate(evaluation_set="test", minimum=0.96),
        reconstructions=(
            _PIXELS,
            _ORDER,
            Reconstruction(
                choice="Adam",
                chosen="rate 0.001, decays 0.9 and 0.999, epsilon 1e-8",
                evidence="The README names no settings. These are the defaults in src/update.jl.",
            ),
        ),
    ),
)
