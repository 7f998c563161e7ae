"""The verdicts alone: in the terminal, as Markdown, or as JSON for other programs."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from mnist_repro.documents.document import Document
from mnist_repro.reporting.exports.claims_json import format_claims
from mnist_repro.reporting.terminal.tables import Form, print_rows
from mnist_repro.reporting.wording.numbers import list_remarks
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Finding

_COLUMNS = ("claim", "verdict", "p", "p, adjusted", "runs", "reason")


def print_verdicts(
    result: EnvironmentResult, *, documents: Mapping[str, Document], form: Form, console: Console
) -> None:
    """Print the verdict on every family, comparison and statement; as JSON, the `claims.json` of this environment."""
    if form == "json":
        console.file.write(format_claims([result], documents=documents))
        return
    rows = [_row(each.finding, says="" if isinstance(each, Family) else each.subject.says) for each in result.judged]
    print_rows(_COLUMNS, rows, as_markdown=form == "markdown", console=console)
    if form == "markdown":
        return
    for sentence in list_remarks(result, file=str(result.store.file)):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _row(finding: Finding, *, says: str = "") -> list[str]:
    numbers = ["" if p is None else f"{p:.2g}" for p in (finding.p, finding.adjusted_p)]
    reason = f"{says} {finding.reason[:1].upper()}{finding.reason[1:]}" if says else finding.reason
    return [finding.family, finding.verdict.value, *numbers, str(finding.runs), reason]
