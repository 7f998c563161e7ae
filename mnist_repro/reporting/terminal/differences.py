"""Differences between two sets of records: in the terminal, as Markdown, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console

from mnist_repro.comparison.environments import Differences, ExperimentDifference
from mnist_repro.comparison.experiments import AccuracyDifference
from mnist_repro.reporting.escaping import escape_markdown
from mnist_repro.reporting.exports.json_numbers import dump_json, round_ends, round_number
from mnist_repro.reporting.terminal.tables import Form, print_rows
from mnist_repro.reporting.wording.digits import UNKNOWN, format_estimate, format_p
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import Summary

FORMAT_VERSION = 1


def print_differences(
    differences: Differences, *, before: str, after: str, form: Form, console: Console, slower_than: float | None = None
) -> None:
    """Print the differences between the sides named `before` and `after`, and what got worse (see `find_worse`)."""
    if form == "json":
        console.file.write(dump_json(_describe(differences, before=before, after=after, slower_than=slower_than)))
        return
    as_markdown = form == "markdown"
    paragraphs = _sentences(differences, slower_than=slower_than)
    if as_markdown:
        console.file.write(f"A: {escape_markdown(before)}. B: {escape_markdown(after)}.\n")
    else:
        for line in (f"A: {before}", f"B: {after}"):
            console.print(line, highlight=False, soft_wrap=True)
    for headings, rows in _tables(differences):
        if rows:
            console.file.write("\n")
            print_rows(headings, rows, as_markdown=as_markdown, console=console)
    if as_markdown:
        console.file.writelines(f"\n{escape_markdown(paragraph)}\n" for paragraph in paragraphs)
        return
    console.print()
    for paragraph in paragraphs:
        console.print(paragraph, highlight=False, soft_wrap=True)


def _sentences(differences: Differences, *, slower_than: float | None) -> list[str]:
    said = [STAND_IN_WARNING] if differences.is_stand_in else []
    if not differences.facts:
        said.append("Both have the same versions, processor, protocols and code.")
    said += [
        f"Only {side} has: {', '.join(names)}."
        for side, names in (("A", differences.only_before), ("B", differences.only_after))
        if names
    ]
    undecided = differences.find_undecided(slower_than=slower_than)
    if undecided:
        said.append(f"Undecided: {'; '.join(undecided)}.")
    worse = differences.find_worse(slower_than=slower_than)
    if worse:
        said.append(f"Worse: {'; '.join(worse)}.")
    else:
        among = " among the decided comparisons" if undecided else ""
        judged = "No accuracy" if slower_than is None else "Nothing"
        unjudged = "; training times are not judged without --speed" if slower_than is None else ""
        said.append(f"{judged} got worse{among}{unjudged}.")
    return said


def _tables(differences: Differences) -> Iterator[tuple[Sequence[str], Sequence[Sequence[str]]]]:
    """Yield headings and rows of each table."""
    yield ("environment", "A", "B"), [(fact.name, fact.before, fact.after) for fact in differences.facts]
    yield (
        ("accuracy", "set", "A", "B", "B - A (95 %)", "p", "p, adjusted", "found"),
        [(each.id, *_accuracy_cells(found)) for each in differences.experiments for found in each.accuracies],
    )
    yield (
        ("runs", "A", "B", "same seeds", "bit-equal", "A, s", "B, s", "B / A (95 %)"),
        [_run_cells(each) for each in differences.experiments],
    )


def _accuracy_cells(found: AccuracyDifference) -> tuple[str, ...]:
    return (
        found.evaluation_set,
        f"{100 * found.before.mean:.2f} %",
        f"{100 * found.after.mean:.2f} %",
        f"{format_estimate(found.difference, scale=100.0, signed=True)} points",
        format_p(found.p),
        format_p(found.adjusted_p),
        found.change.value,
    )


def _run_cells(each: ExperimentDifference) -> tuple[str, ...]:
    runs = each.runs
    counts = (
        f"{len(side)}{f', {len(side) - completed} not completed' if completed < len(side) else ''}"
        for side, completed in zip((runs.before, runs.after), runs.completed, strict=True)
    )
    seconds = [f"{summary.mean:.2f}" for summary in runs.seconds or ()] or [UNKNOWN, UNKNOWN]
    ratio = format_estimate(runs.slowdown) if runs.slowdown else UNKNOWN
    return (each.id, *counts, str(len(runs.same_seeds)), str(runs.bit_equal), *seconds, ratio)


def _describe(differences: Differences, *, before: str, after: str, slower_than: float | None) -> dict[str, Any]:
    return {
        "version": FORMAT_VERSION,
        "before": before,
        "after": after,
        "stand_in": differences.is_stand_in,
        "made_with": [{"name": f.name, "before": f.before, "after": f.after} for f in differences.facts],
        "experiments": [_describe_experiment(each) for each in differences.experiments],
        "only_before": list(differences.only_before),
        "only_after": list(differences.only_after),
        "slower_than": slower_than,
        "not_told": differences.find_undecided(slower_than=slower_than),
        "worse": differences.find_worse(slower_than=slower_than),
    }


def _describe_experiment(each: ExperimentDifference) -> dict[str, Any]:
    runs = each.runs
    return {
        "id": each.id,
        "runs": {"before": len(runs.before), "after": len(runs.after)},
        "completed": dict(zip(("before", "after"), runs.completed, strict=True)),
        "same_seeds": len(runs.same_seeds),
        "bit_equal": runs.bit_equal,
        "paired": runs.is_paired,
        "accuracy": [_describe_accuracy(found) for found in each.accuracies],
        "training_seconds": runs.seconds and runs.slowdown and _describe_seconds(runs.seconds, runs.slowdown),
    }


def _describe_accuracy(found: AccuracyDifference) -> dict[str, Any]:
    return {
        "evaluation_set": found.evaluation_set,
        "before": round_number(found.before.mean, scale=1.0),
        "after": round_number(found.after.mean, scale=1.0),
        "difference": round_number(found.difference.value, scale=1.0),
        "interval": round_ends(found.difference.interval, scale=1.0),
        "p": round_number(found.p),
        "adjusted_p": round_number(found.adjusted_p),
        "change": found.change.value,
    }


def _describe_seconds(seconds: tuple[Summary, Summary], slowdown: Estimate) -> dict[str, Any]:
    return {
        "before": round_number(seconds[0].mean),
        "after": round_number(seconds[1].mean),
        "ratio": round_number(slowdown.value),
        "interval": round_ends(slowdown.interval),
    }
