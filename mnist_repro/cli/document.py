"""`document fetch` brings a document's text to the user's own cache, so that its claims can be checked there."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.text import text_cache


def add_verbs(verbs: Any) -> None:
    """Add `document`."""
    parser = add_verb(
        verbs,
        "document",
        fetch,
        shared="--document",
        help="fetch a document's text from its address into your cache, to check its claims",
        description="Download the text of one document from the url in its claims.toml, and keep it in your own cache "
        "if it has the SHA-256 sum that claims.toml names; `mnist-repro list` finds it there and holds the claims "
        "against it. Nothing else is downloaded.",
    )
    parser.add_argument("action", choices=["fetch"], help="fetch: download the text")
    parser.add_argument("id", metavar="ID", help="of a document, as `mnist-repro list` has it")


def fetch(options: argparse.Namespace, console: Console) -> int:
    """Bring a document's text to the cache, and say where it lies."""
    # Downloads import much, and most verbs need none.
    from mnist_repro.documents.fetching import fetch_text  # noqa: PLC0415

    (document,) = load_atlas().select_documents([options.id]).documents.values()
    path, is_new = fetch_text(document, cache=text_cache(), progress=console.is_terminal)
    state = "fetched, with the expected SHA-256 sum" if is_new else "already there"
    console.print(
        f"{document.id}: {state}: {path}. `mnist-repro list {document.id}` holds its claims against it.",
        highlight=False,
        soft_wrap=True,
    )
    return 0
