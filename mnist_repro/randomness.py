"""One run seed, several named NumPy streams.

Everything random in a run comes from here, never from TensorFlow, whose streams change between versions. So the same
seed starts the same run, and drops the same units, on every TensorFlow version.
"""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_repro.protocols import IMAGE_PIXELS, InitialValues, Protocol, Zeros

StreamName = Literal["initial values", "data order", "dropout", "sample digits"]

# Dropout compares 16-bit words: a keep probability is met to within 1 / 131,072.
_WORD_VALUES = 1 << 16


def _seed_sequence(seed: int, name: StreamName) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),))


def stream(seed: int, name: StreamName) -> np.random.Generator:
    """Return the generator of one purpose in the run `seed` >= 0; streams of different names are independent."""
    return np.random.Generator(np.random.PCG64(_seed_sequence(seed, name)))


def draw_initial_values(protocol: Protocol, *, seed: int) -> list[NDArray[np.float32]]:
    """Draw a network's first weights and biases.

    Returns
    -------
    list of ndarray of float32
        For each layer its weights of shape (inputs, units) and its biases of shape (units,): the order of Keras.
    """
    generator = stream(seed, "initial values")
    values: list[NDArray[np.float32]] = []
    inputs = IMAGE_PIXELS
    for layer in protocol.layers:
        values.append(_draw(layer.weights, shape=(inputs, layer.units), generator=generator))
        values.append(_draw(layer.biases, shape=(layer.units,), generator=generator))
        inputs = layer.units
    return values


def _draw(initial: InitialValues, *, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.float32]:
    if isinstance(initial, Zeros):
        return np.zeros(shape, dtype=np.float32)
    return (initial.standard_deviation * generator.standard_normal(shape)).astype(np.float32)


def draw_batches(protocol: Protocol, *, seed: int) -> NDArray[np.int64]:
    """Permute the training images and cut them into batches.

    Returns
    -------
    ndarray of int64, shape (batches, batch_size)
        Positions within the protocol's training images.
    """
    training = protocol.training
    order = stream(seed, "data order").permutation(len(training.images))
    return order[: training.batches * training.batch_size].reshape(training.batches, training.batch_size)


class DropoutStream:
    """The units that dropout keeps, step after step of one run.

    Parameters
    ----------
    seed
        The run's seed, >= 0.
    batch_size
        Examples in a step.
    layers
        For each layer with dropout its units and its keep probability.
    """

    def __init__(self, seed: int, *, batch_size: int, layers: tuple[tuple[int, float], ...]) -> None:
        # The quickest of NumPy's generators; words are read as little-endian, as all supported machines are.
        self._bits = np.random.SFC64(_seed_sequence(seed, "dropout"))
        self._batch_size = batch_size
        self._layers = layers

    def draw(self, steps: int) -> list[NDArray[np.bool_]]:
        """Draw the masks of the next `steps` steps.

        Returns
        -------
        list of ndarray of bool, shape (steps, batch_size, units)
            True where a unit is kept; one array for each layer with dropout.
        """
        masks = [np.empty((steps, self._batch_size, units), dtype=np.bool_) for units, _ in self._layers]
        # Step by step, so that the random words stay in the processor's cache.
        for step in range(steps):
            for mask, (units, keep_probability) in zip(masks, self._layers, strict=True):
                count = self._batch_size * units
                words = self._bits.random_raw(-(-count // 4)).view(np.uint16)[:count]
                threshold = round(keep_probability * _WORD_VALUES)
                np.less(words.reshape(self._batch_size, units), threshold, out=mask[step])
        return masks


def dropout_layers(protocol: Protocol) -> tuple[tuple[int, float], ...]:
    """Return units and keep probability of each layer that drops any."""
    return tuple((layer.units, layer.keep_probability) for layer in protocol.layers if layer.keep_probability < 1.0)
