"""What candle's example might have done instead of what was reconstructed."""

from __future__ import annotations

from mnist_repro.atlas.candle_mnist.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, vary

(_LINEAR,) = EXPERIMENTS

ALTERNATIVES = (
    vary(_LINEAR, "divisor-256", choice="pixel divisor", change="256", seeds=1, pixel_divisor=256.0),
    vary(
        _LINEAR,
        "rate-0.5",
        choice="learning rate",
        change="0.5",
        seeds=1,
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.5)),
    ),
)
