"""What an experiment is: frozen declarations of everything that decides a run.

A protocol says what was done, never how it is computed: it imports neither TensorFlow nor NumPy. It lists with evidence
what the document leaves open and we reconstructed, so that a reader can doubt it. Every value is checked as it is made:
by its field's type, with the range that stands there, then against the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

from mnist_repro.documents.protocol_rules import check_protocol, check_rates, check_slice, check_training
from mnist_repro.documents.toml_schema import Text
from mnist_repro.documents.validation import (
    Checked,
    Decay,
    Flag,
    Fraction,
    From0,
    From1,
    KeptFraction,
    NotNegative,
    Positive,
)

IMAGE_PIXELS = 28 * 28
CLASSES = 10

# A field that does not decide a run is not hashed: words for readers, and what is asserted afterwards.
_FOR_READERS: dict[str, Any] = {"decides_run": False}

Profile = Literal["brief", "quick", "versions", "full"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
# 19 runs are the fewest that can refute or reproduce a document's one run, and 39 do for two.
DEFAULT_SEEDS: Mapping[str, int] = {"brief": 2, "quick": 20, "versions": 20, "full": 40}


@dataclass(frozen=True, kw_only=True)
class ImageSlice(Checked):
    """A range of MNIST images in their original order."""

    source: Literal["train", "test"]  #: the original 60,000 training or 10,000 test images
    start: From0  #: first position, counted from 0
    stop: From1  #: position after the last

    def __post_init__(self) -> None:
        super().__post_init__()
        check_slice(self)

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, kw_only=True)
class EvaluationSet(Checked):
    """Images that a network is evaluated on."""

    name: Text  #: the document's name for them, or ours where the document has none
    images: ImageSlice  #: which they are
    dropout: Flag = False  #: whether dropout stays on in the evaluation


# What every run is evaluated on at its end, whatever its document does.
ALL_TEST_IMAGES = EvaluationSet(name="all test images", images=ImageSlice(source="test", start=0, stop=10_000))


@dataclass(frozen=True, kw_only=True)
class Normal(Checked):
    """Initial values drawn from a normal distribution around 0."""

    standard_deviation: NotNegative  #: of the distribution


@dataclass(frozen=True, kw_only=True)
class TruncatedNormal(Checked):
    """The same without values beyond two standard deviations; `standard_deviation` is that before the cut."""

    standard_deviation: NotNegative  #: of the distribution


@dataclass(frozen=True, kw_only=True)
class GlorotUniform(Checked):
    """Uniform on ``-limit..limit``, with ``limit = sqrt(6 / (inputs + outputs))``: Keras's default for weights."""


@dataclass(frozen=True, kw_only=True)
class Zeros(Checked):
    """Initial values that are all 0."""


InitialValues = Normal | TruncatedNormal | GlorotUniform | Zeros


@dataclass(frozen=True, kw_only=True)
class Layer(Checked):
    """A fully connected layer."""

    units: From1  #: number of outputs
    #: of the outputs; the last layer's softmax is part of the loss
    activation: Literal["sigmoid", "tanh", "relu", "softmax"]
    weights: InitialValues  #: initial values
    biases: InitialValues | None  #: initial values; None: no biases
    keep_probability: KeptFraction = 1.0  #: fraction of the outputs that dropout keeps in a training step, in (0, 1]
    rescales_kept: Flag = True  #: whether kept outputs are divided by `keep_probability`


@dataclass(frozen=True, kw_only=True)
class ConstantRate(Checked):
    """The same learning rate at every step."""

    rate: Positive  #: of all steps


@dataclass(frozen=True, kw_only=True)
class PiecewiseRate(Checked):
    """Learning rates that change at given steps.

    A step whose index, counted from 0, equals a boundary still has the earlier rate.
    """

    boundaries: tuple[From0, ...]  #: last steps with each rate but the last, counted from 0
    rates: tuple[Positive, ...]  #: one more than boundaries

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rates(self)


@dataclass(frozen=True, kw_only=True)
class ExponentialRate(Checked):
    """``start * factor ** floor(step / every_steps)``."""

    start: Positive  #: rate of the first step
    factor: Positive  #: by which it is multiplied
    every_steps: From1  #: after how many steps each time


LearningRate = ConstantRate | PiecewiseRate | ExponentialRate


@dataclass(frozen=True, kw_only=True)
class GradientDescent(Checked):
    """Plain stochastic gradient descent; `clip_norm` as in `Adam`."""

    learning_rate: LearningRate  #: of each step
    clip_norm: Positive | None = None


@dataclass(frozen=True, kw_only=True)
class Adam(Checked):
    """Adam in the form of its paper's section 2: epsilon is added to the uncorrected root of the second moment."""

    learning_rate: LearningRate  #: of each step
    beta_1: Decay  #: decay of the mean gradient
    beta_2: Decay  #: decay of the mean square
    epsilon: Positive  #: added to the root of that
    clip_norm: Positive | None = None  #: largest norm of each variable's gradient by itself; None: no clipping


