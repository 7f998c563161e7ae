"""The verdicts alone: in the terminal, as Markdown, or as JSON for other programs."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from mnist_repro.documents.document import Document
from mnist_repro.reporting.exports.claims_json import format_claims
from mnist_repro.reporting.terminal.tables import Form, print_rows
from mnist_repro.reporting.wording.digits import format_p
from mnist_repro.reporting.wording.numbers import list_remarks
from mnist_repro.reporting.wording.reported_runs import HEADINGS, list_notes, list_run_cells, summarize_result
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Basis, Finding

_COLUMNS = ("verdict", "p", "p, adjusted", "runs", "reason")


def print_verdicts(
    result: EnvironmentResult, *, documents: Mapping[str, Document], form: Form, console: Console
) -> None:
    """Print the verdict on every reported run, then on every claim, and the facts last; as JSON, `claims.json`."""
    if form == "json":
        console.file.write(format_claims([result], documents=documents))
        return
    as_markdown = form == "markdown"
    print_rows(
        (*HEADINGS, "reason"),
        [[*list_run_cells(run), run.verdict.reason] for run in result.runs],
        as_markdown=as_markdown,
        console=console,
    )
    facts = [each for each in result.judged if each.finding.basis is Basis.FACT]
    claims = [each for each in result.judged if each.finding.basis is not Basis.FACT]
    for heading, judged in (("claim", claims), ("fact", facts)):
        if judged:
            console.print()
            rows = [_row(each.finding, says="" if isinstance(each, Family) else each.subject.says) for each in judged]
            print_rows((heading, *_COLUMNS), rows, as_markdown=as_markdown, console=console)
    if form == "markdown":
        return
    console.print()
    for sentence in (summarize_result(result), *list_notes(result.runs)):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    for sentence in list_remarks(result, file=str(result.store.file)):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _row(finding: Finding, *, says: str = "") -> list[str]:
    numbers = ["" if p is None else format_p(p) for p in (finding.p, finding.adjusted_p)]
    reason = f"{says} {finding.reason[:1].upper()}{finding.reason[1:]}" if says else finding.reason
    return [finding.family, finding.verdict.value, *numbers, str(finding.runs), reason]
