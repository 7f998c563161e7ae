"""What must hold between the values of an experiment, each of which fits its own field.

Each rule raises a MisfitError, which names the field that breaks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from mnist_repro.documents.layers import Layer
from mnist_repro.documents.validation import require

if TYPE_CHECKING:
    from mnist_repro.documents.optimizers import PiecewiseRate
    from mnist_repro.documents.protocol import ImageSlice, Protocol, Training

_IMAGES = {"train": 60_000, "test": 10_000}


def check_slice(images: ImageSlice) -> None:
    """Require at least one image, and none after the last."""
    start, most = images.start, _IMAGES[images.source]
    rule = f"must be after start, {start:,}, and at most {most:,}, the number of {images.source} images"
    require(start < images.stop <= most, "ImageSlice.stop", rule, images.stop)


def check_rates(schedule: PiecewiseRate) -> None:
    """Require boundaries that rise, and a rate before, between and after them."""
    boundaries, rates = schedule.boundaries, schedule.rates
    rises = all(before < after for before, after in pairwise(boundaries))
    require(rises, "PiecewiseRate.boundaries", "must rise", boundaries)
    rule = f"must have one rate more than the {len(boundaries)} boundaries"
    require(len(rates) == len(boundaries) + 1, "PiecewiseRate.rates", rule, rates)


def check_training(training: Training) -> None:
    """Require a whole batch, and no period that takes batches twice by mistake."""
    images, size, steps = len(training.images), training.batch_size, training.steps_per_period
    rule = f"must be at most {images:,}, the number of training images"
    require(size <= images, "Training.batch_size", rule, size)
    batches, kind = training.all_batches, "whole " if training.last_batch == "dropped" else ""
    rule = (
        f"must be at most {batches:,}, the {kind}batches of {size:,} in {images:,} images, "
        "or repeats_batches=True must say that a period goes through them again"
    )
    require(steps <= batches or training.repeats_batches, "Training.steps_per_period", rule, steps)
    rule = (
        f"must be {batches:,}, the batches that {images:,} images start, where a period restarts with images "
        "carried over; with restart_each_period=False it may be any number"
    )
    ends_with_images = training.last_batch == "carried over" and training.restart_each_period
    require(steps == batches or not ends_with_images, "Training.steps_per_period", rule, steps)


def check_protocol(protocol: Protocol, *, classes: int, profiles: Sequence[str]) -> None:
    """Require layers that give a digit, known profiles, and evaluation sets that are declared once."""
    *early, last = protocol.layers or (None,)
    ends = isinstance(last, Layer) and last.units == classes
    require(ends, "Protocol.layers", f"must end with a layer of {classes} units", getattr(last, "units", last))
    early = [layer for layer in early if getattr(layer, "activation", None) == "softmax"]
    require(not early, "Protocol.layers", "must have softmax in the last layer alone", *early)
    activation, wanted = getattr(last, "activation", None), protocol.loss.activation
    rule = f'must end with {wanted}, which the loss "{protocol.loss.kind}" takes in'
    require(activation == wanted, "Protocol.layers", rule, activation)
    pictured = isinstance(protocol.network[0].layer, Layer) or not protocol.pictured_steps
    rule = "may be given where the first layer is a Layer, whose weights are pictures"
    require(pictured, "Protocol.pictured_steps", rule, protocol.pictured_steps)
    unknown = [name for name in protocol.seeds if name not in profiles]
    require(not unknown, "Protocol.seeds", f"may have the profiles {', '.join(profiles)}", *unknown)
    known = [each.name for each in protocol.measured_sets]
    running = [protocol.running.name] if protocol.running else []
    require(not {*running} & {*known}, "Protocol.running", "must have a name that no evaluation set has", *running)
    twice = sorted({name for name in known if known.count(name) > 1})
    require(not twice, "Protocol.evaluation_sets", "must have names of their own", *twice)
    for field, names in (
        ("evaluated_each_period", protocol.evaluated_each_period),
        ("evaluated_at_end", protocol.evaluated_at_end),
        ("confusion_set", (protocol.confusion_set,)),
        ("gate.evaluation_set", (protocol.gate.evaluation_set,)),
    ):
        unknown = [name for name in names if name not in known]
        require(not unknown, f"Protocol.{field}", f"must name a declared evaluation set: {', '.join(known)}", *unknown)
