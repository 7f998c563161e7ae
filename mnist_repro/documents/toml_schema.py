"""TOML files, read and validated; and the rules of the values that they hold.

Every broken rule gives one ReproError: the file and the place in it, the rule, what was received, what to do.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from mnist_repro.documents.validation import Kind, MisfitError, convert
from mnist_repro.errors import ReproError

__all__ = ["ID_RULE", "Id", "Text", "Traversable", "check_name", "check_table", "check_unique", "is_id", "read_toml"]

if sys.version_info >= (3, 11):
    from importlib.resources.abc import Traversable

    import tomllib
else:
    from importlib.abc import Traversable

    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

_ID = r"^[a-z0-9]+(?:[.-][a-z0-9]+)*\Z"
# What may name an experiment, a claim and, with either, a file.
ID_RULE = "lower-case letters and digits, separated by single points or hyphens"
is_id = re.compile(_ID).search
Id = Annotated[str, Meta(pattern=_ID, description=ID_RULE)]
Text = Annotated[str, Meta(pattern=r"\S", description="text in quotes that is not empty")]


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


def check_table(table: Any, kind: type[Kind], *, place: str) -> Kind:
    """Return a parsed table as the dataclass `kind`, or raise a ReproError that names `place` and the key."""
    try:
        return convert(table, kind)
    except MisfitError as error:
        key = (
            re.sub(r"\[(\d+)\]\.?", lambda index: f", entry {int(index[1]) + 1}, ", error.place)
            .replace(", :", ":")
            .strip("., ")
        )
        rule = error.rule.replace("must be object", "must be a table").replace("must be array", "must be an array")
        received = f" Received: {error.received}." if error.received else ""
        msg = f"{place}: {f'{key} {rule}'.lstrip()}.{received} Correct it there."
        raise ReproError(msg) from error


def check_name(name: str, *, place: str) -> None:
    """Raise a ReproError that names `place` unless `name` can be a part of an id."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        msg = (
            f"{place}: a name has lower-case letters and digits, separated by single hyphens. "
            f"Received: {name!r}. Correct it there."
        )
        raise ReproError(msg)


def check_unique(ids: Sequence[str], *, place: str) -> None:
    """Raise a ReproError that names `place` if any of `ids` stands there twice."""
    if twice := [id_ for id_, count in Counter(ids).items() if count > 1]:
        msg = f"{place}: ids are unique. Received twice: {', '.join(twice)}. Rename or remove one of each."
        raise ReproError(msg)
