"""A table of the claims about the experiments that were run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from rich.console import Console
from rich.text import Text

from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.numbers import (
    STAND_IN_WARNING,
    format_interval,
    format_number,
    format_outcome,
    format_reported,
    format_subject,
    format_verdict,
)
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Verdict

_HEADINGS = ("experiment, claim", "document", "our mean", "one run, 95 %", "runs", "verdict")
_COLOURS = {
    Verdict.REPRODUCED: "green",
    Verdict.EXPLAINED: "yellow",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.CONTRADICTED: "yellow",
}


def print_claims(result: EnvironmentResult, *, console: Console) -> None:
    """Print a row for each claim and each curve of the experiments that were run, and count all verdicts."""
    console.print()
    if result.is_stand_in:
        console.print(Text(STAND_IN_WARNING, style="bold yellow"))
    shown = (experiment for experiment in result.experiments if experiment.completed)
    print_families((family for experiment in shown for family in experiment.families), console=console)
    print_outcome(result.outcome(), console=console)


def print_outcome(outcome: Counter[Verdict], *, console: Console) -> None:
    """Count verdicts in one line, however long, so that it can be searched for."""
    console.print(f"Verdicts: {format_outcome(outcome)}", highlight=False, soft_wrap=True)


def print_families(families: Iterable[Family], *, console: Console) -> None:
    """Print a table with a row for each family of claims, and a heading for each experiment."""
    rows: list[list[Text]] = []
    # Claims of no experiment stand under their document.
    for subject, members in groupby(families, key=lambda family: family.claim.experiment or family.claim.document):
        rows.append([Text(subject, style="bold")])
        rows += map(_cells, members)
    console.print(plain_table(_HEADINGS, rows, right=_HEADINGS[1:-1]))


def _cells(family: Family) -> list[Text]:
    claim, summary = family.claim, family.assessments[-1].summary
    subject = f"  {format_subject(claim)}"
    if len(family.assessments) > 1:
        subject += f", last of a curve of {len(family.assessments)}"
    return [
        Text(subject),
        Text(format_reported(claim)),
        Text(format_number(summary.mean, claim) if summary else ""),
        Text(format_interval(summary.prediction_interval, claim, like=summary.mean) if summary else ""),
        Text(str(summary.n) if summary else ""),
        Text(format_verdict(family), style=_COLOURS.get(family.finding.verdict, "dim")),
    ]
