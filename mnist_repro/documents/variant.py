"""An experiment with one thing done otherwise: what else a document's author, or we by mistake, might have done.

A variant is run and recorded like the experiment that it is made from. A document's folder may hold an
`alternatives.py` with the variants that the cause finder tries for it, and a `faults.py` with mistakes that are planted
to learn which of them the regression gate catches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import InitialValues, Layer, Protocol

# Steps over which two runs that differ by rounding alone are compared one by one, and the runs that are.
FIRST_STEPS = 50
_FIRST_SEEDS = 8
_FAULT = "planted fault"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """An experiment with one thing done otherwise.

    Parameters
    ----------
    id
        The experiment's id, a plus, and what is done otherwise: "tf1-basic+relu".
    experiment
        Id of the experiment that it is made from.
    choice, change
        What is done otherwise, and how, for readers: "hidden activation", "ReLU".
    protocol
        What is run; the experiment's own where its runs serve, and only `reads` differs.
    seeds
        Number of runs.
    reads
        The document's evaluation sets, by name, with the name of the set that is read in place of each.
    alter
        Makes the images and labels that are used from the true ones; None leaves them as they are.
    """

    id: str
    experiment: str
    choice: str
    change: str
    protocol: Protocol
    seeds: int
    reads: Mapping[str, str] = field(default_factory=dict)
    alter: Callable[[Dataset], Dataset] | None = None

    @property
    def is_trained(self) -> bool:
        """Whether it has runs of its own, rather than the experiment's."""
        return self.protocol.id == self.id


def vary(
    protocol: Protocol,
    name: str,
    *,
    choice: str,
    change: str,
    seeds: int,
    alter: Callable[[Dataset], Dataset] | None = None,
    **fields: Any,
) -> Variant:
    """Make the variant `name` of an experiment: `fields` of its protocol are replaced, or its images altered."""
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
    protocol: Protocol, name: str, *, choice: str, change: str, seeds: int, reads: Mapping[str, str]
) -> Variant:
    """Make the variant `name` in which the same runs are evaluated on other sets of theirs."""
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


def with_weights(layers: tuple[Layer, ...], initial: InitialValues) -> tuple[Layer, ...]:
    """Return the layers with other initial weights."""
    return tuple(replace(layer, weights=initial) for layer in layers)


def with_hidden(layers: tuple[Layer, ...], **fields: Any) -> tuple[Layer, ...]:
    """Return the layers with `fields` of all but the last replaced."""
    return (*(replace(layer, **fields) for layer in layers[:-1]), layers[-1])


def move_start(protocol: Protocol, *, seeds: int) -> Variant:
    """Start an experiment's runs one unit in the last place off: what then differs, rounding alone decides."""
    return vary(protocol, "moved", choice="rounding", change="initial values moved", seeds=seeds, start="moved")


def first_steps_set(protocol: Protocol) -> str:
    """Return the name of the evaluation set on which an experiment's first steps are followed."""
    return protocol.curve_set or protocol.gate.evaluation_set


def follow_first_steps(protocol: Protocol) -> tuple[Variant, Variant]:
    """Make the experiment's first steps, with a loss after each, from its own start and from the moved one."""
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
