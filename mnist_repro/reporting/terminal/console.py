"""The console that every verb prints to."""

from __future__ import annotations

from typing import IO, Any

from rich.console import Console
from rich.text import Text

from mnist_repro.reporting.escaping import escape_line

_PLAIN_WIDTH = 160


class _Console(Console):
    """A console on which every text is a line of visible letters, as tables have cells of them.

    What a reader who went away means is left to the caller; Rich would end the program with 1.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text that is printed."""
        return super().render_str(escape_line(text), **options)

    def on_broken_pipe(self) -> None:
        """Raise the error on."""
        raise  # noqa: PLE0704 - called while it is handled


def make_console(file: IO[str] | None = None, *, is_terminal: bool | None = None, stderr: bool = False) -> Console:
    """Return a console on `file`, or the standard output; without a terminal, its lines have 160 columns."""
    # Paths and reasons of failures may look like Rich's markup, and are printed as they are.
    console = _Console(file=file, force_terminal=is_terminal, stderr=stderr, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console
