"""A table of the runs that the documents report, and one of the claims about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.numbers import (
    STAND_IN_WARNING,
    format_last,
    format_number,
    format_one_run,
    format_reported,
    format_verdict,
)
from mnist_repro.reporting.wording.reported_runs import HEADINGS, list_notes, list_run_cells, summarize_result
from mnist_repro.verdicts.document import Family, JudgedRun
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Basis, Verdict

_HEADINGS = ("experiment, claim", "document", "our mean", "one run, 95 %", "runs", "verdict")
_COLOURS = {
    Verdict.EXACT: "green",
    Verdict.REPRODUCED: "green",
    Verdict.EXPLAINED: "yellow",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.NOT_EXACT: "red",
    Verdict.DOUBTFUL: "yellow",
    Verdict.CONTRADICTED: "yellow",
}
_MARKED = "*"


def print_claims(result: EnvironmentResult, *, console: Console) -> None:
    """Print a row for each reported run, then one for each claim about what was run, and count all verdicts."""
    console.print()
    if result.is_stand_in:
        console.print(Text(STAND_IN_WARNING, style="bold yellow"))
    shown = (experiment for experiment in result.experiments if experiment.completed)
    print_runs([run for run in result.runs if run.verdict.runs], console=console)
    print_families((family for experiment in shown for family in experiment.families), console=console)
    print_outcome(summarize_result(result), console=console)


def print_runs(runs: Sequence[JudgedRun], *, console: Console) -> None:
    """Print a table with a row for each reported run, and say what it does not tell."""
    if not runs:
        return
    rows: list[list[str | Text]] = []
    for run in runs:
        document, name, verdict, *numbers = list_run_cells(run)
        rows.append([document, name, Text(verdict, style=colour_verdict(run.word)), *numbers])
    console.print(plain_table(HEADINGS, rows, right=HEADINGS[3:]))
    for note in list_notes(runs):
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    console.print()


def colour_verdict(verdict: Verdict) -> str:
    """Return the style of a verdict: what decides nothing is grey."""
    return _COLOURS.get(verdict, "dim")


def print_outcome(sentence: str, *, console: Console) -> None:
    """Print what counts the verdicts in one line, however long, so that it can be searched for."""
    console.print(f"Verdicts: {sentence}", markup=False, highlight=False, soft_wrap=True)


def print_families(families: Iterable[Family], *, console: Console) -> None:
    """Print a table with a row for each family of claims, and a heading for each experiment."""
    rows: list[list[Text]] = []
    families = list(families)
    # Claims of no experiment stand under their document.
    for subject, members in groupby(families, key=lambda family: family.claim.experiment or family.claim.document):
        rows.append([Text(subject, style="bold")])
        rows += map(_cells, members)
    console.print(plain_table(_HEADINGS, rows, right=_HEADINGS[1:-1]))
    if any(family.finding.basis is Basis.FACT for family in families):
        console.print(f"{_MARKED} a fact: copied, or a function of another number. It counts nothing.", markup=False)


def _cells(family: Family) -> list[Text]:
    claim, summary = family.claim, family.assessments[-1].summary
    mark, subject = (
        _MARKED if family.finding.basis is Basis.FACT else " ",
        format_last(claim, points=len(family.assessments)),
    )
    return [
        Text(f"{mark} {subject}"),
        Text(format_reported(claim)),
        Text(format_number(summary.mean, claim) if summary else ""),
        Text(format_one_run(family.assessments[-1].measured) if summary else ""),
        Text(str(summary.n) if summary else ""),
        Text(format_verdict(family), style=colour_verdict(family.finding.verdict)),
    ]
