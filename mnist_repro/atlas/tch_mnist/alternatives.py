"""What the examples of tch-rs might have done instead of what their code says."""

from __future__ import annotations

from mnist_repro.atlas.tch_mnist.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, Uniform, vary, with_weights

_LINEAR, _NETWORK = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _LINEAR,
        "rate-0.5",
        choice="learning rate",
        change="0.5",
        seeds=1,
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.5)),
    ),
    vary(
        _NETWORK,
        "pytorch",
        choice="initial weights",
        change="uniform up to the root of 1 / inputs, as when the README was written",
        layers=with_weights(_NETWORK.layers, Uniform(limit=1.0, fan="inputs")),
    ),
)
