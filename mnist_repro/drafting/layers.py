"""A layer from the call that makes it: as an experiment declares it, or in words why the draft does not read it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, TypeAlias

from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    AveragePooling,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    GlorotUniform,
    InitialValues,
    Layer,
    MaxPooling,
    Uniform,
    Zeros,
)
from mnist_repro.documents.validation import MisfitError
from mnist_repro.drafting.arguments import Arguments, Gap, UnreadError
from mnist_repro.drafting.expressions import Number, call_name, evaluate, read_text

FoundLayer: TypeAlias = AnyLayer | Gap

_PIXELS = 28 * 28
# Layers that no experiment has, and functions that do a layer's work.
_OTHER = re.compile(
    r"(?:separable_?|depthwise_?)?(?:conv[123]?d|convolution[123]d)\w*|(?:global_?)?(?:max|average|avg)_?pool\w*"
    r"|\w*batch_?norm\w*|dropout|lstm|gru|simplernn",
    re.IGNORECASE,
)
_INITIAL = {"glorot_uniform": GlorotUniform(), "zeros": Zeros()}
_PYTORCH = Uniform(limit=1.0, fan="inputs")
# Keras's earlier names of arguments, and PyTorch's.
_NAMES = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "p": "rate",
    "nb_filter": "filters",
    "border_mode": "padding",
    "bias": "use_bias",
    "out_features": "units",
    "out_channels": "filters",
    "stride": "strides",
}
_SHAPES = frozenset({"shape", "input_shape", "batch_input_shape"})
_WITHOUT_EFFECT = _SHAPES | {
    "name",
    "input_dim",
    "inputs",
    "in_features",
    "in_channels",
    "inplace",
    "batch_size",
    "seed",
}


class _Arguments(Arguments):
    """Arguments of a layer."""

    def side(self, name: str, default: int | None = None) -> Any:
        """Return the side of a square, which stands as one number or as two that are the same."""

        def read(node: ast.expr) -> Number | None:
            sides = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
            values = {evaluate(each, self.names) for each in sides}
            return values.pop() if len(values) == 1 else None

        return self.read(name, read, default)

    def activation(self) -> Any:
        """Return the activation; Keras's "linear", which it has without any, is identity."""
        name = self.text("activation", "linear")
        return "identity" if name == "linear" else name

    def initial(self, *, of_pytorch: bool = False) -> dict[str, InitialValues | None]:
        """Return the initial weights and biases."""
        values = [
            self.read(f"{each}_initializer", lambda node: _INITIAL.get(read_text(node) or ""), default)
            for each, default in (("kernel", GlorotUniform()), ("bias", Zeros()))
        ]
        weights, biases = [_PYTORCH] * 2 if of_pytorch else values
        return {"weights": weights, "biases": biases if self.flag("use_bias", default=True) else None}

    def tile(self, name: str) -> int:
        """Return the side of a pooling's tiles, which lie side by side."""
        size = self.side(name, 2)
        self.require("strides", self.side("strides", size), size)
        self.require("padding", self.text("padding", "valid"), "valid")
        return int(size)

    def padding(self, size: int) -> Any:
        """Return a convolution's padding; PyTorch's is the number of zeros on each side."""
        padding = self.read("padding", lambda node: read_text(node) or evaluate(node, self.names), "valid")
        return {(size - 1) / 2: "same", 0: "valid"}.get(padding, padding)

    def check_unread(self, name: str, node: ast.expr) -> None:
        """Let pass what has no effect, and the shape of MNIST's images."""
        shape = [evaluate(each, self.names) for each in getattr(node, "elts", ())]
        pixels = prod(each for each in shape if each is not None)
        if name in _SHAPES and len(shape) > 1 and None not in shape and pixels != _PIXELS:
            msg = f"images of an experiment have {_PIXELS} pixels"
            raise UnreadError(msg)
        if name not in _WITHOUT_EFFECT:
            super().check_unread(name, node)


