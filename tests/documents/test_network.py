"""A network is a sequence of layers that fit each other; what does not fit is told before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    AveragePooling,
    BatchNormalization,
    Constant,
    Convolution,
    Dropout,
    Flatten,
    GlorotUniform,
    Layer,
    MaxPooling,
    Zeros,
)
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.validation import MisfitError
from mnist_repro.documents.variant import with_hidden, with_weights

_DENSE = Layer(units=5, activation="relu", weights=Zeros(), biases=None)
_FILTERS = Convolution(filters=3, size=5, activation="relu", weights=Zeros(), biases=None)
_POOL, _MEAN, _FLAT = MaxPooling(size=2), AveragePooling(size=3), Flatten()
_NORM = BatchNormalization(momentum=0.99, epsilon=1e-3)
_KEPT = Dropout(keep_probability=0.5)


def _of(*layers: AnyLayer, **changes: Any) -> Protocol:
    """Return a network of these layers and an output layer."""
    protocol = load_catalogue().protocols["julia-linear-lr0.02"]
    return replace(protocol, layers=(*layers, *protocol.layers), **{"pictured_steps": (), **changes})


@pytest.mark.parametrize(
    ("layers", "shapes"),
    [
        pytest.param([], [(784,), (10,)], id="none"),
        pytest.param([_KEPT, _DENSE, _NORM], [(784,), (784,), (5,), (5,), (10,)], id="dense"),
        pytest.param([_FLAT], [(28, 28, 1), (784,), (10,)], id="pixels flattened, as in Keras"),
        pytest.param(
            [_FILTERS, _POOL, replace(_FILTERS, padding="same", filters=4, size=3), _MEAN, _KEPT, _FLAT],
            [(28, 28, 1), (24, 24, 3), (12, 12, 3), (12, 12, 4), (4, 4, 4), (4, 4, 4), (64,), (10,)],
            id="pictures",
        ),
        pytest.param([_MEAN, _FLAT], [(28, 28, 1), (9, 9, 1), (81,), (10,)], id="a row left out"),
        pytest.param(
            [replace(_DENSE, keep_probability=0.5)], [(784,), (5,), (5,), (10,)], id="a dense layer's own dropout"
        ),
    ],
)
def test_network_shapes_are_passed_on(layers: list[AnyLayer], shapes: list[tuple[int, ...]]) -> None:
    """What leaves a layer enters the next, from the picture or the row of pixels to ten logits."""
    network = _of(*layers).network

    assert [network[0].inputs, *(placed.outputs for placed in network)] == shapes
    assert [placed.inputs for placed in network] == shapes[:-1]
    assert getattr(network[-1].layer, "activation", None) == "identity"


_PICTURE = "Protocol.layers[[]{}] must come before Flatten and every Layer, since a {} takes a picture; received *"
_ROW = "Protocol.layers[[]{}] must have Flatten() before it, since a Layer takes no picture; received Layer(units={}, *"
_SIZE = "Protocol.layers[[]1].size must be at most {}, the rows and columns of the picture that enters it; received {}"


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        pytest.param([_DENSE, _FILTERS, _FLAT], _ROW.format(0, 5), id="convolution after a dense layer"),
        pytest.param([_FLAT, _FILTERS], _PICTURE.format(1, "Convolution"), id="convolution of flattened pixels"),
        pytest.param([_FILTERS, _FLAT, _DENSE, _POOL], _PICTURE.format(3, "MaxPooling"), id="pooling of a row"),
        pytest.param([_FLAT, _KEPT, _FLAT], _PICTURE.format(2, "Flatten"), id="flattened twice"),
        pytest.param([_FILTERS], _ROW.format(1, 10), id="no Flatten"),
        pytest.param([_FILTERS, MaxPooling(size=25), _FLAT], _SIZE.format(24, 25), id="tiles larger than the picture"),
        pytest.param([MaxPooling(size=7), _FILTERS, _FLAT], _SIZE.format(4, 5), id="filters larger than the picture"),
        pytest.param(
            [replace(_FILTERS, activation="softmax"), _FLAT],
            "Protocol.layers must have softmax in the last layer alone; received Convolution(filters=3, *",
            id="softmax in a convolution",
        ),
    ],
)
def test_protocol_layers_that_do_not_fit_are_told(layers: list[AnyLayer], told: str) -> None:
    """The error names the first layer that does not fit, and what it needs."""
    with pytest.raises(MisfitError) as caught:
        _of(*layers)

    assert fnmatchcase(str(caught.value), told), caught.value


@pytest.mark.parametrize("layers", [(), (_POOL, _FLAT), (_DENSE,), (_KEPT,)], ids=["none", "flat", "five", "dropout"])
def test_protocol_last_layer_without_ten_units_is_told(layers: tuple[AnyLayer, ...]) -> None:
    """A network ends with a dense layer of ten units."""
    with pytest.raises(MisfitError, match=r"^Protocol.layers must end with a layer of 10 units; received "):
        replace(_of(), layers=layers)


def test_protocol_pictured_steps_need_weights_that_are_pictures() -> None:
    """The first weights of a convolution are not drawn as pictures of 28 x 28 pixels."""
    with pytest.raises(MisfitError, match=r"^Protocol.pictured_steps may be given where the first layer is a Layer, "):
        _of(_FILTERS, _FLAT, pictured_steps=(5,))


@pytest.mark.parametrize(
    ("layers", "fixed"),
    [
        pytest.param([_FILTERS, _POOL, _NORM, Activation(activation="tanh"), _FLAT], True, id="nothing drawn"),
        pytest.param([replace(_FILTERS, weights=GlorotUniform()), _FLAT], False, id="weights of a convolution"),
        pytest.param([replace(_FILTERS, biases=GlorotUniform()), _FLAT], False, id="biases of a convolution"),
        pytest.param([_KEPT], False, id="dropout of pixels"),
        pytest.param([replace(_KEPT, keep_probability=1.0)], True, id="dropout that drops nothing"),
        pytest.param([replace(_DENSE, keep_probability=0.9)], False, id="a dense layer's own dropout"),
    ],
)
def test_is_deterministic_of_layers_says_whether_one_draws(layers: list[AnyLayer], *, fixed: bool) -> None:
    """Chance has a part in a network of which any layer draws initial values or masks."""
    protocol = _of(*layers)
    protocol = replace(protocol, split="in order", training=replace(protocol.training, order="as stored"))

    assert is_deterministic(protocol) is fixed


def test_with_hidden_and_weights_change_the_layers_that_have_such_a_field() -> None:
    """Pooling has neither weights nor an activation, and the last layer keeps its own."""
    layers = _of(_FILTERS, _POOL, _FLAT, _DENSE).layers

    assert [getattr(layer, "activation", None) for layer in with_hidden(layers, activation="tanh")] == [
        "tanh", None, None, "tanh", "softmax",
    ]  # fmt: skip
    weights = [getattr(layer, "weights", None) for layer in with_weights(layers, Constant(value=0.5))]
    assert weights == [Constant(value=0.5), None, None, Constant(value=0.5), Constant(value=0.5)]