Optimizer = GradientDescent | Adam


@dataclass(frozen=True, kw_only=True)
class Training(Checked):
    """The training images and their order.

    The ordered images are cut into batches; an incomplete last batch is dropped. The batches come in turn.
    """

    images: ImageSlice  #: where they are taken from
    batch_size: From1  #: images of a step
    periods: From1  #: number of stretches between two evaluations
    steps_per_period: From1  #: steps of each
    restart_each_period: Flag  #: whether every period starts again at the first batch
    #: permuted for the run, anew for each period, or not at all
    order: Literal["permuted once", "permuted each period", "as stored"] = "permuted once"
    #: whether a period is meant to have more steps than there are batches, and so goes through them again
    repeats_batches: Flag = field(default=False, metadata=_FOR_READERS)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_training(self)

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
class Reconstruction(Checked):
    """A choice that the document leaves open."""

    choice: Text  #: what had to be chosen
    chosen: Text  #: what was chosen
    evidence: Text  #: why
    #: ids of the families of claims whose values it was chosen by: they confirm nothing, and judge no run
    chosen_by: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccuracyGate(Checked):
    """The mean accuracy over seeds that the benchmarks assert: at least `minimum` on `evaluation_set`."""

    evaluation_set: Text  #: name of the set
    minimum: Fraction  #: of the mean


@dataclass(frozen=True, kw_only=True)
class Protocol(Checked):
    """One experiment of a document."""

    id: Text  #: unique over all documents
    title: Text = field(metadata=_FOR_READERS)  #: the same for readers
    layers: tuple[Layer, ...]  #: from the pixels to ten outputs
    optimizer: Optimizer  #: what makes steps of gradients
    training: Training  #: images, batches and periods
    pixel_divisor: Positive  #: pixels 0..255 are divided by it before they enter the network
    #: what a slice of the training images means: its own positions, or as many random images, drawn for each run
    split: Literal["in order", "random"] = "in order"
    #: of the weights between steps; the arithmetic of a step is always float32
    weight_format: Literal["float32", "float16"] = "float32"
    #: "moved": every initial value is one unit in the last place higher, so that rounding alone differs
    start: Literal["as drawn", "moved"] = "as drawn"
    evaluation_sets: tuple[EvaluationSet, ...]  #: on which a run is evaluated at its end, too
    evaluated_each_period: tuple[Text, ...]  #: names of evaluation sets for loss and accuracy
    evaluated_at_end: tuple[Text, ...]  #: likewise
    confusion_set: Text  #: name of the evaluation set of the document's confusion matrix, printed or not
    #: number of runs in each profile; those that are left out are `DEFAULT_SEEDS`
    seeds: Mapping[str, From1] = field(default_factory=dict, metadata=_FOR_READERS)
    #: what the benchmarks assert; by default, that a network has learnt anything at all
    gate: AccuracyGate = field(
        default=AccuracyGate(evaluation_set=ALL_TEST_IMAGES.name, minimum=0.5), metadata=_FOR_READERS
    )
    reconstructions: tuple[Reconstruction, ...] = field(metadata=_FOR_READERS)  #: what the document leaves open
    #: steps, fewer than the run's, after which the first layer's weights are kept for the report too
    pictured_steps: tuple[From1, ...] = field(default=(), metadata=_FOR_READERS)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "seeds", {**DEFAULT_SEEDS, **self.seeds})
        check_protocol(self, classes=CLASSES, profiles=PROFILES)

    @property
    def measured_sets(self) -> tuple[EvaluationSet, ...]:
        """What a run is evaluated on at its end: the declared sets, and all test images."""
        return tuple(dict.fromkeys((*self.evaluation_sets, ALL_TEST_IMAGES)))

    def evaluation_set(self, name: str) -> EvaluationSet:
        """Return the evaluation set called `name`."""
        return next(candidate for candidate in self.measured_sets if candidate.name == name)

    @property
    def curve_set(self) -> str | None:
        """Name of the set whose curves are shown: "validation", else the gate's; None where there is no curve."""
        measured = self.evaluated_each_period
        preferred = (name for name in ("validation", self.gate.evaluation_set) if name in measured)
        return next(preferred, next(iter(measured), None))

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that decides a run: two runs with different hashes are never pooled."""
        text = json.dumps(self.describe(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """Return everything that decides a run as plain JSON types; "kind" names a dataclass."""
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
    """Return `value` as plain JSON types, without the fields for readers."""
    if is_dataclass(value):
        kept = {f.name: _deciding(getattr(value, f.name)) for f in fields(value) if f.metadata != _FOR_READERS}
        return {"kind": type(value).__name__, **kept}
    if isinstance(value, tuple):
        return [_deciding(item) for item in value]
    return value
