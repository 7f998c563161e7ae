"""What is compared byte for byte is checked out as it was committed, on every system."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")
def test_checkout_of_every_text_has_the_committed_line_ends() -> None:
    """Git for Windows turns the ends of texts around (core.autocrlf), unless a file's attributes name them."""
    command = ["git", "-C", str(ROOT), "ls-files", "--eol"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - fixed words

    files = [line.split(maxsplit=2) for line in listed.splitlines()]

    assert len(files) > 100
    assert {committed for committed, _, _ in files} <= {"i/lf", "i/-text", "i/none"}
    assert [name for committed, _, name in files if committed == "i/lf" and "eol=lf" not in name] == []
