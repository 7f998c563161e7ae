"""What an experiment is: frozen declarations of everything that decides a run.

A protocol says what was done, never how it is computed: it imports neither TensorFlow nor NumPy. What a document leaves
out and was reconstructed is listed with its evidence, so that a reader can doubt it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

IMAGE_PIXELS = 28 * 28
CLASSES = 10

# A field that does not decide a run stays out of the hash: words for readers, and what is asserted afterwards.
_FOR_READERS: dict[str, Any] = {"decides_run": False}

Profile = Literal["brief", "quick", "versions", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)


@dataclass(frozen=True, kw_only=True)
class ImageSlice:
    """A range of MNIST images in their original order.

    Parameters
    ----------
    source
        The original training (60,000) or test (10,000) images.
    start, stop
        Half-open range of positions counted from 0.
    """

    source: Literal["train", "test"]
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """Images that a network is evaluated on.

    Parameters
    ----------
    name
        The document's name for them, or ours where the document does not use them.
    images
        Which they are.
    dropout
        Whether dropout stays on while they are evaluated.
    """

    name: str
    images: ImageSlice
    dropout: bool = False


# What every run is evaluated on at its end, whatever its document does.
ALL_TEST_IMAGES = EvaluationSet(name="all test images", images=ImageSlice(source="test", start=0, stop=10_000))


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Initial values drawn from a normal distribution around 0."""

    standard_deviation: float


@dataclass(frozen=True, kw_only=True)
class TruncatedNormal:
    """The same without what lies more than two standard deviations off: `standard_deviation` is that before the cut."""

    standard_deviation: float


@dataclass(frozen=True, kw_only=True)
class GlorotUniform:
    """Evenly from ``-limit..limit``, with ``limit = sqrt(6 / (inputs + outputs))``: Keras's default for weights."""


@dataclass(frozen=True, kw_only=True)
class Zeros:
    """Initial values that are all 0."""


InitialValues = Normal | TruncatedNormal | GlorotUniform | Zeros


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A fully connected layer.

    Parameters
    ----------
    units
        Number of outputs.
    activation
        Applied to the outputs; the last layer's softmax is part of the loss.
    weights, biases
        Their initial values; a layer whose biases are None has none.
    keep_probability
        Share of the outputs that dropout keeps in a training step, in (0, 1].
    rescales_kept
        Whether the outputs that dropout keeps are divided by `keep_probability`.
    """

    units: int
    activation: Literal["sigmoid", "tanh", "relu", "softmax"]
    weights: InitialValues
    biases: InitialValues | None
    keep_probability: float = 1.0
    rescales_kept: bool = True


@dataclass(frozen=True, kw_only=True)
class ConstantRate:
    """The same learning rate at every step."""

    rate: float


@dataclass(frozen=True, kw_only=True)
class PiecewiseRate:
    """Learning rates that change at given steps.

    A step whose index, counted from 0, equals a boundary still has the earlier rate.
    """

    boundaries: tuple[int, ...]
    rates: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ExponentialRate:
    """``start * factor ** floor(step / every_steps)``."""

    start: float
    factor: float
    every_steps: int


LearningRate = ConstantRate | PiecewiseRate | ExponentialRate


@dataclass(frozen=True, kw_only=True)
class GradientDescent:
    """Plain stochastic gradient descent; `clip_norm` as in `Adam`."""

    learning_rate: LearningRate
    clip_norm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Adam in the form of its paper's section 2: epsilon is added to the uncorrected root of the second moment.

    Parameters
    ----------
    clip_norm
        Largest norm of each variable's gradient, taken by itself; None leaves gradients as they are.
    """

    learning_rate: LearningRate
    beta_1: float
    beta_2: float
    epsilon: float
    clip_norm: float | None = None


Optimizer = GradientDescent | Adam


