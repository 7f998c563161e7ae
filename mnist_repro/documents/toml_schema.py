"""Tables of TOML files, read and held against the rules of their keys.

Every rule that is broken gives one ReproError: the file and the place in it, the rule, what was received, what to do.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from mnist_repro.errors import ReproError

__all__ = [
    "ARRAY",
    "FROM_1",
    "ID",
    "OPTIONAL_TEXT",
    "TABLE",
    "TEXT",
    "Key",
    "Traversable",
    "check_name",
    "check_table",
    "check_unique",
    "read_toml",
]

if sys.version_info >= (3, 11):
    from importlib.resources.abc import Traversable

    import tomllib
else:
    from importlib.abc import Traversable

    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]


class Key(NamedTuple):
    """What a key must hold: a value of exactly the type `kind` that `accepts` finds true; `rule` says so."""

    kind: type
    rule: str
    accepts: Callable[[Any], object] = lambda _: True
    required: bool = True


TEXT = Key(str, "text in quotes that is not empty", str.strip)
# What may name an experiment, a claim and, with either, a file.
ID = Key(
    str,
    "lower-case letters and digits, parted by single points or hyphens",
    re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*").fullmatch,
)
OPTIONAL_TEXT = TEXT._replace(required=False)
FROM_1 = Key(int, "a whole number from 1", lambda number: number >= 1)
TABLE = Key(dict, "a table")
ARRAY = Key(list, "an array that is not empty", len)


def read_toml(file: Traversable) -> dict[str, Any]:
    """Return the content of a TOML file, or raise a ReproError that says why it cannot be read."""
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"Each document's folder holds a claims.toml; {file} cannot be read: {error}. Write the file."
        raise ReproError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{file} must be UTF-8, but is not: {error}. Save it again as UTF-8."
        raise ReproError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{file} must be valid TOML, but is not: {error}. Correct it there."
        raise ReproError(msg) from error
    except RecursionError:
        msg = f"{file} must be valid TOML, but is nested too deeply. Correct it there."
        raise ReproError(msg) from None
    return content


def check_table(table: Any, *, keys: Mapping[str, Key], place: str) -> None:
    """Raise a ReproError that names `place` unless `table` keeps the rules of `keys`."""
    if type(table) is not dict:
        msg = f"{place}: must be a table. Received: {table!r}. Give it the keys {', '.join(keys)}."
        raise ReproError(msg)
    if unknown := [key for key in table if key not in keys]:
        msg = f"{place}: unknown key {', '.join(unknown)}. Known: {', '.join(keys)}. Correct or remove it."
        raise ReproError(msg)
    if missing := [key for key, rule in keys.items() if rule.required and key not in table]:
        received = ", ".join(table) or "no key"
        msg = f"{place}: needs {', '.join(missing)}. Received: {received}. Add what is missing."
        raise ReproError(msg)
    for key, value in table.items():
        # The exact type: TOML's true would pass for a line number otherwise.
        if type(value) is not keys[key].kind or not keys[key].accepts(value):
            msg = f"{place}: {key} must be {keys[key].rule}. Received: {value!r}. Correct it there."
            raise ReproError(msg)


def check_name(name: str, *, place: str) -> None:
    """Raise a ReproError that names `place` unless `name` can be a part of an id."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        msg = (
            f"{place}: a name has lower-case letters and digits, parted by single hyphens. "
            f"Received: {name!r}. Correct it there."
        )
        raise ReproError(msg)


def check_unique(ids: Sequence[str], *, place: str) -> None:
    """Raise a ReproError that names `place` if any of `ids` stands there twice."""
    if twice := [id_ for id_, count in Counter(ids).items() if count > 1]:
        msg = f"{place}: ids are unique. Received twice: {', '.join(twice)}. Rename or remove one of each."
        raise ReproError(msg)
