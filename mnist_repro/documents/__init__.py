"""What claims, protocols and variants are, and how documents are loaded and checked.

Authors of a document import from here all that its `experiments.py`, `alternatives.py` and `faults.py` declare.
"""

from mnist_repro.documents.gap import gap
from mnist_repro.documents.layers import Constant, GlorotUniform, Layer, Normal, TruncatedNormal, Uniform, Zeros
from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.optimizers import (
    Adadelta,
    Adam,
    ConstantRate,
    ExponentialRate,
    GradientDescent,
    PiecewiseRate,
    RMSprop,
)
from mnist_repro.documents.protocol import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    EvaluationSet,
    ImageSlice,
    Protocol,
    Reconstruction,
    RunningMeans,
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
    "L2",
    "AccuracyGate",
    "Adadelta",
    "Adam",
    "Constant",
    "ConstantRate",
    "EvaluationSet",
    "ExponentialRate",
    "GlorotUniform",
    "GradientDescent",
    "ImageSlice",
    "Layer",
    "Loss",
    "Normal",
    "PiecewiseRate",
    "Protocol",
    "RMSprop",
    "Reconstruction",
    "RunningMeans",
    "Training",
    "TruncatedNormal",
    "Uniform",
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
