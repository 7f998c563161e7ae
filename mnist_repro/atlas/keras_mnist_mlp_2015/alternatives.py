"""What Keras's example of June 2015 might have done instead, and what it did later."""

from __future__ import annotations

from mnist_repro.atlas.keras_mnist_mlp_2015.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GlorotUniform, RMSprop, vary, with_hidden, with_weights

(_NETWORK,) = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _NETWORK,
        "glorot",
        choice="initial weights",
        change="Glorot's uniform, as since July 2015",
        layers=with_weights(_NETWORK.layers, GlorotUniform()),
    ),
    vary(
        _NETWORK,
        "rate-0.0008",
        choice="dropout",
        change="all steps 0.8 times as long, not the later layers' alone",
        optimizer=RMSprop(learning_rate=ConstantRate(rate=0.0008), decay=0.9, epsilon=1e-6, epsilon_in_root=True),
    ),
    vary(
        _NETWORK,
        "units-512",
        choice="hidden units",
        change="512, as since November 2015",
        layers=with_hidden(_NETWORK.layers, units=512),
    ),
)
