"""The environments to compare: those of tox's label `matrix`."""

from __future__ import annotations

import re
from configparser import ConfigParser, Error as ConfigError
from itertools import product
from pathlib import Path

from mnist_repro.errors import ReproError

LABEL = "matrix"
_BRACES = re.compile(r"\{([^{}]*)\}")
# Commas within braces do not separate names.
_SEPARATOR = re.compile(r",(?![^{}]*\})")


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
        parser.read_string(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        msg = f"The label `{LABEL}` in {file} names the versions to compare; the file cannot be read: {error}."
        raise ReproError(msg) from error
    labels = parser.get("tox", "labels", fallback="").splitlines()
    named = dict(line.split("=", 1) for line in labels if "=" in line)
    names = next((value for label, value in named.items() if label.strip() == LABEL), None)
    if names is None:
        msg = f"{file} has no label `{LABEL}` in its section [tox], which names the environments to compare."
        raise ReproError(msg)
    return tuple(dict.fromkeys(name for part in _SEPARATOR.split(names) for name in _expand(part.strip()) if name))


def _expand(pattern: str) -> list[str]:
    """Expand braces as tox does: `py311-tf{212,213}` is two names."""
    literals = _BRACES.split(pattern)[::2]
    choices = [[choice.strip() for choice in found.split(",")] for found in _BRACES.findall(pattern)]
    # There is one more literal than choices.
    return [
        "".join(piece for pair in zip(literals, (*chosen, ""), strict=True) for piece in pair)
        for chosen in product(*choices)
    ]
