"""The environments to compare: those of tox's label `matrix`."""

from __future__ import annotations

import math
import re
from configparser import ConfigParser, Error as ConfigError
from itertools import product
from pathlib import Path

from mnist_repro.documents.toml_schema import read_bounded
from mnist_repro.errors import ReproError

LABEL = "matrix"
_BRACES = re.compile(r"\{([^{}]*)\}")
# Commas within braces do not separate names.
_PATTERN = re.compile(r"(?:[^{},]|\{[^{}]*\})+")
_MOST_BYTES, _MOST_NAMES = 1 << 16, 1_000


def read_matrix(file: Path) -> tuple[str, ...]:
    """Return the environments of the label `matrix`, in the order of the file.

    Parameters
    ----------
    file
        A `tox.ini`.

    Raises
    ------
    ReproError
        If it cannot be read or has no such label.
    """
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(read_bounded(file, most_bytes=_MOST_BYTES))
    except (OSError, ValueError, ConfigError) as error:
        reason = f"{' '.join(str(error).split()):.300}"
        msg = f"The label `{LABEL}` in {file} names the versions to compare; the file cannot be read: {reason}."
        raise ReproError(msg) from error
    labels = parser.get("tox", "labels", fallback="").splitlines()
    named = dict(line.split("=", 1) for line in labels if "=" in line)
    names = next((value for label, value in named.items() if label.strip() == LABEL), None)
    if names is None:
        msg = f"{file} has no label `{LABEL}` in its section [tox], which names the environments to compare."
        raise ReproError(msg)
    patterns = _PATTERN.findall(names)
    if sum(map(_count, patterns)) > _MOST_NAMES:
        msg = f"The label `{LABEL}` names at most {_MOST_NAMES:,} environments; that of {file} names more. Shorten it."
        raise ReproError(msg)
    return tuple(dict.fromkeys(name for part in patterns for name in _expand(part.strip()) if name))


def _count(pattern: str) -> int:
    return math.prod(found.count(",") + 1 for found in _BRACES.findall(pattern))


def _expand(pattern: str) -> list[str]:
    """Expand braces as tox does: `py311-tf{212,213}` is two names."""
    literals = _BRACES.split(pattern)[::2]
    choices = [[choice.strip() for choice in found.split(",")] for found in _BRACES.findall(pattern)]
    # There is one more literal than choices.
    return [
        "".join(piece for pair in zip(literals, (*chosen, ""), strict=True) for piece in pair)
        for chosen in product(*choices)
    ]
