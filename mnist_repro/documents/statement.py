"""What a document says of its experiments without reporting a number: in its text, in a comment, by a name.

Each statement is a table of `claims.toml` with a rule, which is checked against the experiment as it is declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from mnist_repro.documents.protocol import EvaluationSet, ImageSlice, Protocol
from mnist_repro.documents.toml_schema import Text, check_name
from mnist_repro.documents.validation import From1
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class BatchSize:
    """Rule: a step trains on this number of images."""

    images: int


@dataclass(frozen=True, kw_only=True)
class Periods:
    """Rule: a run has this number of periods."""

    periods: int


@dataclass(frozen=True, kw_only=True)
class ImageRange:
    """Rule: an evaluation set is a range of the original images."""

    evaluation_set: Text  #: name of the set
    source: Literal["train", "test"]  #: of its images
    first: From1  #: counted from 1
    last: From1  #: included

    def __post_init__(self) -> None:
        if self.last < self.first:
            msg = f"last must be at least first, {self.first}. Received: {self.last}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class TrainedOn:
    """Rule: an evaluation set is a part of the training images."""

    evaluation_set: str


Rule = BatchSize | Periods | ImageRange | TrainedOn


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a document says of an experiment without reporting a number."""

    id: str  #: unique over all documents
    document: str  #: id of the document
    experiments: tuple[str, ...]  #: ids of the experiments that it is about
    lines: tuple[int, ...]  #: of the stored text, counted from 1
    says: str  #: in our words
    rule: Rule  #: holds of the experiments, as they are declared, if the statement is true


_RULES = ("batch_size", "periods", "images", "trained_on")


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
    images: ImageRange | None = None  #: rule: the range that an evaluation set is
    trained_on: Text | None = None  #: rule: name of an evaluation set that is a part of the training images

    def __post_init__(self) -> None:
        rules = [key for key in _RULES if getattr(self, key) is not None]
        if len(rules) != 1:
            msg = f"needs exactly one rule of {', '.join(_RULES)}. Received: {', '.join(rules) or 'none'}"
            raise ValueError(msg)

    @property
    def rule(self) -> Rule:
        """The one rule."""
        if self.batch_size is not None:
            return BatchSize(images=self.batch_size)
        if self.periods is not None:
            return Periods(periods=self.periods)
        return self.images or TrainedOn(evaluation_set=str(self.trained_on))


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
            rule=table.rule,
        )
        for name, table in tables.items()
    )


_SOURCES = {"train": "training", "test": "test"}


def apply_rule(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
    """Return whether a statement is true of an experiment, and what the experiment declares, in words.

    Raises
    ------
    ReproError
        If it names an evaluation set that the experiment does not declare.
    """
    rule = statement.rule
    if isinstance(rule, BatchSize):
        size = protocol.training.batch_size
        return size == rule.images, f"a step takes {size:,} images"
    if isinstance(rule, Periods):
        periods = protocol.training.periods
        return periods == rule.periods, f"a run has {periods:,} periods"
    images = _find_set(protocol, rule.evaluation_set, place=statement.id).images
    fact = f"the set called {rule.evaluation_set} is {describe_images(images)}"
    if isinstance(rule, ImageRange):
        return images == ImageSlice(source=rule.source, start=rule.first - 1, stop=rule.last), fact
    trained = protocol.training.images
    inside = images.source == trained.source and trained.start <= images.start and images.stop <= trained.stop
    return inside, f"{fact}, and {describe_images(trained)} are trained on"


def _find_set(protocol: Protocol, name: str, *, place: str) -> EvaluationSet:
    known = {candidate.name: candidate for candidate in protocol.evaluation_sets}
    if name not in known:
        msg = (
            f"Statement {place}: an evaluation set of {protocol.id} is one of {', '.join(known)}. "
            f"Received: {name!r}. Correct it in claims.toml."
        )
        raise ReproError(msg)
    return known[name]


def describe_images(images: ImageSlice) -> str:
    """Name a range of the original images, counted from 1."""
    return f"{_SOURCES[images.source]} images {images.start + 1:,} to {images.stop:,}"
