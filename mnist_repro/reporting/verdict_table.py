"""The verdicts alone: as a table in the terminal, as Markdown, or as JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal, get_args

from rich.console import Console
from rich.table import Table

from mnist_repro.reporting.contents import Family
from mnist_repro.reporting.formats import escape_markdown

Form = Literal["table", "markdown", "json"]
FORMATS: tuple[Form, ...] = get_args(Form)

_COLUMNS = ("claim", "verdict", "p", "p, adjusted", "runs", "reason")


def print_verdicts(families: Iterable[Family], *, form: Form, console: Console) -> None:
    """Print the verdict on every family.

    Parameters
    ----------
    form
        "table", "markdown" or "json"; p-values are rounded to two digits except in JSON.
    """
    if form == "json":
        entries = [
            {
                "claim": family.id,
                "document": family.claim.document,
                "verdict": family.finding.verdict.value,
                "p": family.finding.p,
                "adjusted_p": family.finding.adjusted_p,
                "runs": family.finding.runs,
                "reason": family.finding.reason,
            }
            for family in families
        ]
        console.file.write(json.dumps(entries, indent=2) + "\n")
        return
    rows = [_row(family) for family in families]
    if form == "markdown":
        lines = [_COLUMNS, ["---"] * len(_COLUMNS), *([escape_markdown(cell) for cell in row] for row in rows)]
        console.file.writelines(f"| {' | '.join(cells)} |\n" for cells in lines)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)


def _row(family: Family) -> list[str]:
    finding = family.finding
    numbers = ["" if p is None else f"{p:.2g}" for p in (finding.p, finding.adjusted_p)]
    return [family.id, finding.verdict.value, *numbers, str(finding.runs), finding.reason]
