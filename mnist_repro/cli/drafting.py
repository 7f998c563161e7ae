"""`draft` makes a document of a file; `provenance` says how old its numbers are."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb
from mnist_repro.drafting.draft import Draft, draft_file, write_draft
from mnist_repro.drafting.history import Provenance, format_revisions, trace_numbers
from mnist_repro.reporting.exports.json_numbers import dump_json
from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.counts import format_plural


def add_verbs(verbs: Any) -> None:
    """Add `draft` and `provenance`."""
    parser = add_verb(
        verbs,
        "draft",
        draft,
        help="write a document's claims.toml and experiments.py from a notebook, a page or a log",
        description="Read what a notebook, Markdown, HTML, reStructuredText or a log printed, and write a document's "
        "folder: its text, every printed number as a claim or with the reason why it is not one, and what its source "
        "tells of the experiments. Nothing of the file is run. What the file does not say is asked for, and no verdict "
        "is given before it is answered.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="notebook, page or log")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder that is written")
    parser.add_argument(
        "--answer",
        type=_parse_answer,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="answer to a question of the table; may be given again",
    )
    _add_json(parser)
    parser = add_verb(
        verbs,
        "provenance",
        trace,
        help="say since when each number of a file stands, and which source beside it changed after that",
        description="Ask the git history of FILE, renames followed and a notebook's outputs apart from its source: "
        "since when does each printed number stand, and which lines of source changed later, while it did not?",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="notebook, page or log in a git clone")
    parser.add_argument("--toml", action="store_true", help="print the changes as entries [[revision]] of claims.toml")
    _add_json(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _parse_answer(text: str) -> tuple[str, str]:
    key, is_answer, value = text.partition("=")
    if not (key and is_answer and value):
        msg = f"an answer has the form KEY=VALUE; received {text!r:.80}"
        raise argparse.ArgumentTypeError(msg)
    return key, value


def draft(options: argparse.Namespace, console: Console) -> int:
    """Draft a document and say what is left to do."""
    drafted = draft_file(options.file, answers=dict(options.answer))
    write_draft(drafted, options.output)
    if options.json:
        console.file.write(dump_json(_describe(drafted)))
        return 0
    others = sum(drafted.not_claimed.values())
    console.print(
        f"{format_plural(len(drafted.claims), 'claim')}, {format_plural(others, 'number')} not claimed, each with its "
        f"reason: {options.output}",
        highlight=False,
        soft_wrap=True,
    )
    rows = [
        (q.key, q.asks, q.value, "answered" if q.answer is not None else q.why)
        for q in drafted.questions
        if q.is_needed or q.answer is not None
    ]
    console.print()
    console.print(plain_table(("question", "asks", "best guess or answer", "why"), rows))
    console.print()
    open_questions = [question for question in drafted.questions if question.is_open]
    guesses = " ".join(f"--answer {question.key}={question.guess}" for question in open_questions)
    remaining = [
        *(
            [f"Answer {format_plural(len(open_questions), 'question')}; with all guesses: {guesses}"]
            if open_questions
            else []
        ),
        *([f"Fill {format_plural(drafted.gaps, 'gap')} in experiments.py: calls of gap()."] if drafted.gaps else []),
        *drafted.by_hand,
        f"Then mnist-repro list --document {options.output}",
    ]
    for line in remaining:
        console.print(line, highlight=False, soft_wrap=True)
    return 0


def _describe(drafted: Draft) -> dict[str, Any]:
    return {
        "claims": [asdict(claim) for claim in drafted.claims],
        "not_claimed": drafted.not_claimed,
        "questions": [{**asdict(q), "value": q.value, "open": q.is_open} for q in drafted.questions],
        "by_hand": list(drafted.by_hand),
        "gaps": drafted.gaps,
    }


def trace(options: argparse.Namespace, console: Console) -> int:
    """Say how old the numbers of a file are."""
    found = trace_numbers(options.file)
    if options.json:
        console.file.write(dump_json(asdict(found)))
    elif options.toml:
        console.file.write(format_revisions(found))
    else:
        _print_provenance(found, console)
    return 0


def _print_provenance(found: Provenance, console: Console) -> None:
    rows = [
        (str(number.line), number.text, number.printed, number.commit, str(len(number.changed_after)))
        for number in found.numbers
    ]
    headings = ("line", "number", "printed", "commit", "changes of source since")
    console.print(plain_table(headings, rows, right=("line", "changes of source since")))
    console.print()
    for change in found.changes:
        console.print(change.sentence, highlight=False, soft_wrap=True)
        for line in change.lines:
            console.print(f"  {line}", highlight=False, soft_wrap=True)
    if not found.changes:
        console.print("No source beside the numbers was changed after them.")
    for note in found.notes:
        console.print(note, highlight=False, soft_wrap=True)
