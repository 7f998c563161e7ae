"""Experiments in words: what decides a run is said, and what is said is so."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    AveragePooling,
    BatchNormalization,
    Constant,
    Convolution,
    Dropout,
    Flatten,
    GlorotUniform,
    MaxPooling,
    TruncatedNormal,
    Uniform,
    Zeros,
)
from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.optimizers import Adadelta, ConstantRate, GradientDescent, RMSprop
from mnist_repro.documents.protocol import Protocol, RunningMeans
from mnist_repro.reporting.wording.experiments import describe_protocol


def test_describe_protocol_says_what_the_basic_net_is(protocols: dict[str, Protocol]) -> None:
    """The notebook's basic net, word for word."""
    assert dict(describe_protocol(protocols["tf1-basic"])) == {
        "network": "784 pixels → 16 sigmoid → 10 softmax",
        "pixels": "0 to 255",
        "initial weights": "normal, standard deviation 1",
        "initial biases": "0",
        "optimiser": "gradient descent",
        "learning rate": "0.5",
        "trained on": "training images 1,001 to 60,000, permuted once",
        "steps": "10 periods of 1,000 steps, 1,000 images each; each period begins again at the first batch",
        "evaluated on": "validation: training images 1 to 1,000; test: test images 1 to 10,000",
    }


@pytest.mark.parametrize(
    ("experiment", "name", "said"),
    [
        ("tf1-dropout-piecewise", "network", "64 sigmoid (dropout keeps 0.7, and divides it by as much)"),
        ("tf1-dropout-piecewise", "learning rate", "0.5, 0.46, 0.41, 0.37, 0.32, 0.28, 0.23, 0.19, 0.14, 0.1; changes"),
        ("tf1-dropout-exponential", "learning rate", "0.7, times 0.69 after every 1,000 steps"),
        (
            "tf1-dropout-piecewise",
            "evaluated on",
            "validation, dropout on: training images 1 to 1,000, dropout left on",
        ),
        ("julia-linear-lr0.02", "optimiser", "Adam, beta1 0.9, beta2 0.999, epsilon 1e-8; each gradient's norm is 5"),
        ("julia-linear-lr0.02", "pixels", "divided by 255"),
        ("julia-mlp-100x100", "initial biases", "normal, standard deviation 0.01"),
    ],
)
def test_describe_protocol_says_what_is_special(
    protocols: dict[str, Protocol], experiment: str, name: str, said: str
) -> None:
    """Dropout, schedules, Adam and clipping are named with their numbers."""
    assert said in dict(describe_protocol(protocols[experiment]))[name]


_RATE = ConstantRate(rate=0.1)
_INITIAL = (Uniform(limit=0.1), Uniform(limit=0.1, fan="inputs"), Constant(value=0.1))
_RMSPROP = RMSprop(learning_rate=_RATE, decay=0.9, epsilon=1e-7, epsilon_in_root=True)
_OPTIMIZERS = (
    GradientDescent(learning_rate=_RATE),
    GradientDescent(learning_rate=_RATE, momentum=0.9),
    GradientDescent(learning_rate=_RATE, momentum=0.9, nesterov=True),
    _RMSPROP,
    replace(_RMSPROP, epsilon_in_root=False),
    Adadelta(learning_rate=_RATE, decay=0.95, epsilon=1e-7),
)
_FILTERS = Convolution(filters=3, size=5, activation="relu", weights=Zeros(), biases=Zeros())
_BEFORE: tuple[tuple[AnyLayer, ...], ...] = (
    (Flatten(),),
    (MaxPooling(size=2), Flatten()),
    (MaxPooling(size=3), Flatten()),
    (AveragePooling(size=2), Flatten()),
    *((each, Flatten()) for each in (_FILTERS, replace(_FILTERS, padding="same"), replace(_FILTERS, size=4))),
    *((each, Flatten()) for each in (replace(_FILTERS, filters=4), replace(_FILTERS, activation="tanh"))),
    (Activation(activation="relu"),),
    (BatchNormalization(momentum=0.9, epsilon=1e-3),),
    (BatchNormalization(momentum=0.99, epsilon=1e-3),),
    (BatchNormalization(momentum=0.9, epsilon=1e-5),),
    (Dropout(keep_probability=0.5),),
    (Dropout(keep_probability=0.5, rescales_kept=False),),
)
_PENALTY = L2(factor=0.1, of="weights", reported=True)
_LOSSES = (
    Loss(kind="softmax twice"),
    Loss(summed=True),
    Loss(divisor=10),
    Loss(penalty=_PENALTY),
    Loss(penalty=replace(_PENALTY, of="weights and biases")),
    Loss(penalty=replace(_PENALTY, reported=False)),
)
_OF_SIGMOIDS: tuple[Literal["cross entropy per class", "quadratic"], ...] = ("cross entropy per class", "quadratic")


def test_describe_protocol_differs_wherever_a_run_would(protocols: dict[str, Protocol]) -> None:
    """Each of these changes of what is trained changes the words."""
    protocol = protocols["tf1-dropout-piecewise"]
    hidden = protocol.layers[0]
    training = protocol.training
    measured = protocol.evaluation_sets[0]
    sigmoid = replace(protocol.layers[-1], activation="sigmoid")

    changed = [
        replace(protocol, layers=(replace(hidden, weights=GlorotUniform()), *protocol.layers[1:])),
        replace(
            protocol, layers=(replace(hidden, weights=TruncatedNormal(standard_deviation=1)), *protocol.layers[1:])
        ),
        replace(protocol, layers=(replace(hidden, biases=None), *protocol.layers[1:])),
        replace(protocol, layers=(replace(hidden, rescales_kept=False), *protocol.layers[1:])),
        replace(protocol, layers=(replace(hidden, units=63), *protocol.layers[1:])),
        replace(protocol, optimizer=replace(protocol.optimizer, clip_norm=1.0)),
        replace(protocol, training=replace(training, restart_each_period=False)),
        replace(protocol, training=replace(training, order="as stored")),
        replace(protocol, training=replace(training, batch_size=999)),
        replace(protocol, training=replace(training, last_batch="kept")),
        replace(protocol, training=replace(training, restart_each_period=False, last_batch="carried over")),
        replace(protocol, pixel_divisor=2.0),
        replace(protocol, evaluation_sets=(replace(measured, batch_size=128), *protocol.evaluation_sets[1:])),
        *(replace(protocol, layers=(replace(hidden, weights=each), *protocol.layers[1:])) for each in _INITIAL),
        *(replace(protocol, layers=(*each, *protocol.layers)) for each in _BEFORE),
        *(replace(protocol, optimizer=each) for each in _OPTIMIZERS),
        *(replace(protocol, loss=each) for each in _LOSSES),
        # The sigmoid outputs of these losses are said too.
        *(replace(protocol, layers=(*protocol.layers[:-1], sigmoid), loss=Loss(kind=kind)) for kind in _OF_SIGMOIDS),
        *(replace(protocol, running=each) for each in (RunningMeans(), RunningMeans(weighted=False))),
    ]

    said = [tuple(describe_protocol(each)) for each in (protocol, *changed)]

    assert len(set(said)) == len(said)
