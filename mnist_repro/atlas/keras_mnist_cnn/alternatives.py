"""What Keras's example did at other times, without the first months of 2015, whose padding has no declaration here."""

from __future__ import annotations

from mnist_repro.atlas.keras_mnist_cnn.experiments import EXPERIMENTS
from mnist_repro.documents import Adadelta, ConstantRate, vary, with_fields

(_NETWORK,) = EXPERIMENTS
_FILTERS_32 = with_fields(_NETWORK.layers, filters=32)

ALTERNATIVES = (
    vary(
        _NETWORK,
        "filters-32",
        choice="filters of the second convolution",
        change="32, as before February 2017",
        layers=_FILTERS_32,
    ),
    vary(
        _NETWORK,
        "filters-32-same",
        choice="filters of the second convolution",
        change="32, with padding of the first, as in November 2015",
        layers=(*with_fields(_FILTERS_32[:1], padding="same"), *_FILTERS_32[1:]),
    ),
    vary(
        _NETWORK,
        "epsilon-1e-6",
        choice="optimiser",
        change="Adadelta with the epsilon of 2015, 1e-6",
        optimizer=Adadelta(learning_rate=ConstantRate(rate=1.0), decay=0.95, epsilon=1e-6),
    ),
    vary(
        _NETWORK,
        "rate-0.001",
        choice="optimiser",
        change="Adadelta with TensorFlow 2's default rate, 0.001",
        optimizer=Adadelta(learning_rate=ConstantRate(rate=0.001), decay=0.95, epsilon=1e-7),
    ),
)
