"""What TensorFlow's tutorial might have done instead of what its code says, and what it did at other times."""

from __future__ import annotations

from mnist_repro.atlas.tf1_beginners.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, Loss, vary

(_SOFTMAX,) = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _SOFTMAX,
        "rate-0.05",
        choice="learning rate",
        change="0.05, as from April to June 2017",
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.05)),
    ),
    vary(
        _SOFTMAX,
        "summed",
        choice="loss",
        change="summed over a batch, with a rate of 0.01, as before April 2016",
        loss=Loss(summed=True),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.01)),
    ),
)
