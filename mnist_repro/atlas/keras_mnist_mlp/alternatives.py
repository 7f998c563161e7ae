"""What Keras's example did at other times."""

from __future__ import annotations

from mnist_repro.atlas.keras_mnist_mlp.experiments import EXPERIMENTS
from mnist_repro.documents import Adam, ConstantRate, RMSprop, vary

(_NETWORK,) = EXPERIMENTS
_RATE = ConstantRate(rate=0.001)

ALTERNATIVES = (
    vary(
        _NETWORK,
        "epsilon-1e-6-in-root",
        choice="optimiser",
        change="RMSprop as Keras had it in November 2015",
        optimizer=RMSprop(learning_rate=_RATE, decay=0.9, epsilon=1e-6, epsilon_in_root=True),
    ),
    vary(
        _NETWORK,
        "adam",
        choice="optimiser",
        change="Adam, as from March to April 2016",
        optimizer=Adam(learning_rate=_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
    ),
)
