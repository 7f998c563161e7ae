"""Keras model and optimiser of a protocol, for Keras 2 and Keras 3.

The model ends in logits; the softmax belongs to the loss. Its inputs are pixels divided by the protocol's
`pixel_divisor`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from mnist_repro.documents.optimizers import ConstantRate, ExponentialRate, GradientDescent, LearningRate, PiecewiseRate
from mnist_repro.documents.protocol import IMAGE_PIXELS, Protocol


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
        Dense and Dropout layers, from pixels of shape (n, 784) to logits of shape (n, 10).
    """
    # The shape is given by position: its name differs between Keras 2 and 3.
    layers = [keras.layers.InputLayer((IMAGE_PIXELS,))]
    for layer in protocol.layers:
        activation = None if layer.activation == "softmax" else layer.activation
        layers.append(keras.layers.Dense(layer.units, activation=activation, use_bias=layer.biases is not None))
        if layer.keep_probability < 1.0:
            layers.append(keras.layers.Dropout(1.0 - layer.keep_probability))
    return keras.Sequential(layers)


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
    if isinstance(declared, GradientDescent):
        return keras.optimizers.SGD(rate, **clipping)
    return keras.optimizers.Adam(
        rate, beta_1=declared.beta_1, beta_2=declared.beta_2, epsilon=declared.epsilon, **clipping
    )