def _dense(found: _Arguments, *, of_pytorch: bool = False) -> Layer:
    units = found.number("units")
    return Layer(units=units, activation=found.activation(), **found.initial(of_pytorch=of_pytorch))  # type: ignore[arg-type]


def _convolution(found: _Arguments, *, of_pytorch: bool = False) -> Convolution:
    found.require("strides", found.side("strides", 1), 1)
    size = found.side("kernel_size")
    return Convolution(
        filters=found.number("filters"),
        size=size,
        padding=found.padding(size),
        activation=found.activation(),
        **found.initial(of_pytorch=of_pytorch),  # type: ignore[arg-type]
    )


def _batch_normalization(found: _Arguments) -> BatchNormalization:
    return BatchNormalization(momentum=found.number("momentum", 0.99), epsilon=found.number("epsilon", 0.001))


# Each layer's arguments by position, and its declaration; a shape alone declares none.
_KINDS: Mapping[str, tuple[str, Callable[[_Arguments], AnyLayer | None]]] = {
    **dict.fromkeys(("Input", "InputLayer"), ("shape", lambda _: None)),
    "Dense": ("units activation use_bias", _dense),
    "dense": ("inputs units activation use_bias", _dense),
    "Linear": ("in_features units use_bias", lambda found: _dense(found, of_pytorch=True)),
    "Conv2D": ("filters kernel_size strides padding", _convolution),
    "Conv2d": ("in_channels filters kernel_size strides padding", lambda found: _convolution(found, of_pytorch=True)),
    **dict.fromkeys(
        ("MaxPooling2D", "MaxPool2D"),
        ("pool_size strides padding", lambda found: MaxPooling(size=found.tile("pool_size"))),
    ),
    **dict.fromkeys(
        ("AveragePooling2D", "AvgPool2D"),
        ("pool_size strides padding", lambda found: AveragePooling(size=found.tile("pool_size"))),
    ),
    "MaxPool2d": ("kernel_size strides", lambda found: MaxPooling(size=found.tile("kernel_size"))),
    "AvgPool2d": ("kernel_size strides", lambda found: AveragePooling(size=found.tile("kernel_size"))),
    "Flatten": ("", lambda _: Flatten()),
    "BatchNormalization": ("", _batch_normalization),
    "Dropout": ("rate", lambda found: Dropout(keep_probability=round(1 - found.number("rate", 0.5), 6))),
    "Activation": ("activation", lambda found: Activation(activation=found.activation())),
    "ReLU": ("", lambda _: Activation(activation="relu")),
    "Sigmoid": ("", lambda _: Activation(activation="sigmoid")),
    "Tanh": ("", lambda _: Activation(activation="tanh")),
}


def is_layer(call: ast.Call) -> bool:
    """Return whether a call's name is that of a layer; of TensorFlow 1's function also whether it has units."""
    name = call_name(call)
    if name == "dense":
        return len(call.args) > 1 or any(each.arg == "units" for each in call.keywords)
    return name in _KINDS or _OTHER.fullmatch(name) is not None


def declare_layer(node: ast.expr, names: dict[str, Number]) -> FoundLayer | None:
    """Return the layer that a call makes, or in words why it is not read; None where it makes none, as an input does.

    Parameters
    ----------
    names
        Numbers that are known by a name.
    """
    positions, declare = _KINDS.get(call_name(node) if isinstance(node, ast.Call) else "", ("", None))
    if not isinstance(node, ast.Call) or declare is None:
        return describe_layer(node, "the draft does not read it")
    arguments = _Arguments(node, positions, names, renamed=_NAMES)
    try:
        layer = declare(arguments)
        arguments.finish()
    except (UnreadError, MisfitError) as error:
        return describe_layer(node, str(error))
    return layer


def describe_layer(node: ast.expr, why: str) -> Gap:
    """Return in words why a layer is not read."""
    return Gap(f"the layer {ast.unparse(node):.80}: {why}")
