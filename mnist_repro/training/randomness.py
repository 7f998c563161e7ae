"""Random numbers of a run: named NumPy streams, all from its seed.

Nothing random comes from TensorFlow, whose streams change between versions. So a seed gives the same initial values and
drops the same units on every TensorFlow version.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice, repeat
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mnist_repro.documents.layers import (
    BatchNormalization,
    Constant,
    Dropout,
    GlorotUniform,
    InitialValues,
    Normal,
    TruncatedNormal,
    Uniform,
    Weighted,
    Zeros,
)
from mnist_repro.documents.network import Shape
from mnist_repro.documents.protocol import Protocol, Training

StreamName = Literal["initial values", "data order", "dropout", "dropout in evaluation", "split", "sample digits"]

# Dropout compares 16-bit words: a keep probability is met to within 1 / 131,072.
_WORD_VALUES = 1 << 16


def _seed_sequence(seed: int, name: StreamName) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),))


def stream(seed: int, name: StreamName) -> np.random.Generator:
    """Return the generator `name` of the run `seed` >= 0; streams of different names are independent."""
    return np.random.Generator(np.random.PCG64(_seed_sequence(seed, name)))


def draw_initial_values(protocol: Protocol, *, seed: int) -> list[NDArray[np.float32]]:
    """Draw a network's initial weights and biases.

    Returns
    -------
    list of ndarray of float32
        In Keras's order: for each layer its weights, of the shape of its kernel, and its biases, if any, of shape
        (units,); of batch normalisation scales, shifts, and running means of mean and variance, of shape (units,).
    """
    generator = stream(seed, "initial values")
    values: list[NDArray[np.float32]] = []
    for placed in protocol.network:
        layer, units = placed.layer, placed.outputs[-1:]
        if isinstance(layer, Weighted):
            values.append(_draw(layer.weights, shape=placed.kernel, fans=placed.fans, generator=generator))
            if layer.biases is not None:
                values.append(_draw(layer.biases, shape=units, fans=placed.fans, generator=generator))
        elif isinstance(layer, BatchNormalization):
            values += [np.full(units, value, dtype=np.float32) for value in (1, 0, 0, 1)]
    return [_move(value) for value in values] if protocol.start == "moved" else values


def _draw(
    initial: InitialValues, *, shape: tuple[int, ...], fans: tuple[int, int], generator: np.random.Generator
) -> NDArray[np.float32]:
    match initial:
        case Normal(standard_deviation=scale):
            values = scale * generator.standard_normal(shape)
        case TruncatedNormal(standard_deviation=scale):
            # By the inverse distribution function: SciPy's truncated normal may draw differently in another version.
            values = scale * ndtri(generator.uniform(ndtr(-2.0), ndtr(2.0), shape))
        case GlorotUniform():
            limit = np.sqrt(6.0 / sum(fans))
            values = generator.uniform(-limit, limit, shape)
        case Uniform(limit=limit, fan=fan):
            divisor = {None: 1, "inputs": fans[0], "outputs": fans[1], "inputs and outputs": sum(fans)}[fan]
            values = generator.uniform(-limit, limit, shape) / np.sqrt(divisor)
        case Constant(value=value):
            values = np.full(shape, value)
        case Zeros():
            values = np.zeros(shape)
    return values.astype(np.float32)


def _move(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add one unit in the last place; to zeros that of 1, since the smallest positive number is lost in any sum."""
    return values + np.spacing(np.where(values == 0, np.float32(1), np.abs(values)))


def draw_batches(protocol: Protocol, *, seed: int, period: int = 1) -> list[NDArray[np.int64]]:
    """Put the training images in order and cut them into batches.

    Parameters
    ----------
    period
        Counted from 1; matters only where each period has its own order, or images are carried over.

    Returns
    -------
    list of ndarray of int64
        Positions within the protocol's training images: of shape (batches, batch_size), and, where an incomplete last
        batch is kept, another of shape (1, its images).
    """
    training, size = protocol.training, protocol.training.batch_size
    images, wanted = len(training.images), training.batches * size
    orders = _draw_orders(training, seed=seed)
    if training.last_batch == "carried over":
        passed, start = divmod(training.steps_after(period - 1) * size, images)
        orders = islice(orders, passed, passed - (-(start + wanted) // images))
        places = np.concatenate([*orders])[start : start + wanted]
    else:
        places = next(islice(orders, period - 1, None))[:wanted]
    whole = len(places) // size * size
    last = [places[np.newaxis, whole:]] if whole < len(places) else []
    return [places[:whole].reshape(-1, size), *last]


def _draw_orders(training: Training, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the order of the training images each time that there may be a new one."""
    generator = stream(seed, "data order")
    images = len(training.images)
    if training.order == "as stored":
        yield from repeat(np.arange(images))
    if training.order == "permuted once":
        yield from repeat(generator.permutation(images))
    while True:
        yield generator.permutation(images)


def draw_split(images: int, *, seed: int) -> NDArray[np.int64]:
    """Draw the order of all training images from which a random split takes its slices, of shape (images,)."""
    return stream(seed, "split").permutation(images)


class DropoutStream:
    """The dropout masks of one run, step by step.

    Parameters
    ----------
    seed
        The run's seed, >= 0.
    layers
        Shape of an image's values, and keep probability, of each dropout.
    name
        Dropout in evaluation draws from its own stream, so that it changes nothing in training.
    """

    def __init__(
        self,
        seed: int,
        *,
        layers: tuple[tuple[Shape, float], ...],
        name: Literal["dropout", "dropout in evaluation"] = "dropout",
    ) -> None:
        # The fastest of NumPy's generators; words are read as little-endian, as all supported machines are.
        self._bits = np.random.SFC64(_seed_sequence(seed, name))
        self._layers = layers

    def draw(self, steps: int, *, batch_size: int) -> list[NDArray[np.bool_]]:
        """Draw the masks of the next `steps` steps of `batch_size` examples.

        Returns
        -------
        list of ndarray of bool, shape (steps, batch_size, ...)
            True where a value is kept; one array for each dropout.
        """
        masks = [np.empty((steps, batch_size, *shape), dtype=np.bool_) for shape, _ in self._layers]
        # Step by step, to keep the random words in the processor's cache.
        for step in range(steps):
            for mask, (shape, keep_probability) in zip(masks, self._layers, strict=True):
                count = batch_size * prod(shape)
                words = self._bits.random_raw(-(-count // 4)).view(np.uint16)[:count]
                threshold = round(keep_probability * _WORD_VALUES)
                np.less(words.reshape(batch_size, *shape), threshold, out=mask[step])
        return masks


def dropout_layers(protocol: Protocol) -> tuple[tuple[Shape, float], ...]:
    """Return the shape of an image's values, and the keep probability, of each dropout."""
    return tuple((p.outputs, p.layer.keep_probability) for p in protocol.network if isinstance(p.layer, Dropout))
