"""TOML files, read and validated; and the rules of the values that they hold.

Every broken rule gives one ReproError: the file and the place in it, the rule, what was received, what to do.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mnist_repro.documents.validation import Kind, MisfitError, convert, name_some
from mnist_repro.errors import ReproError

__all__ = [
    "ID_RULE",
    "Id",
    "Text",
    "Traversable",
    "check_name",
    "check_rule",
    "check_table",
    "check_unique",
    "is_id",
    "is_stream",
    "parse_toml",
    "read_bounded",
    "read_toml",
]

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


# The time that Python's parser takes grows with the square of a key's parts.
_MOST_TOML_BYTES, _MOST_POINTS = 1 << 20, 1_000


def is_stream(file: Traversable) -> bool:
    """Return whether a path is a device, a pipe or a socket, which may have no end, or wait for a writer for ever."""
    return isinstance(file, Path) and file.exists() and not (file.is_file() or file.is_dir())


def read_bounded(file: Traversable, *, most_bytes: int) -> str:
    """Return the text of a file, which has a limit.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is longer, not UTF-8, or no file.
    """
    if is_stream(file):
        msg = "it is a device or a pipe, and no file"
        raise ValueError(msg)
    with file.open("rb") as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        msg = f"a file of this kind has at most {most_bytes:,} bytes; this one has more"
        raise ValueError(msg)
    # With the line ends of any system, as Python reads texts.
    return content.decode().replace("\r\n", "\n").replace("\r", "\n")


def read_toml(file: Traversable) -> str:
    """Return the text of a TOML file, or raise a ReproError that says why it cannot be read."""
    with _explained(file):
        return read_bounded(file, most_bytes=_MOST_TOML_BYTES)


def parse_toml(text: str, *, file: Traversable) -> dict[str, Any]:
    """Return the content of a TOML file by its text, or raise a ReproError that says why it is not TOML."""
    with _explained(file):
        if any(line.count(".") > _MOST_POINTS for line in text.splitlines()):
            msg = f"a line has at most {_MOST_POINTS:,} points; one of its lines has more"
            raise ValueError(msg)
        parsed: dict[str, Any] = tomllib.loads(text)
        return parsed


@contextmanager
def _explained(file: Traversable) -> Iterator[None]:
    """Raise a ReproError for whatever goes wrong with a TOML file within the context."""
    try:
        yield
    except OSError as error:
        msg = f"Each document's folder holds a claims.toml; {file} cannot be read: {error}. Write the file."
        raise ReproError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{file} must be UTF-8, but is not: {error}. Save it again as UTF-8."
        raise ReproError(msg) from error
    except ValueError as error:  # also of a number with thousands of digits, which is no TOMLDecodeError
        msg = f"{file} must be valid TOML, but is not: {error}. Correct it there."
        raise ReproError(msg) from error
    except RecursionError:
        msg = f"{file} must be valid TOML, but is nested too deeply. Correct it there."
        raise ReproError(msg) from None


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


def check_rule(holds: bool, rule: str, received: str) -> None:  # noqa: FBT001 - as of assert
    """Raise a ValueError, as `__post_init__` of a table does, unless a rule between its fields holds."""
    if not holds:
        msg = f"{rule}. Received: {received!r}"
        raise ValueError(msg)


def check_unique(ids: Sequence[str], *, place: str) -> None:
    """Raise a ReproError that names `place` if any of `ids` stands there twice."""
    if twice := [id_ for id_, count in Counter(ids).items() if count > 1]:
        msg = f"{place}: ids are unique. Received twice: {name_some(twice)}. Rename or remove one of each."
        raise ReproError(msg)
