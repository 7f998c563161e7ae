"""The tables of the published pages are tables wherever Markdown is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_pages import tables_of

REPORTS = Path(__file__).parents[3] / "reports"


@pytest.mark.parametrize("page", sorted(REPORTS.glob("*.md")), ids=lambda page: page.stem)
def test_published_table_has_as_many_cells_in_every_row(page: Path) -> None:
    """Below the heading stands a line of dashes, and each row has a cell for each heading."""
    tables = tables_of(page)

    assert tables
    for heading, dashes, *rows in tables:
        assert all(cell.strip(":-") == "" for cell in dashes), heading
        assert {len(row) for row in (dashes, *rows)} == {len(heading)}, heading
