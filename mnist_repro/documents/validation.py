"""The one validator: parsed JSON or TOML becomes frozen dataclasses, exactly as these declare, or is refused.

A field's type, with a range or a pattern as `msgspec.Meta`, is its rule; the description there is the rule in words.
Rules between fields stand in `__post_init__`, which raises a ValueError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

Kind = TypeVar("Kind")

Positive = Annotated[float, Meta(gt=0, description="a positive number")]
From1 = Annotated[int, Meta(ge=1, description="a whole number from 1")]


class MisfitError(ValueError):
    """A value breaks a rule of its type."""

    def __init__(self, place: str, rule: str, received: str = "") -> None:
        super().__init__(f"{place} {rule}".lstrip() + (f"; received {received}" if received else ""))
        self.place = place  #: the way to the value, such as ``.periods[1].step``
        self.rule = rule  #: a predicate: "must be ..."
        self.received = received  #: the value, shortened; empty where `rule` has it


def convert(value: Any, kind: type[Kind], *, where: str = "") -> Kind:
    """Return `value`, as a parser gives it, as the type `kind`.

    Nothing is coerced, except whole numbers to float, lists to tuples and text to an Enum's members. A dataclass has
    exactly its fields; a `msgspec.Struct` may have others, which are ignored.

    Parameters
    ----------
    where
        Name of the value; places in messages start with it.

    Raises
    ------
    MisfitError
        If a value is of another type or out of its range, or a key is unknown or missing.
    """
    _check(value, kind, where)
    return _convert(value, kind)


def _convert(value: Any, kind: type[Kind]) -> Kind:
    return msgspec.convert(value, kind, builtin_types=(date,))  # text is no date


def _check(value: Any, kind: Any, place: str) -> None:
    """Raise the error of the innermost value that does not fit."""
    bare, description = _unwrap(kind)
    if is_dataclass(bare) and type(value) is dict:
        known = [field.name for field in fields(bare)]
        if unknown := [key for key in value if key not in known]:
            rule = f"may have the keys {', '.join(known)}"
            raise MisfitError(place, rule, f"unknown key {name_some(unknown)}")
    for step, item, item_kind in _parts(value, bare):
        _check(item, item_kind, place + step)
    try:
        _convert(value, kind)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # half of a surrogate pair has no bytes
        raise _explain(error, place, value, bare=bare, description=description) from None


def name_some(names: Sequence[str], *, most: int = 5) -> str:
    """Name the first of any number of things, however long their names are."""
    named = ", ".join(f"{name:.80}" for name in names[:most])
    return f"{named} and {len(names) - most:,} more" if len(names) > most else named


@cache
def _unwrap(kind: Any) -> tuple[Any, str]:
    """Return a type without `Annotated` and ``| None``, and the rule in words that it has."""
    arguments = get_args(kind)
    if get_origin(kind) is Annotated:
        return arguments[0], next((meta.description for meta in arguments[1:] if meta.description), "")
    if len(arguments) == 2 and arguments[1] is NoneType:  # noqa: PLR2004 - T | None
        return _unwrap(arguments[0])
    return kind, ""


_hints = cache(get_type_hints)


def _parts(value: Any, kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of a container: the step to each, itself and its type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if type(value) is dict and isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct)):
        hints = _hints(kind, include_extras=True)
        yield from ((f".{key}", item, hints[key]) for key, item in value.items() if key in hints)
    elif type(value) is dict and origin is dict:
        yield from ((f".{key}", item, arguments[1]) for key, item in value.items())
    elif type(value) is list and origin is tuple:
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        yield from ((f"[{i}]", item, item_kind) for i, (item, item_kind) in enumerate(zip(value, kinds, strict=False)))


def _explain(error: Exception, place: str, value: Any, *, bare: Any, description: str) -> MisfitError:
    """Return the error in words."""
    expected, _, _ = str(error).partition(", got ")
    if expected.startswith("Object missing"):
        return MisfitError(place, f"needs {expected.split('`')[1]}", f"{', '.join(value) or 'no key':.80}")
    if get_origin(bare) is Literal:
        description = f"one of {', '.join(get_args(bare))}"
    elif isinstance(bare, type) and issubclass(bare, Enum):
        description = f"one of {', '.join(str(each.value) for each in bare)}"
    elif bare is float and not description:
        description = "a finite number"
    elif expected.startswith("Expected ") and not description:
        description = expected.removeprefix("Expected ").replace("`", "")
    if description:
        return MisfitError(place, f"must be {description}", f"{value!r:.80}")
    # A rule between fields comes in its own words.
    return MisfitError(f"{place}:" if place else "", str(error))
