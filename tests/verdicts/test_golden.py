"""The same records give the same verdicts, byte for byte, with every version of Python, NumPy and SciPy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_verdicts import format_verdicts

from mnist_repro.verdicts.finding import Basis, Verdict

# Written by `python tests/support/made_up_verdicts.py > tests/verdicts/golden_verdicts.txt` with Python 3.11,
# NumPy 2.4.6 and SciPy 1.17.1.
GOLDEN = Path(__file__).parent / "golden_verdicts.txt"


@pytest.fixture(scope="module")
def text() -> str:
    """Return the verdicts on the made-up records."""
    return format_verdicts()


def test_verdicts_of_the_same_records_have_the_golden_bytes(text: str) -> None:
    """Markdown and JSON of all verdicts are what they were when they were written, with other versions."""
    assert GOLDEN.read_bytes().decode() == text


def test_verdicts_of_the_made_up_records_are_of_every_kind(text: str) -> None:
    """The golden text shows each verdict that chance leaves, each kind of thing that gets one, and what is unknown."""
    (environment,) = json.loads(text[text.index("\n{\n") :])["published"]
    entries = environment["claims"]

    without_chance = {Verdict.EXACT, Verdict.NOT_EXACT}
    assert {entry["verdict"] for entry in entries} == {verdict.value for verdict in set(Verdict) - without_chance}
    assert {entry["basis"] for entry in entries} == {basis.value for basis in Basis}
    assert len(environment["runs"]) == 6
    assert {entry["kind"] for entry in entries} == {"claim", "comparison", "statement"}
    assert any(entry["runs_needed"] for entry in entries)
    assert any(entry["certainty"] for entry in entries)
