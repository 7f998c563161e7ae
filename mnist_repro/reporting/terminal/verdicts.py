"""The verdicts alone: as a table in the terminal, as Markdown, or as JSON for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from rich.console import Console
from rich.table import Table

from mnist_repro.documents.document import Document
from mnist_repro.reporting.exports.claims_json import format_claims
from mnist_repro.reporting.wording.numbers import escape_markdown, format_left_out
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Finding

Form = Literal["table", "markdown", "json"]
FORMATS: tuple[Form, ...] = get_args(Form)

_COLUMNS = ("claim", "verdict", "p", "p, adjusted", "runs", "reason")


def print_verdicts(
    result: EnvironmentResult, *, documents: Mapping[str, Document], form: Form, console: Console
) -> None:
    """Print the verdict on every family, every comparison and every statement, in this order.

    Parameters
    ----------
    form
        "table" or "markdown", whose p-values have two digits; or "json", which is `claims.json` of this environment.
    """
    if form == "json":
        console.file.write(format_claims([result], documents=documents))
        return
    rows = [_row(each.finding, says="" if isinstance(each, Family) else each.subject.says) for each in result.judged]
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
    for sentence in format_left_out(result.left_out, file=str(result.store.file)):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _row(finding: Finding, *, says: str = "") -> list[str]:
    numbers = ["" if p is None else f"{p:.2g}" for p in (finding.p, finding.adjusted_p)]
    reason = f"{says} {finding.reason[:1].upper()}{finding.reason[1:]}" if says else finding.reason
    return [finding.family, finding.verdict.value, *numbers, str(finding.runs), reason]
