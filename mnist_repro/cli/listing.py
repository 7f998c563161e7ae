"""`list` shows what there is, and imports little: it is the first thing that anybody tries."""

from __future__ import annotations

import argparse
from itertools import groupby
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.chance import count_seeds
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import PROFILES
from mnist_repro.documents.text import TEXTS_VARIABLE, check_text, find_text
from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.counts import format_count

# Mistakes of a text that are shown at once: one line that is missing moves all claims below it.
_SHOWN = 20
_ATLAS = "In the atlas alone; experiments that chance has a part in run only where they are named:"


def add_verbs(verbs: Any) -> None:
    """Add `list`."""
    add_verb(
        verbs,
        "list",
        list_all,
        shared="documents --document",
        help="list documents, experiments and profiles, and check all that can be checked before training",
        description="Check that the files of each document fit together, hold its claims against its text, which is "
        f"looked for beside them and in the folder that {TEXTS_VARIABLE} names, and list what there is. Exits with 1 "
        "if a claim and the text disagree.",
    )


def list_all(options: argparse.Namespace, console: Console) -> int:
    """List documents, experiments and profiles, and what is wrong between texts and claims; the atlas's own last."""
    atlas = load_atlas()
    catalogue = atlas.select_documents(options.documents) if options.documents else atlas
    wrong = 0
    for place, group in groupby(catalogue.documents.values(), key=lambda document: document.atlas_only):
        if place:
            console.print(_ATLAS)
        wrong += sum(_check(document, console) for document in group)
    rows = [
        (
            protocol.id,
            *(str(count_seeds(protocol, profile)) for profile in PROFILES),
            str(protocol.training.steps),
            f"{protocol.gate.evaluation_set} >= {protocol.gate.minimum}",
        )
        for protocol in catalogue.protocols.values()
    ]
    headings = ("experiment", *(f"seeds, {profile}" for profile in PROFILES), "steps", "asserted mean accuracy")
    console.print()
    console.print(plain_table(headings, rows))
    return 1 if wrong else 0


def _check(document: Document, console: Console) -> int:
    """Print a document, and what is wrong between its text and its claims; return how much that is."""
    text = find_text(document)
    found = check_text(document, text.read_bytes()) if text else []
    state = f"held against {document.file}" if text else f"not held against {document.file}, which is not here"
    console.print(f"{document.id}: {document.title}; {format_count([document])}, {state}", highlight=False)
    for sentence in [*found[:_SHOWN], *([f"and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else [])]:
        console.print(f"  {sentence}", highlight=False, soft_wrap=True)
    return len(found)
