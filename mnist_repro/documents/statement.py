"""What a document says of its experiments without reporting a number: in its text, in a comment, by a name.

Each statement is a table of `claims.toml` with a rule, which is checked against the experiment as it is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from mnist_repro.documents.layers import Layer
from mnist_repro.documents.optimizers import ConstantRate, GradientDescent, LearningRate, Optimizer, PiecewiseRate
from mnist_repro.documents.protocol import ImageSlice, Protocol
from mnist_repro.documents.toml_schema import Text, check_name
from mnist_repro.documents.validation import From1, NotNegative, Positive
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class ImageRange:
    """An evaluation set, and the range of the original images that it is said to be."""

    evaluation_set: Text  #: name of the set
    source: Literal["train", "test"]  #: of its images
    first: From1  #: counted from 1
    last: From1  #: included

    def __post_init__(self) -> None:
        if self.last < self.first:
            msg = f"last must be at least first, {self.first}. Received: {self.last}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a document says of an experiment without reporting a number."""

    id: str  #: unique over all documents
    document: str  #: id of the document
    experiments: tuple[str, ...]  #: ids of the experiments that it is about
    lines: tuple[int, ...]  #: of the stored text, counted from 1
    says: str  #: in our words
    rule: str  #: what it is about: a key of `RULES`
    value: Any  #: holds of the experiments, as they are declared, if the statement is true


_OptimizerKind = Literal["SGD", "SGD with momentum", "SGD with Nesterov momentum", "Adam", "RMSprop", "Adadelta"]


@dataclass(frozen=True, kw_only=True)
class StatementTable:
    """A table ``[statement.<name>]`` of `claims.toml`."""

    #: ids of the experiments that it is about
    experiments: Annotated[tuple[str, ...], Meta(min_length=1, description="an array of ids of experiments")]
    #: where it stands
    lines: Annotated[tuple[From1, ...], Meta(min_length=1, description="an array of line numbers")]
    says: Text  #: in our words
    batch_size: From1 | None = None  #: rule: images of a step
    periods: From1 | None = None  #: rule: number of stretches between two evaluations, usually epochs
    layers: From1 | None = None  #: rule: number of layers with weights
    #: rule: number of outputs of each fully connected layer but the last, in order
    hidden_units: (
        Annotated[tuple[From1, ...], Meta(min_length=1, description="an array of whole numbers from 1")] | None
    ) = None
    optimizer: _OptimizerKind | None = None  #: rule: kind of the optimiser
    learning_rate: Positive | None = None  #: rule: of the first step
    penalty: NotNegative | None = None  #: rule: factor of the sum of squares in the loss; 0 where there is no penalty
    images: ImageRange | None = None  #: rule: the range that an evaluation set is
    trained_on: Text | None = None  #: rule: name of an evaluation set that is a part of the training images

    def __post_init__(self) -> None:
        if len(self.rules) != 1:
            msg = f"needs exactly one rule of {', '.join(RULES)}. Received: {', '.join(self.rules) or 'none'}"
            raise ValueError(msg)

    @property
    def rules(self) -> dict[str, Any]:
        """The rules that it has, by name."""
        return {name: value for name in RULES if (value := getattr(self, name)) is not None}


def build_statements(tables: Mapping[str, StatementTable], *, document: str, file: str) -> tuple[Statement, ...]:
    """Build the statements of a document's `file` from its tables, by name.

    Raises
    ------
    ReproError
        If a name cannot be a part of an id.
    """
    for name in tables:
        check_name(name, place=f"{file}, statement.{name}")
    return tuple(
        Statement(
            id=f"{document}.{name}",
            document=document,
            experiments=table.experiments,
            lines=table.lines,
            says=table.says,
            rule=rule,
            value=value,
        )
        for name, table in tables.items()
        for rule, value in table.rules.items()
    )


def apply_rule(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
    """Return whether a statement is true of an experiment, and what the experiment declares, in words.

    Raises
    ------
    ReproError
        If it names an evaluation set that the experiment does not declare.
    """
    return RULES[statement.rule](statement, protocol)


_Rule = Callable[[Statement, Protocol], tuple[bool, str]]


def _hold(read: Callable[[Protocol], Any], words: str) -> _Rule:
    """Return the rule that an experiment declares the very value of the statement."""

    def judge(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
        declared = read(protocol)
        shown = (", ".join(map(str, declared)) or "none") if isinstance(declared, tuple) else declared
        return declared == statement.value, words.format(shown)

    return judge


def _name_optimizer(optimizer: Optimizer) -> str:
    if not isinstance(optimizer, GradientDescent):
        return type(optimizer).__name__
    kind = " with Nesterov momentum" if optimizer.nesterov else " with momentum"
    return f"SGD{kind if optimizer.momentum else ''}"


def _find_first_rate(rate: LearningRate) -> float:
    if isinstance(rate, ConstantRate):
        return rate.rate
    return rate.rates[0] if isinstance(rate, PiecewiseRate) else rate.start


def _judge_range(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
    said: ImageRange = statement.value
    images, fact = _find_images(statement, protocol, said.evaluation_set)
    return images == ImageSlice(source=said.source, start=said.first - 1, stop=said.last), fact


def _judge_trained_on(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
    images, fact = _find_images(statement, protocol, statement.value)
    trained = protocol.training.images
    inside = images.source == trained.source and trained.start <= images.start and images.stop <= trained.stop
    return inside, f"{fact}, and {describe_images(trained)} are trained on"


def _find_images(statement: Statement, protocol: Protocol, name: str) -> tuple[ImageSlice, str]:
    """Return the images of an evaluation set, and which they are in words."""
    known = {each.name: each.images for each in protocol.evaluation_sets}
    if name not in known:
        msg = (
            f"Statement {statement.id}: an evaluation set of {protocol.id} is one of {', '.join(known)}. "
            f"Received: {name!r}. Correct it in claims.toml."
        )
        raise ReproError(msg)
    return known[name], f"the set called {name} is {describe_images(known[name])}"


RULES: Mapping[str, _Rule] = {
    "batch_size": _hold(lambda protocol: protocol.training.batch_size, "a step takes {:,} images"),
    "periods": _hold(lambda protocol: protocol.training.periods, "a run has {:,} periods"),
    "layers": _hold(
        lambda protocol: sum(hasattr(layer, "weights") for layer in protocol.layers),
        "the number of layers with weights is {}",
    ),
    "hidden_units": _hold(
        lambda protocol: tuple(each.units for each in protocol.layers if isinstance(each, Layer))[:-1],
        "the units of the hidden layers are {}",
    ),
    "optimizer": _hold(lambda protocol: _name_optimizer(protocol.optimizer), "the optimiser is {}"),
    "learning_rate": _hold(
        lambda protocol: _find_first_rate(protocol.optimizer.learning_rate), "the first step's learning rate is {:g}"
    ),
    "penalty": _hold(
        lambda protocol: protocol.loss.penalty.factor if protocol.loss.penalty else 0.0, "the penalty's factor is {:g}"
    ),
    "images": _judge_range,
    "trained_on": _judge_trained_on,
}

_SOURCES = {"train": "training", "test": "test"}


def describe_images(images: ImageSlice) -> str:
    """Name a range of the original images, counted from 1."""
    return f"{_SOURCES[images.source]} images {images.start + 1:,} to {images.stop:,}"
