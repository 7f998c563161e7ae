"""Whether a file of the report is what its records give: byte for byte, but for figures that other libraries drew."""

from __future__ import annotations

from pathlib import Path

from mnist_repro.reporting.inline_figures import blank_figures, list_creators
from mnist_repro.reporting.svg import read_creator


def is_as_made(there: Path, *, made: Path) -> bool:
    """Compare a file of the report with the same as it was made now.

    Figures are compared only where the same versions of the libraries drew them, as others draw other bytes; that holds
    also of those within a page, whose other bytes count in any case.
    """
    if made.suffix == ".svg" and read_creator(made) != read_creator(there):
        return True
    if made.read_bytes() == there.read_bytes():
        return True
    return made.suffix == ".html" and _is_page_as_made(there.read_bytes(), made=made.read_bytes())


def _is_page_as_made(there: bytes, *, made: bytes) -> bool:
    # A page that is no text is not as it was made, and is only compared.
    pages = [page.decode("utf-8", errors="replace") for page in (there, made)]
    if list_creators(pages[0]) == list_creators(pages[1]):
        return False
    return blank_figures(pages[0]) == blank_figures(pages[1])
