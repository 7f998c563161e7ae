"""What a document says of its experiments without reporting a number: in its text, in a comment, by a name.

Each statement is an entry of `claims.toml` with a rule, by which it is held against the experiment as it is declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mnist_repro.documents.protocol import EvaluationSet, ImageSlice, Protocol
from mnist_repro.documents.toml_schema import FROM_1, OPTIONAL_TEXT, TEXT, Key, check_name, check_table
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class BatchSize:
    """Rule: a step takes so many images."""

    images: int


@dataclass(frozen=True, kw_only=True)
class ImageRange:
    """Rule: an evaluation set is a range of the original images, counted from 1, both ends included."""

    evaluation_set: str
    source: Literal["train", "test"]
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class TrainedOn:
    """Rule: an evaluation set is a part of what the network is trained on."""

    evaluation_set: str


Rule = BatchSize | ImageRange | TrainedOn


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a document says of an experiment without reporting a number.

    Parameters
    ----------
    id
        Name of the statement, unique over all documents.
    document
        Id of the document.
    experiments
        Ids of the experiments that it is about.
    lines
        Lines of the stored text where it stands, counted from 1.
    says
        What the document says, in our words.
    rule
        What must hold of the experiments, as they are declared, for it to be true.
    """

    id: str
    document: str
    experiments: tuple[str, ...]
    lines: tuple[int, ...]
    says: str
    rule: Rule


_STATEMENT_KEYS = {
    "experiments": Key(list, "an array of ids of experiments", lambda ids: ids and all(type(i) is str for i in ids)),
    "lines": Key(
        list, "an array of line numbers", lambda lines: lines and all(type(n) is int and n > 0 for n in lines)
    ),
    "says": TEXT,
    "batch_size": FROM_1._replace(required=False),
    "images": Key(dict, "a table", required=False),
    "trained_on": OPTIONAL_TEXT,
}
_RULE_NAMES = ("batch_size", "images", "trained_on")
_IMAGES_KEYS = {
    "evaluation_set": TEXT,
    "source": Key(str, "train or test", ("train", "test").__contains__),
    "first": FROM_1,
    "last": FROM_1,
}


def read_statements(tables: Mapping[str, Any], *, document: str, file: str) -> tuple[Statement, ...]:
    """Read the tables ``[statement.<name>]`` of the document's `file`.

    Raises
    ------
    ReproError
        If one breaks a rule.
    """
    found = []
    for name, table in tables.items():
        place = f"{file}, statement.{name}"
        check_name(name, place=place)
        check_table(table, keys=_STATEMENT_KEYS, place=place)
        rules = [key for key in _RULE_NAMES if key in table]
        if len(rules) != 1:
            msg = (
                f"{place}: needs exactly one rule of {', '.join(_RULE_NAMES)}. "
                f"Received: {', '.join(rules) or 'none'}. Keep or add one."
            )
            raise ReproError(msg)
        found.append(
            Statement(
                id=f"{document}.{name}",
                document=document,
                experiments=tuple(table["experiments"]),
                lines=tuple(table["lines"]),
                says=table["says"],
                rule=_read_rule(rules[0], table[rules[0]], place=place),
            )
        )
    return tuple(found)


def _read_rule(name: str, value: Any, *, place: str) -> Rule:
    if name == "batch_size":
        return BatchSize(images=value)
    if name == "trained_on":
        return TrainedOn(evaluation_set=value)
    check_table(value, keys=_IMAGES_KEYS, place=f"{place}, images")
    if value["last"] < value["first"]:
        msg = f"{place}: last must be at least first, {value['first']}. Received: {value['last']}. Correct it there."
        raise ReproError(msg)
    return ImageRange(**value)


_SOURCES = {"train": "training", "test": "test"}


def apply_rule(statement: Statement, protocol: Protocol) -> tuple[bool, str]:
    """Return whether a statement holds of an experiment, and what is declared there, in words.

    Raises
    ------
    ReproError
        If it names an evaluation set that the experiment does not declare.
    """
    rule = statement.rule
    if isinstance(rule, BatchSize):
        size = protocol.training.batch_size
        return size == rule.images, f"a step takes {size:,} images"
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
