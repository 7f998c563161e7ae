"""What the cause finder found, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mnist_repro.reporting.wording.causes import list_cause_cells, list_rounding_cells, summarize_causes
from mnist_repro.verdicts.causes.alternatives import Answer
from mnist_repro.verdicts.causes.finder import ExperimentCauses

_COLOURS = {Answer.POSSIBLE: "green", Answer.EXCLUDED: "red", Answer.UNKNOWN: "dim"}


def print_causes(causes: Sequence[ExperimentCauses], *, console: Console) -> None:
    """Print a table of alternatives, one of rounding, and what they come to in a sentence."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("choice", "made", "runs", "effect on accuracy", "effect on loss", "p", "the document"):
        table.add_column(heading, justify="right" if heading in {"runs", "p"} else "left", overflow="fold")
    for experiment in causes:
        table.add_row(Text(experiment.protocol.id, style="bold"))
        for cause in experiment.ways:
            *cells, answer = list_cause_cells(cause)
            table.add_row(*map(Text, cells), Text(answer, style=_COLOURS[cause.answer]))
    console.print(table)
    rounding = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("experiment", "runs moved", "spread by rounding / by seeds", "losses part after", "so"):
        rounding.add_column(heading, overflow="fold")
    for experiment in causes:
        rounding.add_row(experiment.protocol.id, *list_rounding_cells(experiment.sensitivity))
    console.print()
    console.print(rounding)
    console.print()
    console.print(f"In all, {summarize_causes(causes)}", highlight=False)
