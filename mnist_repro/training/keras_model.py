"""Keras model, loss and optimiser of a protocol, for Keras 2 and Keras 3.

The model ends in logits; the last activation belongs to the loss. Its inputs are pixels divided by the protocol's
`pixel_divisor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from mnist_repro.documents.layers import (
    Activation,
    ActivationName,
    AnyLayer,
    AveragePooling,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    MaxPooling,
    Weighted,
)
from mnist_repro.documents.losses import Loss
from mnist_repro.documents.optimizers import (
    Adadelta,
    Adam,
    ConstantRate,
    ExponentialRate,
    GradientDescent,
    LearningRate,
    PiecewiseRate,
    RMSprop,
)
from mnist_repro.documents.protocol import CLASSES, IMAGE_PIXELS, Protocol


def set_number_format() -> None:
    """Set Keras to float32 and TensorFlow to compiled functions, whatever the user's settings."""
    keras.backend.set_floatx("float32")
    keras.mixed_precision.set_global_policy("float32")
    tf.config.run_functions_eagerly(False)  # noqa: FBT003 - TensorFlow's own parameter has no other name


def build_model(protocol: Protocol) -> Any:
    """Build the network of `protocol`. Replace its initial values, which are Keras's own.

    Returns
    -------
    keras.Sequential
        A layer for each that is placed, from pixels of shape (n, 784) to logits of shape (n, 10).
    """
    network = protocol.network
    # The shape is given by position: its name differs between Keras 2 and 3.
    layers = [keras.layers.InputLayer((IMAGE_PIXELS,))]
    if network[0].inputs != (IMAGE_PIXELS,):
        layers.append(keras.layers.Reshape(network[0].inputs))
    return keras.Sequential([*layers, *(_build_layer(placed.layer) for placed in network)])


def _build_layer(layer: AnyLayer) -> Any:
    layers, built = keras.layers, None
    match layer:
        case Layer():
            built = layers.Dense(layer.units, **_describe_weighted(layer))
        case Convolution():
            built = layers.Conv2D(layer.filters, layer.size, padding=layer.padding, **_describe_weighted(layer))
        case MaxPooling():
            built = layers.MaxPooling2D(layer.size)
        case AveragePooling():
            built = layers.AveragePooling2D(layer.size)
        case Flatten():
            built = layers.Flatten()
        case Activation():
            built = layers.Activation(_name_activation(layer.activation))
        case BatchNormalization():
            # Keras 2 fuses it for pictures, with Bessel's correction; Keras 3 cannot.
            plain = {"fused": False} if keras.__version__.startswith("2.") else {}
            built = layers.BatchNormalization(momentum=layer.momentum, epsilon=layer.epsilon, **plain)
        case Dropout():
            built = layers.Dropout(1.0 - layer.keep_probability)
    return built


def _describe_weighted(layer: Weighted) -> dict[str, Any]:
    return {"activation": _name_activation(layer.activation), "use_bias": layer.biases is not None}


def _name_activation(name: ActivationName) -> str:
    return "linear" if name == "identity" else name


def find_losses(loss: Loss, *, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return each image's loss, float32 of shape (n,), from logits of shape (n, 10) and classes of shape (n,)."""
    # AutoGraph transforms no `match`.
    if loss.kind in {"cross entropy", "softmax twice"}:
        outputs = logits if loss.kind == "cross entropy" else tf.nn.softmax(logits)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)
    wanted = tf.one_hot(labels, CLASSES)
    if loss.kind == "quadratic":
        return tf.reduce_sum(tf.square(tf.sigmoid(logits) - wanted), axis=1) / 2.0
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits), axis=1)


def build_learning_rate(rate: LearningRate) -> Any:
    """Build a Keras schedule, or return the number if the rate is constant."""
    schedules = keras.optimizers.schedules
    match rate:
        case ConstantRate():
            return rate.rate
        case PiecewiseRate():
            return schedules.PiecewiseConstantDecay(list(rate.boundaries), list(rate.rates))
        case ExponentialRate():
            return schedules.ExponentialDecay(rate.start, rate.every_steps, rate.factor, staircase=True)


def learning_rate_at(rate: LearningRate, *, step: int) -> float:
    """Return the float32 rate of the step with index `step`, counted from 0, as Keras computes it."""
    schedule = build_learning_rate(rate)
    return float(np.float32(schedule(step) if callable(schedule) else schedule))


def build_optimizer(protocol: Protocol, *, clips: bool = True) -> Any:
    """Build the optimiser of `protocol`, with every constant set. Without `clips`, the caller clips the gradients."""
    declared = protocol.optimizer
    rate = build_learning_rate(declared.learning_rate)
    clipping = {"clipnorm": declared.clip_norm} if clips and declared.clip_norm is not None else {}
    match declared:
        case GradientDescent():
            return keras.optimizers.SGD(rate, momentum=declared.momentum, nesterov=declared.nesterov, **clipping)
        case Adam(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon):
            return keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **clipping)
        case Adadelta():
            return keras.optimizers.Adadelta(rate, rho=declared.decay, epsilon=declared.epsilon, **clipping)
        case RMSprop():
            return _RMSprop(declared, rate=rate)


class _RMSprop:
    """RMSprop on flat or other variables, as Keras's optimisers are called; Keras moves epsilon between versions."""

    def __init__(self, declared: RMSprop, *, rate: Any) -> None:
        self._declared, self._rate = declared, rate
        self.variables: list[tf.Variable] = []

    def build(self, trained: Sequence[tf.Variable]) -> None:
        """Create the number of steps made, and the mean squares."""
        squares = [tf.Variable(tf.zeros_like(each), trainable=False) for each in trained]
        self.variables = [tf.Variable(0, dtype=tf.int64, trainable=False), *squares]

    def apply_gradients(self, pairs: Iterable[tuple[tf.Tensor, tf.Variable]]) -> None:
        """Make a step."""
        steps, *squares = self.variables
        decay, epsilon, inside = self._declared.decay, self._declared.epsilon, self._declared.epsilon_in_root
        rate = self._rate(steps) if callable(self._rate) else self._rate
        for (gradient, variable), square in zip(pairs, squares):  # noqa: B905 - TensorFlow 2.8 compiles no `strict`
            square.assign(decay * square + (1.0 - decay) * tf.square(gradient))
            divisor = tf.sqrt(square + epsilon) if inside else tf.sqrt(square) + epsilon
            variable.assign_sub(rate * gradient / divisor)
        steps.assign_add(1)
