"""An experiment in words: the network, its data and its training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mnist_repro.documents.layers import (
    Activation,
    AnyLayer,
    AveragePooling,
    BatchNormalization,
    Constant,
    Convolution,
    Dropout,
    Flatten,
    InitialValues,
    Layer,
    MaxPooling,
    Normal,
    TruncatedNormal,
    Uniform,
    Weighted,
    Zeros,
)
from mnist_repro.documents.losses import Loss
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
from mnist_repro.documents.protocol import IMAGE_PIXELS, EvaluationSet, Protocol, Training
from mnist_repro.documents.statement import describe_images
from mnist_repro.studies.first_layer import Snapshot


def describe_protocol(protocol: Protocol) -> list[tuple[str, str]]:
    """Return the settings that decide a run, as pairs of a name and its value in words."""
    weighted = [layer for layer in protocol.layers if isinstance(layer, Weighted)]
    return [
        ("network", " → ".join([f"{IMAGE_PIXELS} pixels", *map(_describe_layer, protocol.layers)])),
        ("pixels", "0 to 255" if protocol.pixel_divisor == 1 else f"divided by {protocol.pixel_divisor:g}"),
        ("initial weights", _join(_describe_values(layer.weights) for layer in weighted)),
        ("initial biases", _join(_describe_values(layer.biases) for layer in weighted)),
        ("optimiser", _describe_optimizer(protocol.optimizer)),
        *([("loss", _describe_loss(protocol.loss))] if protocol.loss != Loss() else []),
        ("learning rate", _describe_rate(protocol.optimizer.learning_rate)),
        ("trained on", f"{describe_images(protocol.training.images)}, {protocol.training.order}"),
        ("steps", _describe_steps(protocol.training)),
        ("evaluated on", "; ".join([*map(_describe_set, protocol.evaluation_sets), *_describe_running(protocol)])),
    ]


def _join(words: Iterable[str]) -> str:
    return ", then ".join(dict.fromkeys(words))


def _describe_layer(layer: AnyLayer) -> str:
    match layer:
        case Layer():
            text = f"{layer.units} {layer.activation}"
            text += f" ({_describe_dropout(layer)})" if layer.keep_probability < 1 else ""
        case Convolution(size=size):
            edges = ", zeros around" if layer.padding == "same" else ""
            text = f"convolution with {layer.filters} filters of {size} x {size}{edges}, {layer.activation}"
        case MaxPooling(size=size) | AveragePooling(size=size):
            text = f"{'maximum' if isinstance(layer, MaxPooling) else 'mean'} of {size} x {size}"
        case Flatten():
            text = "flattened"
        case Activation():
            text = layer.activation
        case BatchNormalization():
            text = f"batch normalisation, momentum {layer.momentum:g}, epsilon {layer.epsilon:g}"
        case Dropout():
            text = _describe_dropout(layer)
    return text


def _describe_dropout(layer: Layer | Dropout) -> str:
    rescaled = ", and divides it by as much" if layer.rescales_kept else ""
    return f"dropout keeps {layer.keep_probability:g}{rescaled}"


def _describe_values(values: InitialValues | None) -> str:
    match values:
        case None:
            return "none"
        case Zeros():
            return "0"
        case Normal(standard_deviation=deviation) | TruncatedNormal(standard_deviation=deviation):
            cut = "truncated " if isinstance(values, TruncatedNormal) else ""
            return f"{cut}normal, standard deviation {deviation:.3g}"
        case Constant(value=value):
            return f"{value:g}"
        case Uniform(limit=limit, fan=fan):
            return f"uniform within {limit:.3g}{f' over the root of the {fan}' if fan else ''}"
    return "Glorot's uniform"


def _describe_optimizer(optimizer: Optimizer) -> str:
    clipped = "" if optimizer.clip_norm is None else f"; each gradient's norm is {optimizer.clip_norm:g} at most"
    # As people write it: 1e-8, not 1e-08.
    epsilon = "" if isinstance(optimizer, GradientDescent) else f"{optimizer.epsilon:g}".replace("e-0", "e-")
    match optimizer:
        case Adam():
            rates = f"beta1 {optimizer.beta_1:g}, beta2 {optimizer.beta_2:g}, epsilon {epsilon}"
            return f"Adam, {rates}{clipped}"
        case RMSprop():
            place = "inside" if optimizer.epsilon_in_root else "outside"
            return f"RMSprop, decay {optimizer.decay:g}, epsilon {epsilon} {place} the root{clipped}"
        case Adadelta():
            return f"Adadelta, decay {optimizer.decay:g}, epsilon {epsilon}{clipped}"
    kind = "Nesterov's momentum" if optimizer.nesterov else "momentum"
    momentum = f", {kind} {optimizer.momentum:g}" if optimizer.momentum else ""
    return f"gradient descent{momentum}{clipped}"


_LOSSES = {
    "cross entropy": "cross entropy",
    "softmax twice": "cross entropy after softmax twice",
    "cross entropy per class": "cross entropy of each class by itself, summed over the classes",
    "quadratic": "half the squared error, summed over the classes",
}


def _describe_loss(loss: Loss) -> str:
    over = f"{'summed' if loss.summed else 'mean'} over the images"
    divided = "" if loss.divisor == 1 else f", divided by {loss.divisor:g}"
    if loss.penalty is None:
        return f"{_LOSSES[loss.kind]}, {over}{divided}"
    reported = "" if loss.penalty.reported else ", which recorded losses leave out"
    penalty = f"{loss.penalty.factor:g} times the sum of squares of all {loss.penalty.of}"
    return f"{_LOSSES[loss.kind]}, {over}{divided}, plus {penalty}{reported}"


def _describe_rate(rate: LearningRate) -> str:
    if isinstance(rate, ConstantRate):
        return f"{rate.rate:g}"
    if isinstance(rate, PiecewiseRate):
        changes = ", ".join(f"{boundary:,}" for boundary in rate.boundaries)
        return f"{', '.join(f'{value:g}' for value in rate.rates)}; changes after the steps {changes}"
    return f"{rate.start:g}, times {rate.factor:g} after every {rate.every_steps:,} steps"


def _describe_set(images: EvaluationSet) -> str:
    dropout = ", dropout left on" if images.dropout else ""
    batches = f", means over batches of {images.batch_size:,}, the last as one" if images.batch_size else ""
    return f"{images.name}: {describe_images(images.images)}{dropout}{batches}"


def _describe_running(protocol: Protocol) -> list[str]:
    if protocol.running is None:
        return []
    counts = "by its images" if protocol.running.weighted else "as a whole one"
    return [f"{protocol.running.name}: means over each period's batches before their steps, the last counting {counts}"]


def _describe_steps(training: Training) -> str:
    again = "; each period begins again at the first batch" if training.restart_each_period else ""
    last = {
        "dropped": "",
        "kept": "; the last batch has the images that are left",
        "carried over": "; the images that are left begin the next period's first batch",
    }[training.last_batch]
    return (
        f"{training.periods} periods of {training.steps_per_period:,} steps, {training.batch_size:,} images each"
        f"{again}{last}"
    )


# Largest correlation of neighbouring pixels for each name.
_LOOKS = ((0.2, "noise"), (0.6, "blurred forms within noise"), (1.0, "smooth forms"))
_ALIKE = 0.8


def describe_convergence(snapshots: Sequence[Snapshot]) -> str:
    """Describe the first layer after each number of steps in a paragraph."""
    *early, last = snapshots
    looks = ", ".join(f"after {shown.step:,} steps {_name_look(shown)}" for shown in snapshots)
    settled = next((shown.step for shown in early if shown.with_end >= _ALIKE), None)
    change = (
        f"The patterns are settled after {settled:,} steps; further training sharpens them."
        if settled
        else f"The patterns still change after {early[-1].step:,} steps."
    )
    unmoved = f"At the end, {last.unmoved} of {last.units} units still resemble their initial weights."
    return f"The units show {looks}. {change} {unmoved}"


def list_snapshot_cells(shown: Snapshot) -> list[str]:
    """Return the measurements of a first layer as cells."""
    correlations = (shown.between_neighbours, shown.with_start, shown.with_end)
    return [f"{shown.step:,}", *(f"{value:.2f}" for value in correlations), str(shown.unmoved), f"{shown.spread:.3f}"]


def _name_look(shown: Snapshot) -> str:
    return next(look for most, look in _LOOKS if shown.between_neighbours <= most)
