"""What Chainer's page did when its table was printed, and what else it might have done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mnist_repro.atlas.chainer_mnist.experiments import EXPERIMENTS
from mnist_repro.documents import GlorotUniform, GradientDescent, Protocol, Variant, read_otherwise, vary, with_weights


def list_alternatives(protocol: Protocol) -> Iterator[Variant]:
    """Yield what either of Chainer's two pages might have done instead."""
    yield vary(
        protocol,
        "older-page",
        choice="optimiser",
        change="plain gradient descent, as on the page of May 2017",
        seeds=20,
        optimizer=GradientDescent(learning_rate=protocol.optimizer.learning_rate),
    )
    yield vary(
        protocol,
        "glorot",
        choice="initial weights",
        change="Glorot's uniform",
        layers=with_weights(protocol.layers, GlorotUniform()),
    )
    yield vary(
        protocol,
        "dropped",
        choice="images that fill no batch",
        change="left out",
        training=replace(protocol.training, last_batch="dropped", steps_per_period=468),
    )
    yield read_otherwise(
        protocol,
        "whole-set",
        choice="evaluation",
        change="mean over all test images",
        reads={"validation": "all test images"},
    )


ALTERNATIVES = tuple(variant for protocol in EXPERIMENTS for variant in list_alternatives(protocol))
