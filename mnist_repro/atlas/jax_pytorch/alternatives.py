"""What JAX's notebook with PyTorch's loader might have done instead of what its code says."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.jax_pytorch.experiments import EXPERIMENTS
from mnist_repro.documents import ConstantRate, GradientDescent, Loss, Protocol, Variant, vary


def sum_loss(protocol: Protocol) -> Variant:
    """Return what either notebook did before the commit of May 2020."""
    return vary(
        protocol,
        "older-code",
        choice="loss and learning rate",
        change="summed over images, and 0.0001, as in the code before May 2020",
        loss=Loss(summed=True),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.0001)),
    )


(_PYTORCH,) = EXPERIMENTS

ALTERNATIVES = (
    sum_loss(_PYTORCH),
    vary(
        _PYTORCH,
        "permuted",
        choice="training order",
        change="permuted in each epoch",
        training=replace(_PYTORCH.training, order="permuted each period"),
    ),
)
