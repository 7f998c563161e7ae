"""What Nielsen's chapter 1 might have done instead of what its code says."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mnist_repro.atlas.nielsen_ch1.experiments import EXPERIMENTS
from mnist_repro.documents import Loss, Normal, Protocol, Variant, read_otherwise, vary, with_weights


def _alternatives(protocol: Protocol) -> Iterator[Variant]:
    yield read_otherwise(
        protocol,
        "validation-set",
        choice="evaluation set",
        change="the 10,000 validation images",
        reads={"test": "validation"},
    )
    yield vary(
        protocol,
        "summed",
        choice="gradient of a batch",
        change="the sum, as in the code before May 2014",
        loss=Loss(kind="quadratic", summed=True),
    )


_THIRTY, *_ = EXPERIMENTS
ALTERNATIVES = (
    *(variant for protocol in EXPERIMENTS for variant in _alternatives(protocol)),
    vary(_THIRTY, "divisor-255", choice="pixel divisor", change="255", pixel_divisor=255.0),
    vary(
        _THIRTY,
        "cross-entropy",
        choice="cost",
        change="the cross entropy of each output, as in chapter 3",
        loss=Loss(kind="cross entropy per class"),
    ),
    vary(
        _THIRTY,
        "narrow",
        choice="initial weights",
        change="N(0, 1 / inputs), as in chapter 3",
        layers=(
            *with_weights(_THIRTY.layers[:1], Normal(standard_deviation=1 / math.sqrt(784))),
            *with_weights(_THIRTY.layers[1:], Normal(standard_deviation=1 / math.sqrt(30))),
        ),
    ),
)
