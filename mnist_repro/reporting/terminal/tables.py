"""Rows under headings: a plain table in the terminal, or a table in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mnist_repro.reporting.escaping import escape_line, escape_markdown

Form = Literal["table", "markdown", "json"]
FORMATS: tuple[Form, ...] = get_args(Form)

Rows = Iterable[Sequence[str | Text]]


def plain_table(headings: Sequence[str], rows: Rows, *, right: Collection[str] = ()) -> Table:
    """Return a table without lines; the columns named in `right` are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        # A plain string could be read as Rich's markup.
        table.add_row(*(Text(escape_line(cell), getattr(cell, "style", "")) for cell in row))
    return table


def print_rows(headings: Sequence[str], rows: Iterable[Sequence[str]], *, as_markdown: bool, console: Console) -> None:
    """Print a plain table, or write it as Markdown."""
    if not as_markdown:
        console.print(plain_table(headings, rows))
        return
    lines = [headings, ["---"] * len(headings), *([escape_markdown(cell) for cell in row] for row in rows)]
    console.file.writelines(f"| {' | '.join(cells)} |\n" for cells in lines)
