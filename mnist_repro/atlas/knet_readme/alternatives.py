"""What the README of Knet.jl did when it printed its numbers, and what else its readers might do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mnist_repro.atlas.knet_readme.experiments import EXPERIMENTS
from mnist_repro.documents import Protocol, Uniform, Variant, vary, with_weights

_SOFTMAX, _NETWORK = EXPERIMENTS
_UNIFORM = Uniform(limit=0.1)


def list_alternatives(protocol: Protocol) -> Iterator[Variant]:
    """Yield what either of the two models might have done instead."""
    yield vary(
        protocol,
        "uniform",
        choice="initial weights",
        change="uniform from -0.1 to 0.1, as in the README of September 2016",
        layers=with_weights(protocol.layers, _UNIFORM),
    )
    yield vary(
        protocol,
        "permuted",
        choice="training order",
        change="permuted in each epoch",
        training=replace(protocol.training, order="permuted each period"),
    )


ALTERNATIVES = (
    *(variant for protocol in EXPERIMENTS for variant in list_alternatives(protocol)),
    vary(
        _NETWORK,
        "gradient-descent",
        choice="optimiser",
        change="gradient descent, as for the softmax model",
        optimizer=_SOFTMAX.optimizer,
    ),
    vary(
        _NETWORK,
        "older-code",
        choice="initial weights and optimiser",
        change="uniform weights and gradient descent, as in the README of September 2016",
        seeds=39,
        layers=with_weights(_NETWORK.layers, _UNIFORM),
        optimizer=_SOFTMAX.optimizer,
    ),
)
