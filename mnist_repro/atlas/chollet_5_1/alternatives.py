"""What Chollet's notebook might have done instead of what its code says."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.chollet_5_1.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, RMSprop, vary

(_NETWORK,) = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _NETWORK,
        "epsilon-1e-7-in-root",
        choice="optimiser",
        change="RMSprop as Keras has it since TensorFlow 2.11",
        optimizer=RMSprop(learning_rate=ConstantRate(rate=0.001), decay=0.9, epsilon=1e-7, epsilon_in_root=True),
    ),
    vary(
        _NETWORK,
        "batch-128",
        choice="batch size",
        change="128, as in section 2.1",
        training=replace(_NETWORK.training, batch_size=128, steps_per_period=469),
    ),
)
