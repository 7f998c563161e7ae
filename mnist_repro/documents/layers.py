"""Layers of a network and their initial values, as declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_repro.documents.validation import Checked, Flag, From1, KeptFraction, NotNegative, Number, Positive


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


@dataclass(frozen=True, kw_only=True)
class Uniform(Checked):
    """Uniform on ``-limit..limit``, or on that over the root of the layer's inputs, its outputs or their sum.

    PyTorch's weights and biases have the limit 1 and ``fan="inputs"``, and scikit-learn's the limit ``6**0.5`` and
    ``fan="inputs and outputs"``.
    """

    limit: Positive  #: before it is divided
    fan: Literal["inputs", "outputs", "inputs and outputs"] | None = None  #: of the layer, also for its biases


@dataclass(frozen=True, kw_only=True)
class Constant(Checked):
    """Initial values that are all the same."""

    value: Number  #: of each


InitialValues = Normal | TruncatedNormal | GlorotUniform | Zeros | Uniform | Constant


@dataclass(frozen=True, kw_only=True)
class Layer(Checked):
    """A fully connected layer."""

    units: From1  #: number of outputs
    #: of the outputs; the last layer's is part of the loss
    activation: Literal["sigmoid", "tanh", "relu", "softmax", "identity"]
    weights: InitialValues  #: initial values
    biases: InitialValues | None  #: initial values; None: no biases
    keep_probability: KeptFraction = 1.0  #: fraction of the outputs that dropout keeps in a training step, in (0, 1]
    rescales_kept: Flag = True  #: whether kept outputs are divided by `keep_probability`
