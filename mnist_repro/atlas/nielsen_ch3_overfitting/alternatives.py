"""What Nielsen's network on 1,000 images might have been instead."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mnist_repro.atlas.nielsen_ch3_overfitting.experiments import EXPERIMENTS
from mnist_repro.documents import L2, Loss, Normal, Protocol, Variant, vary, with_weights


def other_starts(protocol: Protocol) -> Iterator[Variant]:
    """Yield the network with other pixels, and with the narrow weights that the chapter comes to later."""
    yield vary(protocol, "divisor-255", choice="pixel divisor", change="255", pixel_divisor=255.0)
    yield vary(
        protocol,
        "narrow",
        choice="initial weights",
        change="N(0, 1 / inputs)",
        layers=(
            *with_weights(protocol.layers[:1], Normal(standard_deviation=1 / math.sqrt(784))),
            *with_weights(protocol.layers[1:], Normal(standard_deviation=1 / math.sqrt(30))),
        ),
    )


(_NETWORK,) = EXPERIMENTS

ALTERNATIVES = (
    *other_starts(_NETWORK),
    vary(_NETWORK, "quadratic", choice="cost", change="quadratic, as in chapter 1", loss=Loss(kind="quadratic")),
    vary(
        _NETWORK,
        "regularized",
        choice="penalty",
        change="lambda 0.1, not in the costs",
        loss=replace(_NETWORK.loss, penalty=L2(factor=0.1 / 2 / 1_000, of="weights", reported=False)),
    ),
)
