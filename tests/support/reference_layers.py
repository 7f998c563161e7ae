"""The layers of the reference: NumPy and SciPy in float64, each forwards, and by hand backwards.

A layer's function gets the declaration, its inputs, its variables, the mask of its values, and whether it is trained.
It returns its outputs, its variables as a step leaves them behind before the optimiser comes, and the way back: from
the loss's derivatives for the outputs to those for the inputs and for the variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

from mnist_repro.documents.layers import (
    Activation,
    AveragePooling,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    MaxPooling,
)

Floats = NDArray[np.float64]
Back = Callable[[Floats], tuple[Floats, list[Floats]]]
Passed = tuple[Floats, list[Floats], Back]


def count_variables(layer: Any) -> int:
    """Return how many variables a layer has."""
    if isinstance(layer, BatchNormalization):
        return 4
    return 1 + (layer.biases is not None) if isinstance(layer, (Layer, Convolution)) else 0


def count_trained(layer: Any) -> int:
    """Return how many of them the optimiser moves; they come first."""
    return 2 if isinstance(layer, BatchNormalization) else count_variables(layer)


def pass_layer(
    layer: Any, inputs: Floats, variables: list[Floats], *, mask: NDArray[np.bool_] | None, training: bool
) -> Passed:
    """Pass a batch through a layer; without a mask, dropout keeps all."""
    match layer:
        case Layer():
            passed = _multiply(inputs, variables)
        case Convolution():
            passed = _convolve(layer, inputs, variables)
        case MaxPooling() | AveragePooling():
            passed = _pool(layer, inputs)
        case Flatten():
            passed = inputs.reshape(len(inputs), -1), [], lambda upstream: (upstream.reshape(inputs.shape), [])
        case Activation():
            passed = activate(layer.activation, inputs)
        case BatchNormalization():
            passed = _normalize(layer, inputs, variables, training=training)
        case Dropout():
            kept = layer.keep_probability if layer.rescales_kept else 1.0
            factors = np.float64(1.0) if mask is None else mask / kept
            passed = inputs * factors, [], lambda upstream: (upstream * factors, [])
        case _:
            raise NotImplementedError(layer)
    return passed


def activate(name: str, values: Floats) -> Passed:
    """Pass values through an activation."""
    # The usual form of the sigmoid overflows where raw pixels make its argument very negative.
    outputs = {
        "sigmoid": lambda: (1.0 + np.tanh(values / 2.0)) / 2.0,
        "tanh": lambda: np.tanh(values),
        "relu": lambda: np.maximum(values, 0.0),
        "identity": lambda: values,
    }[name]()
    slopes = {"sigmoid": outputs * (1.0 - outputs), "tanh": 1.0 - outputs**2, "relu": outputs > 0.0, "identity": 1.0}[
        name
    ]
    return outputs, [], lambda upstream: (upstream * slopes, [])


def _add_biases(outputs: Floats, variables: Sequence[Floats]) -> Floats:
    return outputs + variables[1] if len(variables) > 1 else outputs


def _sum_biases(upstream: Floats, variables: Sequence[Floats]) -> list[Floats]:
    return [upstream.sum(axis=tuple(range(upstream.ndim - 1)))] * (len(variables) - 1)


def _multiply(inputs: Floats, variables: list[Floats]) -> Passed:
    weights = variables[0]

    def back(upstream: Floats) -> tuple[Floats, list[Floats]]:
        return upstream @ weights.T, [inputs.T @ upstream, *_sum_biases(upstream, variables)]

    return _add_biases(inputs @ weights, variables), variables, back


def _convolve(layer: Convolution, inputs: Floats, variables: list[Floats]) -> Passed:
    """Correlate pictures of shape (n, rows, columns, channels) with each filter in turn."""
    weights, (rows, columns) = variables[0], inputs.shape[1:3]
    # Where the zeros around a picture cannot be as many on both sides, one more is below and on the right.
    missing = layer.size - 1 if layer.padding == "same" else 0
    around = (missing // 2, missing - missing // 2)
    padded = np.pad(inputs, ((0, 0), around, around, (0, 0)))
    filters = [weights[np.newaxis, ..., each] for each in range(layer.filters)]
    outputs = np.concatenate([correlate(padded, each, "valid") for each in filters], axis=-1)

    def back(upstream: Floats) -> tuple[Floats, list[Floats]]:
        parts = [upstream[..., [each]] for each in range(layer.filters)]
        slopes = np.stack([correlate(padded, part, "valid")[0] for part in parts], axis=-1)
        spread = sum(
            correlate(part, each[:, ::-1, ::-1, ::-1], "full") for part, each in zip(parts, filters, strict=True)
        )
        start = around[0]
        return spread[:, start : start + rows, start : start + columns], [slopes, *_sum_biases(upstream, variables)]

    return _add_biases(outputs, variables), variables, back


def _pool(layer: MaxPooling | AveragePooling, inputs: Floats) -> Passed:
    """Pool tiles of pictures; the last axis of `tiles` has the values of a tile."""
    size, (images, rows, columns, channels) = layer.size, inputs.shape
    high, wide = rows // size, columns // size
    tiled = inputs[:, : high * size, : wide * size].reshape(images, high, size, wide, size, channels)
    tiles = tiled.transpose(0, 1, 3, 5, 2, 4).reshape(images, high, wide, channels, size**2)
    if isinstance(layer, MaxPooling):
        factors = np.eye(size**2)[tiles.argmax(axis=-1)]
    else:
        factors = np.full(tiles.shape, size**-2.0)

    def back(upstream: Floats) -> tuple[Floats, list[Floats]]:
        spread = (upstream[..., np.newaxis] * factors).reshape(images, high, wide, channels, size, size)
        slopes = np.zeros_like(inputs)
        whole = spread.transpose(0, 1, 4, 2, 5, 3).reshape(images, high * size, wide * size, channels)
        slopes[:, : high * size, : wide * size] = whole
        return slopes, []

    return (tiles * factors).sum(axis=-1), [], back


def _normalize(layer: BatchNormalization, inputs: Floats, variables: list[Floats], *, training: bool) -> Passed:
    scales, shifts, mean, variance = variables
    axes = tuple(range(inputs.ndim - 1))
    if training:
        decay, own_mean, own_variance = layer.momentum, inputs.mean(axis=axes), inputs.var(axis=axes)
        moved = [decay * mean + (1.0 - decay) * own_mean, decay * variance + (1.0 - decay) * own_variance]
        mean, variance = own_mean, own_variance
    else:
        moved = [mean, variance]
    deviations = np.sqrt(variance + layer.epsilon)
    normal = (inputs - mean) / deviations

    def back(upstream: Floats) -> tuple[Floats, list[Floats]]:
        along, level = (upstream * normal).mean(axis=axes), upstream.mean(axis=axes)
        slopes = scales / deviations * (upstream - level - normal * along)
        still = np.zeros_like(mean)
        return slopes, [(upstream * normal).sum(axis=axes), upstream.sum(axis=axes), still, still]

    return normal * scales + shifts, [scales, shifts, *moved], back
