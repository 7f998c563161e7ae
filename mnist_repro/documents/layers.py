"""Layers of a network and their initial values, as declarations.

A network is a sequence of them. It takes an image's pixels in a row, and where it has a convolution, pooling or
`Flatten`, as a picture of 28 x 28 pixels with one channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mnist_repro.documents.validation import Checked, Decay, Flag, From1, KeptFraction, NotNegative, Number, Positive


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
ActivationName: TypeAlias = Literal["sigmoid", "tanh", "relu", "softmax", "identity"]


@dataclass(frozen=True, kw_only=True)
class Layer(Checked):
    """A fully connected layer."""

    units: From1  #: number of outputs
    #: of the outputs; the last layer's is part of the loss
    activation: ActivationName
    weights: InitialValues  #: initial values
    biases: InitialValues | None  #: initial values; None: no biases
    keep_probability: KeptFraction = 1.0  #: fraction of the outputs that dropout keeps in a training step, in (0, 1]
    rescales_kept: Flag = True  #: whether kept outputs are divided by `keep_probability`


@dataclass(frozen=True, kw_only=True)
class Convolution(Checked):
    """Filters that move over a picture in steps of one pixel.

    A filter has as many inputs as weights, and as many outputs as that with its channels and filters exchanged.
    """

    filters: From1  #: number of output channels
    size: From1  #: rows and columns of a filter
    padding: Literal["valid", "same"] = "valid"  #: "same": zeros around the picture keep its size
    activation: ActivationName  #: of the outputs
    weights: InitialValues  #: initial values
    biases: InitialValues | None  #: initial values, one bias for each filter; None: no biases


@dataclass(frozen=True, kw_only=True)
class MaxPooling(Checked):
    """The largest value of each tile; rows and columns that fill no tile are left out."""

    size: From1  #: rows and columns of a tile


@dataclass(frozen=True, kw_only=True)
class AveragePooling(Checked):
    """The mean of each tile; rows and columns that fill no tile are left out."""

    size: From1  #: rows and columns of a tile


@dataclass(frozen=True, kw_only=True)
class Flatten(Checked):
    """A picture's values in a row, its channels innermost."""


@dataclass(frozen=True, kw_only=True)
class Activation(Checked):
    """An activation by itself, as after batch normalisation."""

    activation: ActivationName  #: of each value


@dataclass(frozen=True, kw_only=True)
class BatchNormalization(Checked):
    """Each unit, or channel of a picture, minus its mean over a batch, over its standard deviation, scaled and shifted.

    Scales start at 1 and shifts at 0; a penalty counts both as biases. Evaluation takes running means of mean and
    variance, which start at 0 and 1. The variance is that of the batch itself, without Bessel's correction, which
    Keras 2 has for pictures and Keras 3 has not.
    """

    momentum: Decay  #: fraction of a running mean that a step keeps
    epsilon: Positive  #: added to the variance


@dataclass(frozen=True, kw_only=True)
class Dropout(Checked):
    """Values dropped in a training step, each by itself; a dense layer can declare its own."""

    keep_probability: KeptFraction  #: fraction of the values that it keeps, in (0, 1]
    rescales_kept: Flag = True  #: whether kept values are divided by `keep_probability`


Weighted: TypeAlias = Layer | Convolution
Pooling: TypeAlias = MaxPooling | AveragePooling
AnyLayer: TypeAlias = Weighted | Pooling | Flatten | Activation | BatchNormalization | Dropout
