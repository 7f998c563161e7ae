"""What every engine is given: the same batches of the same images, the same initial values, the same protocol."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.layers import Layer
from mnist_repro.documents.protocol import Protocol
from mnist_repro.training.images import images_of
from mnist_repro.training.randomness import draw_batches, draw_initial_values

SEED = 0
# Passes over so many batches: enough that no cache holds them all, and few enough for every engine's memory.
BATCHES = 59


@dataclass(frozen=True)
class Problem:
    """One experiment, as data.

    Parameters
    ----------
    protocol
        What is done.
    dataset
        The images.
    """

    protocol: Protocol
    dataset: Dataset

    @cached_property
    def pixels(self) -> NDArray[np.float32]:
        """Batches of pixels as they enter the network, of shape (batches, batch_size, 784)."""
        return self._take(self._batches[0][:BATCHES])[0]

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """Their labels, of shape (batches, batch_size)."""
        return self._take(self._batches[0][:BATCHES])[1]

    @cached_property
    def incomplete(self) -> list[tuple[NDArray[np.float32], NDArray[np.int32]]]:
        """Pixels and labels of an incomplete last batch, where it is trained on."""
        return [self._take(places[0]) for places in self._batches[1:]]

    @cached_property
    def initial_values(self) -> list[NDArray[np.float32]]:
        """Weights and biases of each layer in turn."""
        return draw_initial_values(self.protocol, seed=SEED)

    @cached_property
    def _batches(self) -> list[NDArray[np.int64]]:
        return draw_batches(self.protocol, seed=SEED)

    def _take(self, places: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        images, labels = images_of(self.dataset, self.protocol.training.images)
        pixels = np.divide(images[places], np.float32(self.protocol.pixel_divisor), dtype=np.float32)
        return pixels, labels[places].astype(np.int32)

    def loss(self, values: list[NDArray[np.float32]]) -> float:
        """Return the mean cross-entropy of the first batch with these weights and biases, in nats, in float64."""
        if not self.is_dense:
            return self._loss_of(self._find_logits(values))
        outputs = self.pixels[0].astype(np.float64)
        for layer, weights, biases in zip(self.protocol.layers, values[::2], values[1::2], strict=True):
            outputs = outputs @ weights.astype(np.float64) + biases
            if layer.activation == "sigmoid":
                outputs = 1 / (1 + np.exp(-outputs))
            elif layer.activation == "relu":
                outputs = np.maximum(outputs, 0)
        return self._loss_of(outputs)

    @property
    def is_dense(self) -> bool:
        """Whether all layers are dense, as those that other libraries are given."""
        return all(isinstance(layer, Layer) for layer in self.protocol.layers)

    def _find_logits(self, values: list[NDArray[np.float32]]) -> NDArray[np.float64]:
        from mnist_repro.training.keras_model import build_model  # noqa: PLC0415 - other engines import no TensorFlow

        model = build_model(self.protocol)
        model.set_weights(values)
        return np.asarray(model(self.pixels[0]), dtype=np.float64)

    def _loss_of(self, outputs: NDArray[np.float64]) -> float:
        outputs = outputs - outputs.max(axis=1, keepdims=True)
        right = outputs[np.arange(len(outputs)), self.labels[0]]
        return float(np.mean(np.log(np.exp(outputs).sum(axis=1)) - right))


class Engine(Interface):
    """A way to train: made ready, traced and compiled when it is constructed from a `Problem`."""

    def make_steps(self, steps: int) -> None:
        """Make the next steps of training, and wait until they are done."""

    def values(self) -> list[NDArray[np.float32]]:
        """Return weights and biases of each layer in turn."""
