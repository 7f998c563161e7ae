"""`list` shows what there is, and imports little: it is the first thing that anybody tries."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import PROFILES
from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.counts import format_count


def add_verbs(verbs: Any) -> None:
    """Add `list`."""
    add_verb(verbs, "list", list_all, shared="--document", help="list documents, experiments and profiles")


def list_all(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - all verbs are called alike
    """List documents, experiments and profiles."""
    catalogue = load_catalogue()
    for document in catalogue.documents.values():
        console.print(f"{document.id}: {document.title}; {format_count([document])}", highlight=False)
    rows = [
        (
            protocol.id,
            *(str(protocol.seeds[profile]) for profile in PROFILES),
            str(protocol.training.steps),
            f"{protocol.gate.evaluation_set} >= {protocol.gate.minimum}",
        )
        for protocol in catalogue.protocols.values()
    ]
    headings = ("experiment", *(f"seeds, {profile}" for profile in PROFILES), "steps", "asserted mean accuracy")
    console.print()
    console.print(plain_table(headings, rows))
    return 0
