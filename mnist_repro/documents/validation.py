"""The one validator: what a parser or a program gives is exactly as frozen dataclasses declare it, or is refused.

A field's type, with a range or a pattern as `msgspec.Meta`, is its rule; the description there is the rule in words.
Rules between fields stand in `__post_init__`, which raises a ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

Kind = TypeVar("Kind")

_REFUSED = (msgspec.ValidationError, UnicodeEncodeError)  # half of a surrogate pair has no bytes

Flag = Annotated[bool, Meta(description="True or False")]
Number = Annotated[float, Meta(description="a finite number")]
Positive = Annotated[float, Meta(gt=0, description="a positive number")]
NotNegative = Annotated[float, Meta(ge=0, description="a number from 0")]
Fraction = Annotated[float, Meta(ge=0, le=1, description="a fraction from 0 to 1, such as 0.97 for 97 %")]
KeptFraction = Annotated[
    float, Meta(gt=0, le=1, description="the fraction kept, above 0 and at most 1, such as 0.8 where 20 % are dropped")
]
Decay = Annotated[float, Meta(ge=0, lt=1, description="a number from 0 and below 1")]
From0 = Annotated[int, Meta(ge=0, description="a whole number from 0")]
From1 = Annotated[int, Meta(ge=1, description="a whole number from 1")]

# Metadata of a field that came after the first records: it is hashed only where it is not at its default.
ADDED_LATER: dict[str, Any] = {"hashed_at_default": False}


class MisfitError(ValueError):
    """A value breaks a rule of its type."""

    def __init__(self, place: str, rule: str, received: str = "") -> None:
        super().__init__(f"{place} {rule}".lstrip() + (f"; received {received}" if received else ""))
        self.place = place  #: the way to the value, such as ``.periods[1].step``
        self.rule = rule  #: a predicate: "must be ..."
        self.received = received  #: the value, shortened; empty where `rule` has it


def require(holds: bool, place: str, rule: str, *received: object) -> None:  # noqa: FBT001 - as of assert
    """Raise a MisfitError unless a rule between values holds."""
    if not holds:
        raise MisfitError(place, rule, f"{', '.join(map(repr, received)):.80}")


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
    try:
        converted, fits = _convert(value, kind), True
    except _REFUSED:
        converted, fits = None, False
    _check(value, kind, where, fits=fits)
    return converted  # type: ignore[return-value]  # the check raises where nothing was converted


class Checked:
    """A dataclass whose objects, which programs make, are checked field by field as they are made.

    Lists become tuples, and numbers Python's own: what is equal is written alike, and has the same hash.

    Raises
    ------
    MisfitError
        If a value is of another type or out of its range.
    """

    def __post_init__(self) -> None:
        own: Any = type(self)
        for name, kind in _hints(own).items():
            object.__setattr__(self, name, _fit(getattr(self, name), kind, f"{own.__name__}.{name}"))


def _fit(value: Any, kind: Any, place: str) -> Any:
    """Return an object of a program as the type `kind`, whose dataclasses are made already."""
    optional, item_kind, classes, rule = _shape(kind)
    if value is None and optional:
        return None
    if item_kind is not None:
        require(isinstance(value, (list, tuple)), place, rule, value)
        return tuple(_fit(item, item_kind, f"{place}[{number}]") for number, item in enumerate(value))
    if classes:
        require(isinstance(value, classes), place, rule, value)
        return value
    if isinstance(value, Real) and not isinstance(value, bool):  # NumPy's numbers too
        value = int(value) if isinstance(value, Integral) else float(value)
        if not math.isfinite(value):
            raise MisfitError(place, "must be a finite number", repr(value))
    return convert(dict(value) if isinstance(value, Mapping) else value, kind, where=place)


@cache
def _shape(kind: Any) -> tuple[bool, Any, tuple[type, ...], str]:
    """Return whether a type takes None, the type of a tuple's items, the dataclasses, and the rule in words."""
    bare, _ = _unwrap(kind)
    item_kind = get_args(bare)[0] if get_origin(bare) is tuple else None
    kinds = get_args(bare) if isinstance(bare, UnionType) else (bare,)
    classes = tuple(each for each in kinds if is_dataclass(each) and isinstance(each, type))
    names, rule = [each.__name__ for each in classes], "must be a tuple, such as (..., )"
    if names:
        rule = f"must be {' or '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}, such as {names[0]}(...)"
    return NoneType in get_args(kind), item_kind, classes, rule


def _convert(value: Any, kind: type[Kind]) -> Kind:
    return msgspec.convert(value, kind, builtin_types=(date,))  # text is no date


def _check(value: Any, kind: Any, place: str, *, fits: bool) -> None:
    """Raise the error of the first unknown key, or of the innermost value that does not fit where not all `fits`."""
    if fits and type(value) not in {dict, list}:  # what has no keys
        return
    bare, description = _unwrap(kind)
    if is_dataclass(bare) and type(value) is dict:
        known = [field.name for field in fields(bare)]
        if unknown := [key for key in value if key not in known]:
            rule = f"may have the keys {', '.join(known)}"
            raise MisfitError(place, rule, f"unknown key {name_some(unknown)}")
    for step, item, item_kind in _parts(value, bare):
        _check(item, item_kind, place + step, fits=fits)
    if fits:
        return
    try:
        _convert(value, kind)
    except _REFUSED as error:
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


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _parts(value: Any, kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of a container: the step to each, itself and its type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if type(value) is dict and isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct)):
        hints = _hints(kind)
        yield from ((f".{key}", item, hints[key]) for key, item in value.items() if key in hints)
    elif type(value) is dict and origin in {dict, Mapping}:
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
