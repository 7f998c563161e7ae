"""An experiment with one change: what a document's author, or we by mistake, might have done instead.

A variant is run and recorded like the experiment that it is made from. A document's folder may hold an
`alternatives.py` with the variants that the cause finder tries for it, and a `faults.py` with mistakes that are planted
to learn which of them the regression gate catches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mnist_repro.documents.layers import AnyLayer, InitialValues
from mnist_repro.documents.protocol import Protocol

if TYPE_CHECKING:
    from mnist_repro.datasets.dataset import Dataset

# With fewer runs no exact p-value is as small as 5 %.
FEWEST_SEEDS = 19
# Steps that are compared one by one between two runs that differ by rounding alone, and the number of such runs.
FIRST_STEPS = 50
_FIRST_SEEDS = 8
_FAULT = "planted fault"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """An experiment with one change."""

    id: str  #: the experiment's id, a plus, and the change: "tf1-basic+relu"
    experiment: str  #: id of the experiment
    choice: str  #: what is changed, for readers: "hidden activation"
    change: str  #: how, for readers: "ReLU"
    protocol: Protocol  #: what is run; the experiment's own where only `reads` differs
    seeds: int  #: number of runs
    #: by name of the document's evaluation set: the name of the set that is read instead
    reads: Mapping[str, str] = field(default_factory=dict)
    #: makes the images and labels that are used from the true ones; None: unchanged
    alter: Callable[[Dataset], Dataset] | None = None

    @property
    def is_trained(self) -> bool:
        """Whether it has runs of its own; else the experiment's are read."""
        return self.protocol.id == self.id


def vary(
    protocol: Protocol,
    name: str,
    *,
    choice: str,
    change: str,
    seeds: int = FEWEST_SEEDS,
    alter: Callable[[Dataset], Dataset] | None = None,
    **fields: Any,
) -> Variant:
    """Return the variant `name` of an experiment, with `fields` of its protocol replaced, or its images altered."""
    id_ = f"{protocol.id}+{name}"
    return Variant(
        id=id_,
        experiment=protocol.id,
        choice=choice,
        change=change,
        protocol=replace(protocol, id=id_, **fields),
        seeds=seeds,
        alter=alter,
    )


def read_otherwise(
    protocol: Protocol, name: str, *, choice: str, change: str, seeds: int = FEWEST_SEEDS, reads: Mapping[str, str]
) -> Variant:
    """Return the variant `name` that reads other evaluation sets of the same runs."""
    return Variant(
        id=f"{protocol.id}+{name}",
        experiment=protocol.id,
        choice=choice,
        change=change,
        protocol=protocol,
        seeds=seeds,
        reads=reads,
    )


def plant(
    protocol: Protocol,
    name: str,
    *,
    change: str,
    seeds: int,
    alter: Callable[[Dataset], Dataset] | None = None,
    **fields: Any,
) -> Variant:
    """Plant a fault: make a variant as `vary` does, of a mistake that somebody could make."""
    return vary(protocol, name, choice=_FAULT, change=change, seeds=seeds, alter=alter, **fields)


def plant_alternative(alternatives: Iterable[Variant], name: str, *, change: str, seeds: int) -> Variant:
    """Plant the alternative with the id `name` as a fault: its runs serve for both."""
    (alternative,) = (variant for variant in alternatives if variant.id == name)
    return replace(alternative, choice=_FAULT, change=change, seeds=seeds)


def with_weights(layers: tuple[AnyLayer, ...], initial: InitialValues) -> tuple[AnyLayer, ...]:
    """Return the layers with other initial weights, where they have any."""
    return with_fields(layers, weights=initial)


def with_hidden(layers: tuple[AnyLayer, ...], **fields: Any) -> tuple[AnyLayer, ...]:
    """Return the layers with `fields` replaced in all but the last."""
    return (*with_fields(layers[:-1], **fields), layers[-1])


def with_fields(layers: tuple[AnyLayer, ...], **fields: Any) -> tuple[AnyLayer, ...]:
    """Return the layers with `fields` replaced, where they have them."""
    return tuple(replace(layer, **fields) if fields.keys() <= vars(layer).keys() else layer for layer in layers)


def move_start(protocol: Protocol, *, seeds: int) -> Variant:
    """Return the variant whose initial values are one unit in the last place higher: rounding alone differs."""
    return vary(protocol, "moved", choice="rounding", change="initial values moved", seeds=seeds, start="moved")


def first_steps_set(protocol: Protocol) -> str:
    """Return the name of the evaluation set for an experiment's first steps."""
    return protocol.curve_set or protocol.gate.evaluation_set


def follow_first_steps(protocol: Protocol) -> tuple[Variant, Variant]:
    """Return the variants of the first steps, with a loss after each, from the own start and from the moved one."""
    fields: dict[str, Any] = {
        "choice": "rounding",
        "seeds": _FIRST_SEEDS,
        "training": replace(protocol.training, periods=FIRST_STEPS, steps_per_period=1, restart_each_period=False),
        "evaluated_each_period": (first_steps_set(protocol),),
    }
    return (
        vary(protocol, "first-steps", change="first steps", **fields),
        vary(protocol, "first-steps-moved", change="first steps, initial values moved", **fields, start="moved"),
    )
