"""What either of JAX's two notebooks might have done instead of what its code says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mnist_repro.atlas.jax_pytorch.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, Loss, Protocol, Variant, vary


def list_alternatives(protocol: Protocol) -> Iterator[Variant]:
    """Yield what may explain the accuracies of either notebook."""
    yield vary(
        protocol,
        "rate-0.001",
        choice="learning rate",
        change="0.001, a tenth",
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.001)),
    )
    yield vary(
        protocol,
        "older-code",
        choice="loss and learning rate",
        change="summed over images, and 0.0001, as in the code before May 2020",
        loss=Loss(summed=True),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.0001)),
    )
    yield vary(
        protocol,
        "permuted",
        choice="training order",
        change="permuted in each epoch",
        training=replace(protocol.training, order="permuted each period"),
    )


ALTERNATIVES = tuple(variant for protocol in EXPERIMENTS for variant in list_alternatives(protocol))
