"""What Nielsen's regularized network might have been instead."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.nielsen_ch3_overfitting.alternatives import other_starts
from mnist_repro.atlas.nielsen_ch3_regularized.experiments import EXPERIMENTS
from mnist_repro.documents import L2, vary

(_NETWORK,) = EXPERIMENTS

ALTERNATIVES = (
    *other_starts(_NETWORK),
    vary(
        _NETWORK,
        "biases-too",
        choice="penalty",
        change="of weights and biases",
        loss=replace(_NETWORK.loss, penalty=L2(factor=0.1 / 2 / 1_000, of="weights and biases", reported=True)),
    ),
    vary(
        _NETWORK,
        "halved",
        choice="penalty",
        change="lambda 0.05",
        loss=replace(_NETWORK.loss, penalty=L2(factor=0.05 / 2 / 1_000, of="weights", reported=True)),
    ),
)
