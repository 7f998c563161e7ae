"""The console that every verb prints to."""

from __future__ import annotations

from typing import IO

from rich.console import Console

_PLAIN_WIDTH = 160


def make_console(file: IO[str] | None = None, *, is_terminal: bool | None = None) -> Console:
    """Return a console; where the output is no terminal, tables are plain and as wide as they need to be.

    Parameters
    ----------
    file
        Where it writes; None is the standard output.
    is_terminal
        Whether what it writes is shown on a terminal; None finds out.
    """
    # Paths and reasons of failures are printed as they are, also where they look like Rich's markup.
    console = Console(file=file, force_terminal=is_terminal, markup=False, emoji=False)
    return console if console.is_terminal else Console(file=file, markup=False, emoji=False, width=_PLAIN_WIDTH)
