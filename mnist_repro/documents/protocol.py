"""What an experiment is: frozen declarations of everything that decides a run.

A protocol says what was done, never how it is computed: it imports neither TensorFlow nor NumPy. It lists with evidence
what the document leaves open and we reconstructed, so that a reader can doubt it. Every value is checked as it is made:
by its field's type, with the range that stands there, then against the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, Literal, get_args

from mnist_repro.documents.layers import AnyLayer, Layer
from mnist_repro.documents.losses import Loss
from mnist_repro.documents.network import PICTURE, Placed, place_layers
from mnist_repro.documents.optimizers import Optimizer
from mnist_repro.documents.protocol_rules import check_protocol, check_slice, check_training
from mnist_repro.documents.toml_schema import Text
from mnist_repro.documents.validation import ADDED_LATER, Checked, Flag, Fraction, From0, From1, Positive

IMAGE_PIXELS = prod(PICTURE)
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
    #: of batches that loss and accuracy are means over, each as one, the incomplete last one too; None: over all images
    batch_size: From1 | None = field(default=None, metadata=ADDED_LATER)


# What every run is evaluated on at its end, whatever its document does.
ALL_TEST_IMAGES = EvaluationSet(name="all test images", images=ImageSlice(source="test", start=0, stop=10_000))


@dataclass(frozen=True, kw_only=True)
class Training(Checked):
    """The training images and their order.

    The ordered images are cut into batches, which come in turn.
    """

    images: ImageSlice  #: where they are taken from
    batch_size: From1  #: images of a step
    periods: From1  #: number of stretches between two evaluations
    steps_per_period: From1  #: steps of each
    restart_each_period: Flag  #: whether every period starts again at the first batch
    #: permuted for the run, anew for each period, or not at all
    order: Literal["permuted once", "permuted each period", "as stored"] = "permuted once"
    #: images that fill no batch: left out, a batch of their own, or the start of a batch that the next order fills
    last_batch: Literal["dropped", "kept", "carried over"] = field(default="dropped", metadata=ADDED_LATER)
    #: whether a period is meant to have more steps than there are batches, and so goes through them again
    repeats_batches: Flag = field(default=False, metadata=_FOR_READERS)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_training(self)

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.steps_after(self.periods)

    @property
    def batches(self) -> int:
        """Different batches that a run uses; where images are carried over, that a period does."""
        return self.steps_per_turn if self.last_batch == "carried over" else min(self.all_batches, self.steps_per_turn)

    @property
    def all_batches(self) -> int:
        """Batches of all training images, with the incomplete one if it is trained on."""
        whole, left = divmod(len(self.images), self.batch_size)
        return whole + (left > 0 and self.last_batch != "dropped")

    @property
    def steps_per_turn(self) -> int:
        """Steps after which the first batch comes again, even if the last one did not come."""
        renewed = self.restart_each_period or self.last_batch == "carried over"
        return self.steps_per_period if renewed else self.steps

    @property
    def examples(self) -> int:
        """Images that a run trains on, each as often as it does."""
        if self.last_batch != "kept":
            return self.steps * self.batch_size
        turn, missing = self.steps_per_turn, -len(self.images) % self.batch_size
        incomplete = len(range(self.all_batches - 1, turn, self.all_batches))
        return self.steps * self.batch_size - incomplete * missing * (self.steps // turn)

    def steps_after(self, period: int) -> int:
        """Return the number of steps made by the end of a period, counted from 1."""
        if self.last_batch == "carried over" and self.restart_each_period:
            return -(-period * len(self.images) // self.batch_size)
        return period * self.steps_per_period


@dataclass(frozen=True, kw_only=True)
class RunningMeans(Checked):
    """Means of loss and accuracy over a period's batches, each before its step, with its dropout: a progress bar's."""

    name: Text = "running"  #: by which claims name them, as their `evaluation_set`
    weighted: Flag = True  #: whether an incomplete batch counts by its images; else it counts as a whole one does


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
    layers: tuple[AnyLayer, ...]  #: from the pixels to a `Layer` of ten outputs
    optimizer: Optimizer  #: what makes steps of gradients
    #: what training minimises; by default the mean cross entropy after softmax
    loss: Loss = field(default=Loss(), metadata=ADDED_LATER)
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
    #: means over the batches of each period; None: not measured
    running: RunningMeans | None = field(default=None, metadata=ADDED_LATER)
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

    @cached_property
    def measured_sets(self) -> tuple[EvaluationSet, ...]:
        """What a run is evaluated on at its end: the declared sets, and all test images."""
        return tuple(dict.fromkeys((*self.evaluation_sets, ALL_TEST_IMAGES)))

    @property
    def measured_each_period(self) -> tuple[str, ...]:
        """Names of what a run measures after each period: evaluation sets, and running means."""
        return (*self.evaluated_each_period, *([self.running.name] if self.running else []))

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

    @cached_property
    def network(self) -> tuple[Placed, ...]:
        """The layers at their places, to logits: the last activation is part of the loss."""
        *others, last = self.layers
        return place_layers((*others, replace(last, activation="identity") if isinstance(last, Layer) else last))

    @property
    def multiplications(self) -> int:
        """Multiplications of a run's matrix products and convolutions."""
        weights = [placed.multiplications for placed in self.network if placed.kernel]
        # Forward and the weights' gradient for each layer, the inputs' gradient for all but the first.
        return (3 * sum(weights) - weights[0]) * self.training.examples


def _deciding(value: Any) -> Any:
    """Return `value` as plain JSON types, without the fields for readers."""
    if is_dataclass(value):
        kept = [f for f in fields(value) if f.metadata != _FOR_READERS]
        kept = [f for f in kept if f.metadata != ADDED_LATER or getattr(value, f.name) != f.default]
        return {"kind": type(value).__name__, **{f.name: _deciding(getattr(value, f.name)) for f in kept}}
    if isinstance(value, tuple):
        return [_deciding(item) for item in value]
    return value
