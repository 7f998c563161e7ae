"""The documents' training steps a second time: NumPy in float64, gradients by hand, no TensorFlow.

It is written from the two documents and shares nothing with `mnist_repro.training.trainer` but the protocol that it is
given, so that both can only agree by being right, or by the same misreading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.layers import Layer
from mnist_repro.documents.optimizers import Adam, ConstantRate, LearningRate, PiecewiseRate
from mnist_repro.documents.protocol import Protocol

Floats = NDArray[np.float64]
Masks = Sequence[NDArray[np.bool_]]


def train(
    protocol: Protocol,
    *,
    initial: Sequence[NDArray[np.float32]],
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    orders: Sequence[NDArray[np.int64]],
    masks: Sequence[Masks],
) -> list[Floats]:
    """Return the weights and biases after the first steps of a run.

    Parameters
    ----------
    initial
        Weights and biases of each layer in turn.
    images, labels
        The protocol's training images of shape (n, 784) and their classes of shape (n,).
    orders
        As `list_batches` takes them.
    masks
        For each step and each layer with dropout, bool of shape (batch's images, units), True where a unit is kept.
    """
    variables = [np.asarray(value, dtype=np.float64) for value in initial]
    update = _AdamUpdate(protocol.optimizer) if isinstance(protocol.optimizer, Adam) else _descend
    clip_norm = protocol.optimizer.clip_norm
    # A believed protocol may have fewer steps.
    for step, (batch, kept) in enumerate(zip(list_batches(protocol, orders), masks, strict=False)):
        pixels = images[batch] / protocol.pixel_divisor
        gradients = find_gradients(protocol, variables, pixels, labels[batch], kept)
        if clip_norm is not None:
            gradients = clip_gradients(gradients, norm=clip_norm)
        rate = rate_at(protocol.optimizer.learning_rate, step=step)
        variables = update(variables, gradients, rate=rate)
    return variables


def list_batches(protocol: Protocol, orders: Sequence[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    """Yield each step's images, as a loop over a list takes them.

    Parameters
    ----------
    orders
        Of the n images: one for each time that the protocol may have a new one.
    """
    training, counter, left = protocol.training, 0, orders[0][:0]
    size, remaining = training.batch_size, iter(orders)
    for period in range(training.periods):
        batches = [orders[period][start : start + size] for start in range(0, len(orders[0]), size)]
        if training.last_batch != "kept" and len(batches[-1]) < size:
            batches.pop()
        counter = 0 if training.restart_each_period else counter
        for _ in range(training.steps_after(period + 1) - training.steps_after(period)):
            while training.last_batch == "carried over" and len(left) < size:
                left = np.concatenate([left, next(remaining)])
            yield left[:size] if training.last_batch == "carried over" else batches[counter % len(batches)]
            counter, left = counter + 1, left[size:]


def rate_at(rate: LearningRate, *, step: int) -> float:
    """Return the learning rate of the step with index `step`, counted from 0."""
    if isinstance(rate, ConstantRate):
        return rate.rate
    if isinstance(rate, PiecewiseRate):
        return rate.rates[sum(step > boundary for boundary in rate.boundaries)]
    return rate.start * rate.factor ** (step // rate.every_steps)


def find_logits(
    protocol: Protocol, variables: Sequence[NDArray[np.floating]], pixels: Floats, masks: Masks | None = None
) -> Floats:
    """Return logits of shape (n, 10) for divided pixels of shape (n, 784); no masks, no dropout."""
    return _forward(protocol, variables, pixels, masks)[-1]


def _forward(
    protocol: Protocol, variables: Sequence[NDArray[np.floating]], pixels: Floats, masks: Masks | None
) -> list[Floats]:
    """Return the pixels and each layer's outputs; of the last layer the logits."""
    values = [pixels]
    remaining = None if masks is None else iter(masks)
    parameters = iter(variables)
    for layer in protocol.layers:
        outputs = values[-1] @ next(parameters).astype(np.float64)
        if layer.biases is not None:
            outputs = outputs + next(parameters)
        if layer.activation == "sigmoid":
            # The usual form overflows where raw pixels make the argument very negative.
            outputs = (1.0 + np.tanh(outputs / 2.0)) / 2.0
        elif layer.activation == "tanh":
            outputs = np.tanh(outputs)
        elif layer.activation == "relu":
            outputs = np.maximum(outputs, 0.0)
        if layer.keep_probability < 1.0 and remaining is not None:
            outputs = outputs * next(remaining) / _kept_share(layer)
        values.append(outputs)
    return values


def _kept_share(layer: Layer) -> float:
    """Return what kept outputs are divided by."""
    return layer.keep_probability if layer.rescales_kept else 1.0


def find_gradients(
    protocol: Protocol, variables: Sequence[Floats], pixels: Floats, labels: NDArray[np.uint8], masks: Masks
) -> list[Floats]:
    """Return the gradients of a batch's loss for `variables`, by going backwards through the layers."""
    values = _forward(protocol, variables, pixels, masks)
    upstream = differentiate_loss(values[-1], labels)
    remaining, parameters = list(masks), list(variables)
    gradients: list[Floats] = []
    for layer, inputs, activated in reversed(list(zip(protocol.layers, values[:-1], values[1:], strict=True))):
        if layer.activation != "softmax":
            outputs = activated
            if layer.keep_probability < 1.0:
                upstream = upstream * remaining.pop() / _kept_share(layer)
                outputs = outputs * _kept_share(layer)  # as before dropout, where kept
            slopes = {"sigmoid": outputs * (1.0 - outputs), "tanh": 1.0 - outputs**2, "relu": outputs > 0.0}
            upstream = upstream * slopes[layer.activation]
        if layer.biases is not None:
            parameters.pop()
            gradients = [upstream.sum(axis=0), *gradients]
        gradients = [inputs.T @ upstream, *gradients]
        upstream = upstream @ parameters.pop().T
    return gradients


def differentiate_loss(logits: Floats, labels: NDArray[np.uint8]) -> Floats:
    """Return the derivative of the batch's mean cross-entropy after softmax for the logits."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    derivative: Floats = (probabilities - np.eye(10)[labels]) / len(labels)
    return derivative


def clip_gradients(gradients: Sequence[Floats], *, norm: float) -> list[Floats]:
    """Shorten each gradient to `norm` where it is longer, each by itself."""
    return [gradient * min(1.0, norm / max(float(np.linalg.norm(gradient)), 1e-300)) for gradient in gradients]


def _descend(variables: Sequence[Floats], gradients: Sequence[Floats], *, rate: float) -> list[Floats]:
    return [variable - rate * gradient for variable, gradient in zip(variables, gradients, strict=True)]


class _AdamUpdate:
    """Adam as the documentation of TensorFlow 1's `AdamOptimizer` writes it."""

    def __init__(self, constants: Adam) -> None:
        self._constants = constants
        self._time = 0
        self._first: list[Floats] = []
        self._second: list[Floats] = []

    def __call__(self, variables: Sequence[Floats], gradients: Sequence[Floats], *, rate: float) -> list[Floats]:
        beta_1, beta_2 = self._constants.beta_1, self._constants.beta_2
        first = self._first or [np.zeros_like(gradient) for gradient in gradients]
        second = self._second or [np.zeros_like(gradient) for gradient in gradients]
        self._time += 1
        self._first = [beta_1 * m + (1.0 - beta_1) * g for m, g in zip(first, gradients, strict=True)]
        self._second = [beta_2 * v + (1.0 - beta_2) * g**2 for v, g in zip(second, gradients, strict=True)]
        corrected_rate = rate * np.sqrt(1.0 - beta_2**self._time) / (1.0 - beta_1**self._time)
        return [
            variable - corrected_rate * m / (np.sqrt(v) + damping(self._constants, time=self._time))
            for variable, m, v in zip(variables, self._first, self._second, strict=True)
        ]


def damping(constants: Adam, *, time: int) -> float:  # noqa: ARG001 - other forms of Adam depend on the time
    """Return what is added to the uncorrected root of the second moment at step `time`, counted from 1."""
    return constants.epsilon
