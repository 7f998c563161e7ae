"""Mistakes planted in the notebook's experiments, to learn which of them the regression gate catches."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from mnist_repro.atlas.tf1_notebook.alternatives import ALTERNATIVES
from mnist_repro.atlas.tf1_notebook.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, plant, plant_alternative, read_otherwise

_SEEDS = 20
_BASIC = EXPERIMENTS[0]
_BATCH_SIZE = _BASIC.training.batch_size
_RATE = cast("ConstantRate", _BASIC.optimizer.learning_rate).rate

FAULTS = (
    # Plain gradient descent takes the steps of a summed loss with the mean's rate times the batch size.
    plant(
        _BASIC,
        "summed-loss",
        change="loss summed over the batch, not its mean",
        seeds=_SEEDS,
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=_RATE * _BATCH_SIZE)),
    ),
    plant(
        _BASIC,
        "batches-of-900",
        change="batches of 900 for 1,000",
        seeds=_SEEDS,
        training=replace(_BASIC.training, batch_size=900),
    ),
    read_otherwise(
        _BASIC,
        "tested-on-validation",
        choice="planted fault",
        change="test accuracy taken on the validation set",
        seeds=_SEEDS,
        reads={"test": "validation"},
    ),
    *(
        plant_alternative(ALTERNATIVES, name, change=change, seeds=_SEEDS)
        for name, change in (
            ("tf1-basic+pixels-0-to-1", "pixels divided by 255"),
            ("tf1-basic+relu", "ReLU for sigmoid"),
            ("tf1-basic+glorot", "Glorot's initial weights for N(0, 1)"),
            ("tf1-dropout-piecewise+late-schedule", "learning rates change a period late"),
            ("tf1-dropout-piecewise+dropout-in-evaluation", "dropout left on in evaluation"),
            ("tf1-dropout-piecewise+drop-0.7", "keep and drop probability swapped"),
            ("tf1-dropout-piecewise+unscaled-dropout", "kept outputs not divided by 0.7"),
        )
    ),
)
