"""What the Julia post's author might have done instead of what was reconstructed, and what the post says was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from mnist_repro.atlas.julia_blog.experiments import EXPERIMENTS
from mnist_repro.documents import (
    Adam,
    GlorotUniform,
    GradientDescent,
    ImageSlice,
    Normal,
    Protocol,
    Variant,
    read_otherwise,
    vary,
    with_weights,
)

# What the text names in place of the sets that the code reads.
_AS_THE_TEXT_SAYS = {"validation": "training images 7501-10000", "test": "training images 10001-13000"}
_WHOLE_TEST_SET = {"validation": "all test images", "test": "all test images"}


def _alternatives(protocol: Protocol) -> Iterator[Variant]:
    adam = cast("Adam", protocol.optimizer)
    for name, change, reads in (
        ("text-sets", "training images, as the text says", _AS_THE_TEXT_SAYS),
        ("whole-test-set", "all 10,000 test images", _WHOLE_TEST_SET),
    ):
        yield read_otherwise(protocol, name, choice="evaluation sets", change=change, reads=reads)
    yield replace(
        vary(
            protocol,
            "text-training",
            choice="training images",
            change="the first 7,500, and the sets that the text says",
            training=replace(protocol.training, images=ImageSlice(source="train", start=0, stop=7_500)),
        ),
        reads=_AS_THE_TEXT_SAYS,
    )
    for name, epsilon in (("epsilon-1e-7", 1e-7), ("epsilon-1e-3", 1e-3)):
        yield vary(
            protocol,
            name,
            choice="Adam's epsilon",
            change=name.removeprefix("epsilon-"),
            optimizer=replace(adam, epsilon=epsilon),
        )
    yield vary(
        protocol,
        "sgd",
        choice="optimiser",
        change="gradient descent in place of Adam",
        optimizer=GradientDescent(learning_rate=adam.learning_rate, clip_norm=adam.clip_norm),
    )
    if adam.clip_norm is not None:
        yield vary(
            protocol, "no-clipping", choice="gradient clipping", change="none", optimizer=replace(adam, clip_norm=None)
        )
    for name, change, initial in (
        ("glorot", "Glorot's uniform, Keras's default", GlorotUniform()),
        ("normal-weights", "N(0, 1)", Normal(standard_deviation=1.0)),
    ):
        yield vary(
            protocol, name, choice="initial weights", change=change, layers=with_weights(protocol.layers, initial)
        )


ALTERNATIVES = tuple(variant for protocol in EXPERIMENTS for variant in _alternatives(protocol))
