"""The console that every verb prints to."""

from __future__ import annotations

from typing import IO

from rich.console import Console

_PLAIN_WIDTH = 160


class _Console(Console):
    """A console that leaves it to the caller what a reader who went away means; Rich would end the program with 1."""

    def on_broken_pipe(self) -> None:
        """Raise the error on."""
        raise  # noqa: PLE0704 - called while it is handled


def make_console(file: IO[str] | None = None, *, is_terminal: bool | None = None) -> Console:
    """Return a console on `file`, or the standard output; without a terminal, its lines have 160 columns."""
    # Paths and reasons of failures may look like Rich's markup, and are printed as they are.
    console = _Console(file=file, force_terminal=is_terminal, markup=False, emoji=False)
    return console if console.is_terminal else _Console(file=file, markup=False, emoji=False, width=_PLAIN_WIDTH)