@dataclass(frozen=True, kw_only=True)
class Training:
    """The images that are trained on, and in which order they come.

    The images are put in order and cut into batches; what does not fill a batch is left out. The batches come in turn.

    Parameters
    ----------
    images
        Where the training images are taken from.
    batch_size
        Images in a step.
    periods, steps_per_period
        A period is the stretch between two evaluations.
    restart_each_period
        Whether every period starts again at the first batch.
    order
        Whether the images are permuted once for the run, or anew for each period, or come as they are stored.
    """

    images: ImageSlice
    batch_size: int
    periods: int
    steps_per_period: int
    restart_each_period: bool
    order: Literal["permuted once", "permuted each period", "as stored"] = "permuted once"

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.periods * self.steps_per_period

    @property
    def batches(self) -> int:
        """Different batches that a run uses."""
        used = self.steps_per_period if self.restart_each_period else self.steps
        return min(len(self.images) // self.batch_size, used)


@dataclass(frozen=True, kw_only=True)
class Reconstruction:
    """A choice that the document leaves open.

    Parameters
    ----------
    choice
        What had to be chosen.
    chosen
        What was chosen.
    evidence
        Why.
    """

    choice: str
    chosen: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class AccuracyGate:
    """The mean accuracy over seeds that the benchmarks assert: at least `minimum` on `evaluation_set`."""

    evaluation_set: str
    minimum: float


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One experiment of a document.

    Parameters
    ----------
    id
        Name of the experiment, unique over all documents.
    title
        The same for readers.
    pixel_divisor
        Pixels 0..255 are divided by this before they enter the network.
    split
        Which images a slice of the training images names: those at its places, or random ones, drawn for each run.
    weight_format
        In what the weights are kept from step to step; the arithmetic of a step is always float32.
    start
        "moved" starts a run with every initial value one unit in the last place higher: what only rounding decides.
    evaluated_each_period, evaluated_at_end
        Names of evaluation sets on which loss and accuracy are measured.
    confusion_set
        Name of the evaluation set of which the document shows a confusion matrix, or would.
    seeds
        Number of runs in each profile.
    gate
        What the benchmarks assert.
    pictured_steps
        Steps, fewer than the run has, after which the first layer's weights are kept for the report too.
    reconstructions
        What the document leaves open.
    """

    id: str
    title: str = field(metadata=_FOR_READERS)
    layers: tuple[Layer, ...]
    optimizer: Optimizer
    training: Training
    pixel_divisor: float
    split: Literal["in order", "random"] = "in order"
    weight_format: Literal["float32", "float16"] = "float32"
    start: Literal["as drawn", "moved"] = "as drawn"
    evaluation_sets: tuple[EvaluationSet, ...]
    evaluated_each_period: tuple[str, ...]
    evaluated_at_end: tuple[str, ...]
    confusion_set: str
    seeds: Mapping[str, int] = field(metadata=_FOR_READERS)
    gate: AccuracyGate = field(metadata=_FOR_READERS)
    reconstructions: tuple[Reconstruction, ...] = field(metadata=_FOR_READERS)
    pictured_steps: tuple[int, ...] = field(default=(), metadata=_FOR_READERS)

    def __post_init__(self) -> None:
        known = {evaluation_set.name for evaluation_set in self.evaluation_sets}
        named = {*self.evaluated_each_period, *self.evaluated_at_end, self.confusion_set, self.gate.evaluation_set}
        if named - known:
            msg = f"Protocol {self.id} evaluates on {sorted(named - known)}, but declares only {sorted(known)}."
            raise ValueError(msg)

    def evaluation_set(self, name: str) -> EvaluationSet:
        """Return the evaluation set called `name`."""
        return next(candidate for candidate in self.evaluation_sets if candidate.name == name)

    @property
    def curve_set(self) -> str | None:
        """Name of the set whose curves are shown: "validation", else that of the gate; None where there is no curve."""
        measured = self.evaluated_each_period
        preferred = (name for name in ("validation", self.gate.evaluation_set) if name in measured)
        return next(preferred, next(iter(measured), None))

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that decides a run: two runs with different hashes are never pooled."""
        text = json.dumps(self.describe(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """Return everything that decides a run as plain JSON types; a dataclass is named by its "kind"."""
        described: dict[str, Any] = _deciding(self)
        return described

    @property
    def multiplications(self) -> int:
        """Multiplications of a run's matrix products."""
        widths = (IMAGE_PIXELS, *(layer.units for layer in self.layers))
        weights = sum(before * after for before, after in pairwise(widths))
        first_layer = widths[0] * widths[1]
        # Forward and the weights' gradient for each layer, the inputs' gradient for all but the first.
        return (3 * weights - first_layer) * self.training.batch_size * self.training.steps


def _deciding(value: Any) -> Any:
    """Return `value` as plain JSON types, without what is only for readers."""
    if is_dataclass(value):
        kept = {f.name: _deciding(getattr(value, f.name)) for f in fields(value) if f.metadata != _FOR_READERS}
        return {"kind": type(value).__name__, **kept}
    if isinstance(value, tuple):
        return [_deciding(item) for item in value]
    return value
