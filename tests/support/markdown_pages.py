"""What a Markdown reader finds on a page of the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token


def parse(page: Path) -> list[Token]:
    """Return what a Markdown reader sees on a page, block by block and within."""
    blocks = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    return [token for block in blocks for token in (block, *(block.children or []))]


def headings_of(page: Path) -> list[str]:
    """Return the headings of a page."""
    tokens = parse(page)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def tables_of(page: Path) -> list[list[list[str]]]:
    """Return the tables of a page as rows of cells, the heading first; cells are parted by bare pipes."""
    lines = page.read_text(encoding="utf-8").splitlines()
    tables: list[list[list[str]]] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if not line.startswith("|"):
            continue
        if not before.startswith("|"):
            tables.append([])
        tables[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return tables


def targets_of(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files within the report that a page links to or shows, with the part behind the hash."""
    for token in parse(page):
        target = str(token.attrs.get("href") or token.attrs.get("src") or "")
        if target and "://" not in target:
            path, _, anchor = target.partition("#")
            yield page.parent / path if path else page, anchor


def anchor_of(heading: str) -> str:
    """Return what code hosts make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
