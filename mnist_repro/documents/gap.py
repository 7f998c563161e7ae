"""What an `experiments.py` still has to say: a marked gap, which nothing passes."""

from __future__ import annotations

from typing import Any

from mnist_repro.errors import ReproError


def gap(what: str) -> Any:
    """Stand for a value that is not known yet; the file that calls it cannot be loaded.

    Parameters
    ----------
    what
        What is missing, and where to look for it.

    Raises
    ------
    ReproError
        Always.
    """
    msg = f"this gap has to be filled: {what}"
    raise ReproError(msg)
