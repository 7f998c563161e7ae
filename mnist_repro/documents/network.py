"""A network's layers, each at its place: the shapes that enter and leave it, and whether it may stand there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    Pooling,
)
from mnist_repro.documents.validation import require

Shape = tuple[int, ...]

# Rows, columns and channels of an image.
PICTURE: Shape = (28, 28, 1)


@dataclass(frozen=True)
class Placed:
    """A layer at its place in a network; shapes are those of one image."""

    layer: AnyLayer  #: as declared
    inputs: Shape  #: (units,) or (rows, columns, channels)
    outputs: Shape  #: likewise

    @property
    def kernel(self) -> Shape:
        """Shape of the weights: (inputs, units) or (rows, columns, channels, filters); () where there are none."""
        match self.layer:
            case Layer():
                return (*self.inputs, *self.outputs)
            case Convolution(size=size):
                return (size, size, self.inputs[-1], self.outputs[-1])
        return ()

    @property
    def fans(self) -> tuple[int, int]:
        """Inputs and outputs that a weight belongs to, as Keras counts them: a filter's places times its channels."""
        places = prod(self.kernel[:-2])
        return places * self.inputs[-1], places * self.outputs[-1]

    @property
    def multiplications(self) -> int:
        """Multiplications by weights for one image on its way forward."""
        return prod(self.kernel) * prod(self.outputs[:-1]) if self.kernel else 0


def place_layers(layers: Iterable[AnyLayer]) -> tuple[Placed, ...]:
    """Place layers one after the other, from an image on; dropout of a dense layer becomes a layer of its own.

    Raises
    ------
    MisfitError
        If a layer does not fit what enters it.
    """
    layers = tuple(layers)
    sees_picture = any(isinstance(layer, Convolution | Pooling | Flatten) for layer in layers)
    shape = PICTURE if sees_picture else (prod(PICTURE),)
    placed: list[Placed] = []
    for number, layer in enumerate(layers):
        placed.append(Placed(layer, shape, _find_outputs(layer, shape, place=f"Protocol.layers[{number}]")))
        shape = placed[-1].outputs
        if isinstance(layer, Layer) and layer.keep_probability < 1.0:
            own = Dropout(keep_probability=layer.keep_probability, rescales_kept=layer.rescales_kept)
            placed.append(Placed(own, shape, shape))
    return tuple(placed)


def _find_outputs(layer: AnyLayer, inputs: Shape, *, place: str) -> Shape:
    kind, is_picture = type(layer).__name__, len(inputs) > 1
    match layer:
        case Layer(units=units):
            require(not is_picture, place, "must have Flatten() before it, since a Layer takes no picture", layer)
            return (units,)
        case Activation() | BatchNormalization() | Dropout():
            return inputs
    require(is_picture, place, f"must come before Flatten and every Layer, since a {kind} takes a picture", layer)
    side, _, channels = inputs
    match layer:
        case Flatten():
            return (prod(inputs),)
        case Convolution(filters=filters, size=size, padding=padding):
            left, channels = side if padding == "same" else side - size + 1, filters
        case _:
            left = side // layer.size
    rule = f"must be at most {side}, the rows and columns of the picture that enters it"
    require(left > 0, f"{place}.size", rule, layer.size)
    return (left, left, channels)
