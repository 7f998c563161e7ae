"""Tables of what the cause finder found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.causes import count_tests, list_cause_cells, list_rounding_cells, summarize_causes
from mnist_repro.verdicts.causes.alternatives import Answer
from mnist_repro.verdicts.causes.finder import ExperimentCauses

_COLOURS = {Answer.POSSIBLE: "green", Answer.EXCLUDED: "red", Answer.ALIKE: "dim", Answer.UNKNOWN: "dim"}

_HEADINGS = (
    "choice",
    "changed to",
    "runs",
    "effect on accuracy",
    "effect on loss",
    "p",
    "excludes of our runs",
    "possible for the document",
)
_ROUNDING_HEADINGS = (
    "experiment",
    "runs perturbed",
    "SD by rounding / by seeds",
    "losses diverge after",
    "consequence",
)


def print_causes(causes: Sequence[ExperimentCauses], *, console: Console) -> None:
    """Print a table of alternatives, one of rounding, and a sentence that sums them up."""
    rows: list[list[Text]] = []
    for experiment in causes:
        rows.append([Text(experiment.protocol.id, style="bold")])
        for cause in experiment.ways:
            *cells, answer = list_cause_cells(cause)
            rows.append([*map(Text, cells), Text(answer, style=_COLOURS[cause.answer])])
    console.print(plain_table(_HEADINGS, rows, right={"runs", "p", "excludes of our runs"}))
    console.print()
    rounding = [[experiment.protocol.id, *list_rounding_cells(experiment.sensitivity)] for experiment in causes]
    console.print(plain_table(_ROUNDING_HEADINGS, rounding))
    console.print()
    console.print(f"In all, {summarize_causes(causes)}", highlight=False)
    if counted := count_tests(causes):
        console.print(counted, highlight=False, soft_wrap=True)
