"""What keras.io's convnet might have done instead of what its code says."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.keras_mnist_convnet.experiments import EXPERIMENTS
from mnist_repro.documents import ImageSlice, vary

(_NETWORK,) = EXPERIMENTS

ALTERNATIVES = (
    vary(
        _NETWORK,
        "epochs-12",
        choice="epochs before the evaluation",
        change="12, where the output ends",
        training=replace(_NETWORK.training, periods=12),
    ),
    vary(_NETWORK, "no-dropout", choice="dropout", change="none", layers=(*_NETWORK.layers[:5], *_NETWORK.layers[6:])),
    vary(
        _NETWORK,
        "all-images",
        choice="training images",
        change="all 60,000, the validation set among them",
        training=replace(
            _NETWORK.training, images=ImageSlice(source="train", start=0, stop=60_000), steps_per_period=469
        ),
    ),
)
