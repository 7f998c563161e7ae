"""What scikit-learn's example might have done instead of what its code says."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.sklearn_mnist_filters.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, Loss, Zeros, vary, with_fields

(_NETWORK,) = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _NETWORK,
        "momentum",
        choice="momentum",
        change="not Nesterov's",
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.1), momentum=0.9),
    ),
    vary(
        _NETWORK,
        "no-momentum",
        choice="momentum",
        change="none",
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.1)),
    ),
    vary(_NETWORK, "no-penalty", choice="penalty", change="none", loss=Loss()),
    vary(
        _NETWORK,
        "zero-biases",
        choice="initial biases",
        change="0",
        layers=with_fields(_NETWORK.layers, biases=Zeros()),
    ),
    vary(
        _NETWORK,
        "batch-100",
        choice="batch size",
        change="100",
        training=replace(_NETWORK.training, batch_size=100, steps_per_period=600),
    ),
)
