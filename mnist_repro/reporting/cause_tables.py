"""What the cause finder found, in words: the same in the terminal and on the page of causes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mnist_repro.causes.alternatives import Answer, Cause, Effect
from mnist_repro.causes.finder import ExperimentCauses
from mnist_repro.causes.rounding import Sensitivity
from mnist_repro.reporting.formats import UNKNOWN, escape_markdown, format_difference_interval
from mnist_repro.variants import FIRST_STEPS

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


def summarize_causes(causes: Sequence[ExperimentCauses]) -> str:
    """Say in a sentence how many alternatives are excluded and how many are possible."""
    tried = [cause.answer for experiment in causes for cause in experiment.alternatives]
    counts = {answer: tried.count(answer) for answer in Answer}
    text = f"of {len(tried)} alternatives {counts[Answer.EXCLUDED]} are excluded and {counts[Answer.POSSIBLE]} possible"
    return f"{text}; for {counts[Answer.UNKNOWN]} there are too few runs." if counts[Answer.UNKNOWN] else f"{text}."


def format_cause(cause: Cause) -> str:
    """Format an alternative as the cells of a row in Markdown."""
    *cells, answer = list_cause_cells(cause)
    return " | ".join([*map(escape_markdown, cells), f"**{answer}**: {escape_markdown(cause.reason)}"])


def format_sensitivity(sensitivity: Sensitivity) -> str:
    """Format what rounding does as the cells of a row in Markdown."""
    return " | ".join(map(escape_markdown, list_rounding_cells(sensitivity)))


def list_cause_cells(cause: Cause) -> list[str]:
    """Return a way's cells: choice, what was made of it, runs, effects on accuracy and loss, p, and the answer."""
    variant = cause.variant
    runs = f"{cause.runs}, {cause.unfinished} not completed" if cause.unfinished else str(cause.runs)
    effects = {effect.claim.metric: _format_effect(effect) for effect in cause.effects}
    return [
        variant.choice if variant else "as reconstructed",
        variant.change if variant else "",
        runs,
        effects.get("accuracy", ""),
        effects.get("loss", ""),
        "" if cause.p is None else f"{cause.p:.2g}",
        cause.answer.value,
    ]


def _format_effect(effect: Effect) -> str:
    return format_difference_interval(effect.difference, effect.interval, effect.claim)


def list_rounding_cells(sensitivity: Sensitivity) -> list[str]:
    """Return the cells of what rounding does: runs moved, spread by rounding over that by seeds, steps, and so."""
    interval = sensitivity.interval
    ratio = (
        UNKNOWN
        if math.isnan(sensitivity.ratio)
        else f"{sensitivity.ratio:.2g} ({interval.low:.2g} to {interval.high:.2g})"
    )
    return [str(sensitivity.pairs), ratio, _format_parted(sensitivity), sensitivity.effect.value]


def _format_parted(sensitivity: Sensitivity) -> str:
    if math.isnan(sensitivity.parted):
        return UNKNOWN
    if math.isinf(sensitivity.parted):
        return f"more than {FIRST_STEPS} steps"
    return f"{sensitivity.parted:g} steps (median of {sensitivity.followed})"
