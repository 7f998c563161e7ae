"""What claims, protocols and variants are, and how documents are loaded and checked.

Authors of a document import from here all that its `experiments.py`, `alternatives.py` and `faults.py` declare.
"""

from mnist_repro.documents.gap import gap
from mnist_repro.documents.layers import GlorotUniform, Layer, Normal, TruncatedNormal, Zeros
from mnist_repro.documents.optimizers import Adam, ConstantRate, ExponentialRate, GradientDescent, PiecewiseRate
from mnist_repro.documents.protocol import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    EvaluationSet,
    ImageSlice,
    Protocol,
    Reconstruction,
    Training,
)
from mnist_repro.documents.variant import (
    Variant,
    plant,
    plant_alternative,
    read_otherwise,
    vary,
    with_hidden,
    with_weights,
)

__all__ = [
    "ALL_TEST_IMAGES",
    "AccuracyGate",
    "Adam",
    "ConstantRate",
    "EvaluationSet",
    "ExponentialRate",
    "GlorotUniform",
    "GradientDescent",
    "ImageSlice",
    "Layer",
    "Normal",
    "PiecewiseRate",
    "Protocol",
    "Reconstruction",
    "Training",
    "TruncatedNormal",
    "Variant",
    "Zeros",
    "gap",
    "plant",
    "plant_alternative",
    "read_otherwise",
    "vary",
    "with_hidden",
    "with_weights",
]
