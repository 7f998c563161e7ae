"""The three experiments of the TensorFlow 1 notebook."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.documents import (
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    ExponentialRate,
    GradientDescent,
    ImageSlice,
    Layer,
    Normal,
    PiecewiseRate,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

_PUBLISHED_NETWORK = (
    "The notebook imports its networks; the author's published NeuralNetwork.py (January 2019) has them so."
)

_RECONSTRUCTIONS = (
    Reconstruction(choice="hidden activation", chosen="sigmoid", evidence=_PUBLISHED_NETWORK),
    Reconstruction(choice="initial weights", chosen="N(0, 1)", evidence=_PUBLISHED_NETWORK),
    Reconstruction(choice="initial biases", chosen="0", evidence=_PUBLISHED_NETWORK),
    Reconstruction(choice="pixels", chosen="0..255 as they are", evidence="In [3] casts to uint64 and never divides."),
    Reconstruction(
        choice="validation set",
        chosen="the first 1,000 training images; the other 59,000 are trained on",
        evidence="In [2] loads the validation images from a file that the notebook does not make.",
        chosen_by=("tf1-basic.validation-loss", "tf1-basic.validation-accuracy"),
    ),
    Reconstruction(
        choice="permutation",
        chosen="drawn anew for each seed",
        evidence="In [4] permutes the training images once, with a seed that is not given.",
    ),
)

_TRAINING = Training(
    images=ImageSlice(source="train", start=1_000, stop=60_000),
    batch_size=1_000,
    periods=10,
    steps_per_period=1_000,
    restart_each_period=True,
    repeats_batches=True,  # 1,000 steps of the 59 batches, as In [10] has them
)
_EVALUATION_SETS = (
    EvaluationSet(name="validation", images=ImageSlice(source="train", start=0, stop=1_000)),
    EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=10_000)),
)
# What the notebook would have measured, had it not set the keep probability to 1 in evaluation.
_WITH_DROPOUT = tuple(replace(each, name=f"{each.name}, dropout on", dropout=True) for each in _EVALUATION_SETS)


def _hidden(units: int, keep_probability: float = 1.0) -> Layer:
    return Layer(
        units=units,
        activation="sigmoid",
        weights=Normal(standard_deviation=1.0),
        biases=Zeros(),
        keep_probability=keep_probability,
    )


_OUTPUT = Layer(units=10, activation="softmax", weights=Normal(standard_deviation=1.0), biases=Zeros())


def _dropout_net(*, id: str, title: str, rate: PiecewiseRate | ExponentialRate, minimum: float) -> Protocol:  # noqa: A002 - the field's name
    return Protocol(
        id=id,
        title=title,
        layers=(_hidden(64, keep_probability=0.7), _hidden(64, keep_probability=0.7), _OUTPUT),
        optimizer=GradientDescent(learning_rate=rate),
        training=_TRAINING,
        pixel_divisor=1.0,
        evaluation_sets=(*_EVALUATION_SETS, *_WITH_DROPOUT),
        evaluated_each_period=("validation", "validation, dropout on"),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"brief": 2, "quick": 4, "versions": 20, "full": 119},
        gate=AccuracyGate(evaluation_set="test", minimum=minimum),
        reconstructions=(
            *_RECONSTRUCTIONS,
            Reconstruction(
                choice="dropout",
                chosen="after each hidden layer; kept values are divided by 0.7",
                evidence="The placeholders are called keep_prob and get 1.0 in evaluation: tf.nn.dropout's meaning. "
                + _PUBLISHED_NETWORK,
            ),
            Reconstruction(
                choice="start of the second dropout run",
                chosen="fresh weights",
                evidence="In [24] runs the initialiser again in a new session.",
            ),
        ),
    )


PIECEWISE_RATE = PiecewiseRate(
    boundaries=tuple(range(1_000, 10_000, 1_000)),
    # In [17]: ten values spaced evenly from 0.5 to 0.1, rounded to two digits.
    rates=(0.5, 0.46, 0.41, 0.37, 0.32, 0.28, 0.23, 0.19, 0.14, 0.1),
)

EXPERIMENTS = (
    Protocol(
        id="tf1-basic",
        title="Notebook: basic net, 784-16-10",
        layers=(_hidden(16), _OUTPUT),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.5)),
        training=_TRAINING,
        pixel_divisor=1.0,
        evaluation_sets=_EVALUATION_SETS,
        evaluated_each_period=("validation",),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"brief": 4, "quick": 10, "versions": 20, "full": 119},
        gate=AccuracyGate(evaluation_set="test", minimum=0.88),
        reconstructions=_RECONSTRUCTIONS,
    ),
    _dropout_net(
        id="tf1-dropout-piecewise",
        title="Notebook: dropout net, piecewise constant rate",
        rate=PIECEWISE_RATE,
        minimum=0.88,
    ),
    _dropout_net(
        id="tf1-dropout-exponential",
        title="Notebook: dropout net, exponentially decaying rate",
        rate=ExponentialRate(start=0.7, factor=0.69, every_steps=1_000),
        minimum=0.87,
    ),
)
