"""JSON read into frozen dataclasses, with the types that these declare: exactly, or not at all.

The reader of each type is made once, from its annotations; a large store has millions of values.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

_Reader: TypeAlias = Callable[[Any], Any]

# Records have many equal numbers, such as fractions of a thousand images: one object serves for all of them.
_shared_floats: dict[float, float] = {}
_shared_wholes: dict[int, int] = {}
_MOST_SHARED = 1 << 14


class _MisfitError(Exception):
    """A value is not of its type: the rule that it breaks, and its place within what is read."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.place = ""


def parse_json(text: str) -> Any:
    """Parse JSON as its standard has it: finite numbers, and no name twice in one object.

    Raises
    ------
    ValueError
        If `text` is anything else; the message says which rule is broken.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_build_object)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None


class NewerSchemaError(ValueError):
    """A newer version of this program wrote it."""


def parse_versioned(text: str, *, schema: int, what: str) -> dict[str, Any]:
    """Parse a JSON object that says which version of its form it has, and return the rest of it.

    Parameters
    ----------
    text
        As `parse_json` takes it.
    schema
        The version that can be read, as the object's `schema` has to be.
    what
        Name of the object, for messages.

    Raises
    ------
    NewerSchemaError
        If its version is newer.
    ValueError
        If it is not such an object.
    """
    values = parse_json(text)
    if not isinstance(values, dict):
        msg = f"{what} is a JSON object; received {type(values).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - readers handle one kind of error
    version = values.pop("schema", None)
    if type(version) is not int or version != schema:  # True equals 1
        msg = f"the schema version is {schema}; received {version!r:.80}"
        raise NewerSchemaError(msg) if type(version) is int and version > schema else ValueError(msg)
    return values


def read_typed(expected: Any, value: Any, *, where: str) -> Any:
    """Return `value`, as JSON has it, as the type `expected`.

    Parameters
    ----------
    expected
        A frozen dataclass of keyword arguments, or a type that a field of one may have: str, int, bool, float, Literal,
        ``T | None``, ``tuple[T, ...]``, ``dict[str, T]``, or another such dataclass. One whose ``SHARED_WHEN_READ`` is
        true is made once from equal JSON.
    where
        What the value is called in messages.

    Raises
    ------
    ValueError
        If it is of another type, lacks a field, or has one too many; the message names the place.
    """
    try:
        return _reader(expected)(value)
    except _MisfitError as error:
        msg = f"{where}{error.place} {error.rule}"
        raise ValueError(msg) from None


def _refuse_constant(name: str) -> float:
    msg = f"numbers are finite; received {name}"
    raise ValueError(msg)


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        msg = f"a name stands once in an object; received twice: {', '.join(twice)}"
        raise ValueError(msg)
    return built


@cache
def _reader(expected: Any) -> _Reader:  # noqa: PLR0911 - one return for each kind of type
    """Return the function that reads one type."""
    origin, arguments = get_origin(expected), get_args(expected)
    if expected is float:
        return _read_float
    if expected is str:
        return _read_text
    if expected is int:
        return _read_whole
    if expected in {bool, NoneType}:
        return _exact_reader(expected)
    if origin is Literal:
        return _literal_reader(expected)
    if origin in {Union, UnionType}:
        return _optional_reader(_reader(arguments[0]))
    if origin is tuple:
        return _tuple_reader(_reader(arguments[0]), expected)
    if origin is dict:
        return _dict_reader(_reader(arguments[1]), expected)
    if isinstance(expected, type) and is_dataclass(expected):
        read = _dataclass_reader(expected)
        return _sharing_reader(read) if getattr(expected, "SHARED_WHEN_READ", False) else read
    msg = f"no reader of {expected}"
    raise TypeError(msg)


def _refuse(expected: Any, value: Any) -> _MisfitError:
    name = "a finite number" if expected is float else getattr(expected, "__name__", expected)
    return _MisfitError(f"is {name}; received {value!r:.80}")


def _read_float(value: Any) -> float:
    # JSON has larger numbers than float64.
    if type(value) is float and -sys.float_info.max <= value <= sys.float_info.max:
        # Zero has two signs, which are equal.
        if value and len(_shared_floats) < _MOST_SHARED:
            return _shared_floats.setdefault(value, value)
        return _shared_floats.get(value, value) if value else value
    if type(value) is int and abs(value) <= sys.float_info.max:
        return float(value)
    raise _refuse(float, value)


def _read_whole(value: Any) -> int:
    # bool is a subclass of int, and no number.
    if type(value) is not int:
        raise _refuse(int, value)
    if len(_shared_wholes) < _MOST_SHARED:
        return _shared_wholes.setdefault(value, value)
    return _shared_wholes.get(value, value)


def _read_text(value: Any) -> str:
    if type(value) is str:
        # The records of a store share most of their texts.
        return sys.intern(value)
    raise _refuse(str, value)


def _exact_reader(expected: type) -> _Reader:
    def read(value: Any) -> Any:
        if type(value) is expected:
            return value
        raise _refuse(expected, value)

    return read


def _literal_reader(expected: Any) -> _Reader:
    allowed = get_args(expected)

    def read(value: Any) -> Any:
        if type(value) is str and value in allowed:
            return sys.intern(value)
        raise _refuse(expected, value)

    return read


def _optional_reader(read_value: _Reader) -> _Reader:
    return lambda value: None if value is None else read_value(value)


def _tuple_reader(read_item: _Reader, expected: Any) -> _Reader:
    reads_wholes = read_item is _read_whole

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise _refuse(expected, value)
        # Confusion matrices are half of all values: this is the same, at a fifth of the time.
        if reads_wholes and set(map(type, value)) == {int}:
            return tuple(map(_shared_wholes.get, value, value))
        try:
            return tuple([read_item(item) for item in value])
        except _MisfitError:
            _blame(read_item, {f"[{i}]": item for i, item in enumerate(value)})
            raise

    return read


def _dict_reader(read_item: _Reader, expected: Any) -> _Reader:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _refuse(expected, value)
        try:
            return {sys.intern(key): read_item(item) for key, item in value.items()}
        except _MisfitError:
            _blame(read_item, {f".{key}": item for key, item in value.items()})
            raise

    return read


def _dataclass_reader(expected: type) -> _Reader:
    types = get_type_hints(expected)
    readers = {field.name: _reader(types[field.name]) for field in fields(expected)}

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise _refuse(expected, value)
        if value.keys() != readers.keys():
            missing = [name for name in readers if name not in value]
            unknown = [name for name in value if name not in readers]
            raise _MisfitError(f"lacks {', '.join(missing)}" if missing else f"has no field {', '.join(unknown)}")
        try:
            return expected(**{name: read_field(value[name]) for name, read_field in readers.items()})
        except _MisfitError:
            for name, read_field in readers.items():
                _blame(read_field, {f".{name}": value[name]})
            raise

    return read


def _sharing_reader(read_value: _Reader) -> _Reader:
    """Return a reader that gives the same object for the same JSON, as long as there are few."""
    known: dict[str, Any] = {}

    def read(value: Any) -> Any:
        # Unlike equality it tells 1 from 1.0 and from true.
        key = repr(value)
        if key in known:
            return known[key]
        found = read_value(value)
        if len(known) < _MOST_SHARED:
            known[key] = found
        return found

    return read


def _blame(read: _Reader, items: dict[str, Any]) -> None:
    """Read again, one by one, what could not be read together, so that the error has its place."""
    for place, item in items.items():
        try:
            read(item)
        except _MisfitError as error:  # noqa: PERF203 - only where something is wrong
            error.place = place + error.place
            raise
