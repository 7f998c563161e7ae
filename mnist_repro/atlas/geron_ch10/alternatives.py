"""What Géron's notebook might have done instead of what its code says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mnist_repro.atlas.geron_ch10.experiments import EXPERIMENTS
from mnist_repro.documents import (
    ConstantRate,
    GlorotUniform,
    GradientDescent,
    Normal,
    Protocol,
    Variant,
    read_otherwise,
    vary,
    with_weights,
)


def _alternatives(protocol: Protocol) -> Iterator[Variant]:
    yield read_otherwise(
        protocol,
        "test-set",
        choice="evaluation set",
        change="all test images, as before October 2017",
        reads={"validation": "all test images"},
    )
    yield vary(
        protocol,
        "rate-0.02",
        choice="learning rate",
        change="0.02",
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.02)),
    )
    yield vary(
        protocol,
        "permuted-once",
        choice="training order",
        change="permuted once",
        training=replace(protocol.training, order="permuted once"),
    )


_PLAIN, _DENSE = EXPERIMENTS
ALTERNATIVES = (
    *(variant for protocol in EXPERIMENTS for variant in _alternatives(protocol)),
    vary(
        _PLAIN,
        "glorot",
        choice="initial weights",
        change="Glorot's uniform, as of tf.layers.dense",
        layers=with_weights(_PLAIN.layers, GlorotUniform()),
    ),
    vary(
        _DENSE,
        "normal-0.1",
        choice="initial weights",
        change="N(0, 0.1^2)",
        layers=with_weights(_DENSE.layers, Normal(standard_deviation=0.1)),
    ),
)
