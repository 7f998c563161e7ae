"""Layers of a network and their initial values, as declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_repro.documents.validation import Checked, Flag, From1, KeptFraction, NotNegative


@dataclass(frozen=True, kw_only=True)
class Normal(Checked):
    """Initial values drawn from a normal distribution around 0."""

    standard_deviation: NotNegative  #: of the distribution


@dataclass(frozen=True, kw_only=True)
class TruncatedNormal(Checked):
    """The same without values beyond two standard deviations; `standard_deviation` is that before the cut."""

    standard_deviation: NotNegative  #: of the distribution


@dataclass(frozen=True, kw_only=True)
class GlorotUniform(Checked):
    """Uniform on ``-limit..limit``, with ``limit = sqrt(6 / (inputs + outputs))``: Keras's default for weights."""


@dataclass(frozen=True, kw_only=True)
class Zeros(Checked):
    """Initial values that are all 0."""


InitialValues = Normal | TruncatedNormal | GlorotUniform | Zeros


@dataclass(frozen=True, kw_only=True)
class Layer(Checked):
    """A fully connected layer."""

    units: From1  #: number of outputs
    #: of the outputs; the last layer's softmax is part of the loss
    activation: Literal["sigmoid", "tanh", "relu", "softmax"]
    weights: InitialValues  #: initial values
    biases: InitialValues | None  #: initial values; None: no biases
    keep_probability: KeptFraction = 1.0  #: fraction of the outputs that dropout keeps in a training step, in (0, 1]
    rescales_kept: Flag = True  #: whether kept outputs are divided by `keep_probability`
