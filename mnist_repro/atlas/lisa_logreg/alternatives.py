"""What LISA's tutorial might have done instead of what was reconstructed."""

from __future__ import annotations

from dataclasses import replace

from mnist_repro.atlas.lisa_logreg.experiments import EXPERIMENTS
from mnist_repro.documents import GlorotUniform, read_otherwise, vary, with_weights

(_LOGREG,) = EXPERIMENTS

ALTERNATIVES = (
    vary(_LOGREG, "divisor-255", choice="pixel divisor", change="255", seeds=1, pixel_divisor=255.0),
    read_otherwise(
        _LOGREG,
        "whole-sets",
        choice="evaluation sets",
        change="all 10,000 validation and test images",
        seeds=1,
        reads={"validation": "all validation images", "test": "all test images"},
    ),
    vary(
        _LOGREG,
        "permuted",
        choice="training order",
        change="permuted each epoch",
        training=replace(_LOGREG.training, order="permuted each period"),
    ),
    vary(
        _LOGREG,
        "glorot",
        choice="initial weights",
        change="Glorot's uniform",
        layers=with_weights(_LOGREG.layers, GlorotUniform()),
    ),
)
