"""The documents' training steps a second time: NumPy in float64, gradients by hand, no TensorFlow.

It is written from the two documents and shares nothing with `mnist_repro.training.trainer` but the protocol that it is
given, so that both can only agree by being right, or by the same misreading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference_layers import Back, Floats, count_trained, count_variables, pass_layer

from mnist_repro.documents.layers import Activation, BatchNormalization, Convolution, Dropout, Layer
from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.optimizers import (
    Adadelta,
    Adam,
    ConstantRate,
    GradientDescent,
    LearningRate,
    Optimizer,
    PiecewiseRate,
    RMSprop,
)
from mnist_repro.documents.protocol import Protocol

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
    """Return weights, biases and running means after the first steps of a run.

    Parameters
    ----------
    initial
        Variables of each layer in turn.
    images, labels
        The protocol's training images of shape (n, 784) and their classes of shape (n,).
    orders
        As `list_batches` takes them.
    masks
        For each step and each dropout, bool of shape (batch's images, ...), True where a value is kept.
    """
    variables = [np.asarray(value, dtype=np.float64) for value in initial]
    update = make_update(protocol.optimizer)
    clip_norm = protocol.optimizer.clip_norm
    # A believed protocol may have fewer steps.
    for step, (batch, kept) in enumerate(zip(list_batches(protocol, orders), masks, strict=False)):
        pixels = images[batch] / protocol.pixel_divisor
        gradients, left = find_gradients(protocol, variables, pixels, labels[batch], kept)
        if clip_norm is not None:
            gradients = clip_gradients(gradients, norm=clip_norm)
        rate = rate_at(protocol.optimizer.learning_rate, step=step)
        variables = update(left, gradients, rate=rate)
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
    """Return logits of shape (n, 10) for divided pixels of shape (n, 784), as an evaluation; no masks, no dropout."""
    return _forward(protocol, variables, pixels, masks, training=False)[0]


def _forward(
    protocol: Protocol,
    variables: Sequence[NDArray[np.floating]],
    pixels: Floats,
    masks: Masks | None,
    *,
    training: bool,
) -> tuple[Floats, list[Floats], list[Back]]:
    """Return the logits, the variables as all layers leave them behind, and the ways back through the layers."""
    layers = list_layers(protocol)
    is_flat = all(isinstance(each, (Layer, Dropout, Activation, BatchNormalization)) for each in layers)
    values = pixels if is_flat else pixels.reshape(-1, 28, 28, 1)
    remaining, parameters = iter(masks or ()), iter(np.asarray(each, dtype=np.float64) for each in variables)
    left: list[Floats] = []
    ways: list[Back] = []
    for layer in layers:
        own = [next(parameters) for _ in range(count_variables(layer))]
        mask = next(remaining, None) if isinstance(layer, Dropout) else None
        values, moved, back = pass_layer(layer, values, own, mask=mask, training=training)
        left += moved
        ways.append(back)
    return values, left, ways


def list_layers(protocol: Protocol) -> list[Any]:
    """Return the layers, with what a dense layer or a convolution does after its sums as layers of their own."""
    layers: list[Any] = []
    for number, layer in enumerate(protocol.layers, 1):
        layers.append(layer)
        if isinstance(layer, (Layer, Convolution)) and number < len(protocol.layers):
            layers.append(Activation(activation=layer.activation))
        if isinstance(layer, Layer) and layer.keep_probability < 1.0:
            layers.append(Dropout(keep_probability=layer.keep_probability, rescales_kept=layer.rescales_kept))
    return layers


def list_trained(protocol: Protocol) -> list[int]:
    """Return the positions of the variables that the optimiser moves: of batch normalisation the first two of four."""
    kinds = [(count_trained(each), count_variables(each)) for each in list_layers(protocol)]
    flags = [number < trained for trained, all_ in kinds for number in range(all_)]
    return [position for position, is_trained in enumerate(flags) if is_trained]


def find_gradients(
    protocol: Protocol, variables: Sequence[Floats], pixels: Floats, labels: NDArray[np.uint8], masks: Masks
) -> tuple[list[Floats], list[Floats]]:
    """Return the gradients of a batch's loss, and the variables as the layers leave them, by going through them."""
    logits, left, ways = _forward(protocol, variables, pixels, masks, training=True)
    upstream = differentiate_loss(logits, labels, protocol.loss)
    gradients: list[Floats] = []
    for back in reversed(ways):
        upstream, own = back(upstream)
        gradients = [*own, *gradients]
    if protocol.loss.penalty is not None:
        for number in list_trained(protocol):
            factor = _penalty_factor(protocol.loss.penalty, variables[number])
            gradients[number] = gradients[number] + 2.0 * factor * variables[number]
    return gradients, left


def _penalty_factor(penalty: L2, variable: Floats) -> float:
    return penalty.factor if variable.ndim > 1 or "biases" in penalty.of else 0.0


def _softmax(values: Floats) -> Floats:
    exponentials = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def differentiate_loss(logits: Floats, labels: NDArray[np.uint8], loss: Loss) -> Floats:
    """Return the derivative of a batch's loss for the logits."""
    wanted = np.eye(10)[labels]
    sigmoids = (1.0 + np.tanh(logits / 2.0)) / 2.0
    first = _softmax(logits)
    second = _softmax(first) - wanted
    derivative = {
        "cross entropy": first - wanted,
        "softmax twice": first * (second - (first * second).sum(axis=1, keepdims=True)),
        "cross entropy per class": sigmoids - wanted,
        "quadratic": (sigmoids - wanted) * sigmoids * (1.0 - sigmoids),
    }[loss.kind]
    return np.asarray(derivative / loss.divisor / (1 if loss.summed else len(labels)))


def find_loss(
    loss: Loss, logits: Floats, labels: NDArray[np.uint8], variables: Sequence[Floats], batch_size: int | None = None
) -> float:
    """Return the loss as it is recorded, or the mean of those of its batches; a penalty takes `variables`."""
    if batch_size is not None:
        parts = [slice(start, start + batch_size) for start in range(0, len(labels), batch_size)]
        return float(np.mean([find_loss(loss, logits[part], labels[part], variables) for part in parts]))
    wanted, sigmoids = np.eye(10)[labels], (1.0 + np.tanh(logits / 2.0)) / 2.0
    right = {"cross entropy": _softmax(logits), "softmax twice": _softmax(_softmax(logits))}.get(loss.kind)
    if right is not None:
        losses = -np.log(right[wanted == 1.0])
    elif loss.kind == "quadratic":
        losses = ((sigmoids - wanted) ** 2).sum(axis=1) / 2.0
    else:
        losses = -np.log(np.where(wanted == 1.0, sigmoids, 1.0 - sigmoids)).sum(axis=1)
    value = float(losses.sum() if loss.summed else losses.mean()) / loss.divisor
    if loss.penalty is not None and loss.penalty.reported:
        value += sum(_penalty_factor(loss.penalty, each) * float((each**2).sum()) for each in variables)
    return value


def clip_gradients(gradients: Sequence[Floats], *, norm: float) -> list[Floats]:
    """Shorten each gradient to `norm` where it is longer, each by itself."""
    return [gradient * min(1.0, norm / max(float(np.linalg.norm(gradient)), 1e-300)) for gradient in gradients]


Update = Callable[..., list[Floats]]


def make_update(optimizer: Optimizer) -> Update:
    """Return the function that makes a step of variables, gradients and a rate; it keeps what a step leaves behind."""
    match optimizer:
        case Adam():
            return _AdamUpdate(optimizer)
        case GradientDescent():
            step, parts = partial(_descend, optimizer), 1
        case RMSprop():
            step, parts = partial(_divide_by_root, optimizer), 1
        case Adadelta():
            step, parts = partial(_adapt, optimizer), 2
    kept: list[list[Floats]] = []

    def update(variables: Sequence[Floats], gradients: Sequence[Floats], *, rate: float) -> list[Floats]:
        if not kept:
            kept.extend([np.zeros_like(each) for _ in range(parts)] for each in variables)
        return [v + step(g, rate, state) for v, g, state in zip(variables, gradients, kept, strict=True)]

    return update


def _descend(constants: GradientDescent, gradient: Floats, rate: float, state: list[Floats]) -> Floats:
    state[0] = constants.momentum * state[0] - rate * gradient
    return constants.momentum * state[0] - rate * gradient if constants.nesterov else state[0]


def _divide_by_root(constants: RMSprop, gradient: Floats, rate: float, state: list[Floats]) -> Floats:
    state[0] = constants.decay * state[0] + (1.0 - constants.decay) * gradient**2
    inside, outside = (constants.epsilon, 0.0) if constants.epsilon_in_root else (0.0, constants.epsilon)
    return -rate * gradient / ((state[0] + inside) ** 0.5 + outside)


def _adapt(constants: Adadelta, gradient: Floats, rate: float, state: list[Floats]) -> Floats:
    decay, epsilon = constants.decay, constants.epsilon
    state[0] = decay * state[0] + (1.0 - decay) * gradient**2
    step = -gradient * np.sqrt((state[1] + epsilon) / (state[0] + epsilon))
    state[1] = decay * state[1] + (1.0 - decay) * step**2
    return np.asarray(rate * step)


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
