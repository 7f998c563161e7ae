"""JSON read exactly: finite numbers, no name twice, and every value of the type that a dataclass declares."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from mnist_repro.documents.toml_schema import read_bounded
from mnist_repro.documents.validation import Kind, convert, name_some
from mnist_repro.errors import ReproError

# Of a line of records, and of a file of measurements: a hundred times the largest known. In memory, JSON takes thirty
# times that at worst.
MOST_BYTES = 1 << 24


class NewerSchemaError(ValueError):
    """A newer version of this program wrote it."""


def parse_json(text: str) -> Any:
    """Parse JSON as its standard has it, with finite numbers and no name twice in one object.

    Raises
    ------
    ValueError
        If `text` is anything else; the message names the rule.
    """
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_parse_float, object_pairs_hook=_build_object
        )
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None


def decode(text: str, kind: type[Kind], *, where: str, schema: int | None = None, oldest: int | None = None) -> Kind:
    """Return the JSON `text` as the type `kind`.

    Parameters
    ----------
    where
        Name of the value; places in messages start with it.
    schema
        The newest version that can be read, as the object's key `schema` has it; None where it has no such key.
    oldest
        The oldest that can be read; None is `schema`, alone.

    Raises
    ------
    NewerSchemaError
        If its version is newer.
    ValueError
        If it is no such JSON; the message has the place, the rule and what was received.
    """
    values = parse_json(text)
    if schema is not None:
        version = values.pop("schema", None) if isinstance(values, dict) else None
        readable = range(oldest or schema, schema + 1)
        if type(version) is not int or version not in readable:  # True equals 1
            msg = f"the schema version is {' or '.join(map(str, readable))}; received {version!r:.80}"
            raise NewerSchemaError(msg) if type(version) is int and version > schema else ValueError(msg)
    return convert(values, kind, where=where)


def read_measurement(file: Path, kind: type[Kind], *, remedy: str, schema: int | None = None) -> Kind | None:
    """Read a file of measurements; None where there is none.

    Parameters
    ----------
    kind, schema
        As `decode` takes them.
    remedy
        What to do if the file cannot be read, for the end of the message.

    Raises
    ------
    ReproError
        If the file cannot be read or is not of this type; names the file, the place, the rule and the remedy.
    """
    if not file.exists():
        return None
    try:
        return decode(read_bounded(file, most_bytes=MOST_BYTES), kind, where=file.stem, schema=schema)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"{file} cannot be read: {reason}. {remedy}"
        raise ReproError(msg) from error


def _refuse_constant(name: str) -> float:
    msg = f"numbers are finite; received {name}"
    raise ValueError(msg)


def _parse_float(text: str) -> float:
    return number if math.isfinite(number := float(text)) else _refuse_constant(f"{text:.80}")


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        twice = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        msg = f"a name stands once in an object; received twice: {name_some(twice)}"
        raise ValueError(msg)
    return built
