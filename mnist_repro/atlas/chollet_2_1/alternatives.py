"""What Chollet's notebook might have done instead of what its code says."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.chollet_2_1.experiments import EXPERIMENTS
from mnist_repro.documents import Adam, ConstantRate, Normal, RMSprop, RunningMeans, vary, with_hidden, with_weights

(_NETWORK,) = EXPERIMENTS
_RATE = ConstantRate(rate=0.001)

ALTERNATIVES = (
    vary(
        _NETWORK,
        "epsilon-1e-7-in-root",
        choice="optimiser",
        change="RMSprop as Keras has it since TensorFlow 2.11",
        optimizer=RMSprop(learning_rate=_RATE, decay=0.9, epsilon=1e-7, epsilon_in_root=True),
    ),
    vary(
        _NETWORK,
        "adam",
        choice="optimiser",
        change="Adam",
        optimizer=Adam(learning_rate=_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
    ),
    vary(
        _NETWORK,
        "normal-0.05",
        choice="initial weights",
        change="N(0, 0.05^2), as of Keras's RandomNormal",
        layers=with_weights(_NETWORK.layers, Normal(standard_deviation=0.05)),
    ),
    vary(_NETWORK, "units-256", choice="hidden units", change="256", layers=with_hidden(_NETWORK.layers, units=256)),
    vary(
        _NETWORK,
        "last-batch-dropped",
        choice="last batch",
        change="dropped",
        training=replace(_NETWORK.training, steps_per_period=468, last_batch="dropped"),
    ),
    vary(
        _NETWORK,
        "permuted-once",
        choice="training order",
        change="permuted once",
        training=replace(_NETWORK.training, order="permuted once"),
    ),
    vary(
        _NETWORK,
        "batches-alike",
        choice="running means",
        change="of batches, each as one",
        running=RunningMeans(weighted=False),
    ),
)
