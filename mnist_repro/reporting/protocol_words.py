"""An experiment as a reader would describe it: what was trained, on what, and how."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_repro.cross_checks import describe_images
from mnist_repro.protocols import (
    IMAGE_PIXELS,
    Adam,
    ConstantRate,
    EvaluationSet,
    InitialValues,
    Layer,
    LearningRate,
    Normal,
    Optimizer,
    PiecewiseRate,
    Protocol,
    Training,
    TruncatedNormal,
    Zeros,
)


def describe_protocol(protocol: Protocol) -> list[tuple[str, str]]:
    """Return what decides a run, as pairs of a name and its value in words."""
    return [
        ("network", " → ".join([f"{IMAGE_PIXELS} pixels", *map(_describe_layer, protocol.layers)])),
        ("pixels", "0 to 255" if protocol.pixel_divisor == 1 else f"divided by {protocol.pixel_divisor:g}"),
        ("initial weights", _join(_describe_values(layer.weights) for layer in protocol.layers)),
        ("initial biases", _join(_describe_values(layer.biases) for layer in protocol.layers)),
        ("optimiser", _describe_optimizer(protocol.optimizer)),
        ("learning rate", _describe_rate(protocol.optimizer.learning_rate)),
        ("trained on", _describe_order(protocol.training)),
        ("steps", _describe_steps(protocol.training)),
        ("evaluated on", "; ".join(map(_describe_set, protocol.evaluation_sets))),
    ]


def _join(words: Iterable[str]) -> str:
    return ", then ".join(dict.fromkeys(words))


def _describe_layer(layer: Layer) -> str:
    text = f"{layer.units} {layer.activation}"
    if layer.keep_probability == 1:
        return text
    rescaled = ", and divides it by as much" if layer.rescales_kept else ""
    return f"{text} (dropout keeps {layer.keep_probability:g}{rescaled})"


def _describe_values(values: InitialValues | None) -> str:
    match values:
        case None:
            return "none"
        case Zeros():
            return "0"
        case Normal(standard_deviation=spread):
            return f"normal, standard deviation {spread:.3g}"
        case TruncatedNormal(standard_deviation=spread):
            return f"truncated normal, standard deviation {spread:.3g}"
    return "Glorot's uniform"


def _describe_optimizer(optimizer: Optimizer) -> str:
    clipped = "" if optimizer.clip_norm is None else f"; each gradient's norm is {optimizer.clip_norm:g} at most"
    if isinstance(optimizer, Adam):
        rates = f"beta1 {optimizer.beta_1:g}, beta2 {optimizer.beta_2:g}, epsilon {optimizer.epsilon:g}"
        return f"Adam, {rates}{clipped}"
    return f"gradient descent{clipped}"


def _describe_rate(rate: LearningRate) -> str:
    if isinstance(rate, ConstantRate):
        return f"{rate.rate:g}"
    if isinstance(rate, PiecewiseRate):
        changes = ", ".join(f"{boundary:,}" for boundary in rate.boundaries)
        return f"{', '.join(f'{value:g}' for value in rate.rates)}; changes after the steps {changes}"
    return f"{rate.start:g}, times {rate.factor:g} after every {rate.every_steps:,} steps"


def _describe_set(images: EvaluationSet) -> str:
    return f"{images.name}: {describe_images(images.images)}{', dropout left on' if images.dropout else ''}"


def _describe_order(training: Training) -> str:
    return f"{describe_images(training.images)}, {training.order}"


def _describe_steps(training: Training) -> str:
    again = "; each period begins again at the first batch" if training.restart_each_period else ""
    return (
        f"{training.periods} periods of {training.steps_per_period:,} steps, {training.batch_size:,} images each{again}"
    )
