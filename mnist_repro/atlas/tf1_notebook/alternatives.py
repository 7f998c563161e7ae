"""What the notebook's author might have done instead of what was reconstructed.

The choices that the three networks share are varied on the basic net, which takes a third of the time.
"""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.tf1_notebook.experiments import EXPERIMENTS, PIECEWISE_RATE
from mnist_repro.documents import (
    GlorotUniform,
    GradientDescent,
    ImageSlice,
    Normal,
    PiecewiseRate,
    Protocol,
    TruncatedNormal,
    Variant,
    read_otherwise,
    vary,
    with_fields,
    with_hidden,
    with_weights,
)

_BASIC, _PIECEWISE, _EXPONENTIAL = EXPERIMENTS
_TRAINING = _BASIC.training


def _validate_on(start: int, stop: int, *, name: str, change: str, train_on: tuple[int, int]) -> Variant:
    validation, test = _BASIC.evaluation_sets
    return vary(
        _BASIC,
        name,
        choice="validation set",
        change=change,
        training=replace(_TRAINING, images=ImageSlice(source="train", start=train_on[0], stop=train_on[1])),
        evaluation_sets=(replace(validation, images=ImageSlice(source="train", start=start, stop=stop)), test),
    )


def _delay(rate: PiecewiseRate) -> PiecewiseRate:
    """Let every change of the rate come a period later; the last one, after the end, is left out."""
    return PiecewiseRate(boundaries=tuple(step + 1_000 for step in rate.boundaries[:-1]), rates=rate.rates[:-1])


def _dropout_in_evaluation(protocol: Protocol) -> Variant:
    return read_otherwise(
        protocol,
        "dropout-in-evaluation",
        choice="dropout",
        change="left on in evaluation",
        reads={"validation": "validation, dropout on", "test": "test, dropout on"},
    )


ALTERNATIVES = (
    vary(_BASIC, "pixels-0-to-1", choice="pixels", change="divided by 255", pixel_divisor=255.0),
    _validate_on(
        59_000, 60_000, name="validate-on-last", change="the last 1,000 training images", train_on=(0, 59_000)
    ),
    vary(
        _BASIC,
        "validate-on-random",
        choice="validation set",
        change="a random 1,000 of the training images",
        split="random",
    ),
    _validate_on(0, 5_000, name="validate-on-5000", change="the first 5,000 training images", train_on=(5_000, 60_000)),
    vary(
        _BASIC, "relu", choice="hidden activation", change="ReLU", layers=with_hidden(_BASIC.layers, activation="relu")
    ),
    vary(
        _BASIC, "tanh", choice="hidden activation", change="tanh", layers=with_hidden(_BASIC.layers, activation="tanh")
    ),
    vary(
        _BASIC,
        "glorot",
        choice="initial weights",
        change="Glorot's uniform, Keras's default",
        layers=with_weights(_BASIC.layers, GlorotUniform()),
    ),
    vary(
        _BASIC,
        "truncated-normal",
        choice="initial weights",
        change="N(0, 0.1^2), cut at two standard deviations",
        layers=with_weights(_BASIC.layers, TruncatedNormal(standard_deviation=0.1)),
    ),
    vary(
        _BASIC,
        "random-biases",
        choice="initial biases",
        change="N(0, 1)",
        layers=with_fields(_BASIC.layers, biases=Normal(standard_deviation=1.0)),
    ),
    vary(
        _BASIC,
        "batches-of-100",
        choice="images in a step",
        change="100, as a comment says",
        training=replace(_TRAINING, batch_size=100),
    ),
    vary(
        _BASIC,
        "new-permutation",
        choice="permutation",
        change="a new one for each period",
        training=replace(_TRAINING, order="permuted each period"),
    ),
    vary(
        _PIECEWISE,
        "drop-0.7",
        choice="dropout",
        change="0.7 is the share that is dropped",
        layers=with_hidden(_PIECEWISE.layers, keep_probability=0.3),
    ),
    vary(
        _PIECEWISE,
        "unscaled-dropout",
        choice="dropout",
        change="kept values are not divided by 0.7",
        layers=with_hidden(_PIECEWISE.layers, rescales_kept=False),
    ),
    _dropout_in_evaluation(_PIECEWISE),
    _dropout_in_evaluation(_EXPONENTIAL),
    vary(
        _PIECEWISE,
        "late-schedule",
        choice="learning rates",
        change="every change a period later",
        # The printed rates refute it without any chance; these runs show its effect.
        seeds=2,
        optimizer=GradientDescent(learning_rate=_delay(PIECEWISE_RATE)),
    ),
)
