"""JSON read into frozen dataclasses, with the types that these declare: exactly, or not at all."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def parse_json(text: str) -> Any:
    """Parse JSON as its standard has it, where numbers are finite.

    Raises
    ------
    ValueError
        If `text` is anything else; the message says which rule is broken.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None


def read_typed(expected: Any, value: Any, *, where: str) -> Any:  # noqa: PLR0911 - one return for each kind of type
    """Return `value`, as JSON has it, as the type `expected`.

    Parameters
    ----------
    expected
        A dataclass of keyword arguments, or a type that a field of one may have: str, int, bool, float, Literal,
        ``T | None``, ``tuple[T, ...]``, ``dict[str, T]``, or another such dataclass.
    where
        What the value is called in messages.

    Raises
    ------
    ValueError
        If it is of another type, lacks a field, or has one too many; the message names the place.
    """
    origin, arguments = get_origin(expected), get_args(expected)
    # JSON has larger numbers than float64.
    if expected is float and type(value) in {int, float} and abs(value) <= sys.float_info.max:
        return float(value)
    if expected in {str, int, bool, NoneType}:
        # bool is a subclass of int, and no number.
        if type(value) is expected:
            return value
    elif origin is Literal:
        if value in arguments:
            return value
    elif origin in {Union, UnionType}:
        return None if value is None else read_typed(arguments[0], value, where=where)
    elif origin is tuple and isinstance(value, list):
        return tuple(read_typed(arguments[0], item, where=f"{where}[{i}]") for i, item in enumerate(value))
    elif origin is dict and isinstance(value, dict):
        return {key: read_typed(arguments[1], item, where=f"{where}.{key}") for key, item in value.items()}
    elif isinstance(value, dict) and isinstance(expected, type) and is_dataclass(expected):
        return _read_dataclass(expected, value, where=where)
    name = "a finite number" if expected is float else getattr(expected, "__name__", expected)
    msg = f"{where} is {name}; received {value!r:.80}"
    raise ValueError(msg)


def _read_dataclass(expected: type, value: dict[str, Any], *, where: str) -> Any:
    names = [f.name for f in fields(expected)]
    if missing := [name for name in names if name not in value]:
        msg = f"{where} lacks {', '.join(missing)}"
        raise ValueError(msg)
    if unknown := [name for name in value if name not in names]:
        msg = f"{where} has no field {', '.join(unknown)}"
        raise ValueError(msg)
    types = get_type_hints(expected)
    return expected(**{name: read_typed(types[name], value[name], where=f"{where}.{name}") for name in names})


def _refuse_constant(name: str) -> float:
    msg = f"numbers are finite; received {name}"
    raise ValueError(msg)
