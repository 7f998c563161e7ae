"""docs/draft.md shows what its commands print and how its forms are read."""

from __future__ import annotations

import pytest
from draft_forms import PAGE, renew, run_commands

pytest.importorskip("nbformat")
pytest.importorskip("docutils")
TEXT = PAGE.read_text(encoding="utf-8")


def test_draft_page_shows_what_is_printed_and_read() -> None:
    """`python tests/support/draft_forms.py` writes the page again."""
    assert renew(TEXT) == TEXT


def test_draft_page_commands_end_as_the_page_says() -> None:
    """A document with open questions cannot be loaded; with the answers it can."""
    assert [(command.split()[1], code) for command, code, _ in run_commands(TEXT)] == [
        ("draft", 0),
        ("list", 2),
        ("draft", 0),
        ("list", 0),
        ("provenance", 0),
        ("provenance", 0),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("9 claims, 17 numbers", "9 claims, 18 numbers", id="a command's output"),
        pytest.param("| 9 of 9 | 0 |", "| 8 of 9 | 1 |", id="a row of the table"),
        pytest.param("  +loss = sum(x)\n", "", id="a line left out"),
    ],
)
def test_renew_altered_page_gives_the_true_one(old: str, new: str) -> None:
    """What was altered by hand is put right."""
    assert old in TEXT

    assert renew(TEXT.replace(old, new)) == TEXT
