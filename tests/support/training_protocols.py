"""The documents' protocols with something changed, for trainings that are over soon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.layers import Layer
from mnist_repro.documents.optimizers import ExponentialRate, PiecewiseRate
from mnist_repro.documents.protocol import Protocol

STEPS = 10


def shorten(protocol: Protocol, **changes: Any) -> Protocol:
    """Return `protocol` with two periods of five steps, in which the learning rate changes too."""
    rate = protocol.optimizer.learning_rate
    if isinstance(rate, PiecewiseRate):
        rate = replace(rate, boundaries=tuple(range(1, len(rate.rates))))
    elif isinstance(rate, ExponentialRate):
        rate = replace(rate, every_steps=3)
    return replace(
        protocol,
        optimizer=replace(protocol.optimizer, learning_rate=rate),
        training=replace(protocol.training, periods=2, steps_per_period=STEPS // 2, repeats_batches=True),
        **{"pixel_divisor": 255.0, **changes},
    )


def load_short(name: str, **changes: Any) -> Protocol:
    """Return a document's protocol of that name, shortened."""
    return shorten(_load_protocols()[name], **changes)


@cache
def _load_protocols() -> dict[str, Protocol]:
    return load_catalogue().protocols


def with_optimizer(protocol: Protocol, **changes: Any) -> Protocol:
    """Return `protocol` with another optimiser."""
    return replace(protocol, optimizer=replace(protocol.optimizer, **changes))


def with_training(protocol: Protocol, **changes: Any) -> Protocol:
    """Return `protocol` with other batches, periods or steps."""
    return replace(protocol, training=replace(protocol.training, **changes))


def with_layers(protocol: Protocol, change: Callable[[Layer], Layer]) -> Protocol:
    """Return `protocol` with each of its layers changed."""
    return replace(protocol, layers=tuple(map(change, protocol.layers)))


def with_rate(protocol: Protocol, change: Callable[[Any], Any]) -> Protocol:
    """Return `protocol` with its learning rate changed."""
    return with_optimizer(protocol, learning_rate=change(protocol.optimizer.learning_rate))
