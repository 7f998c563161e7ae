"""Each check of a document's text finds what it is there for, on made-up documents."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from small_documents import CHECKED_CLAIMS, CHECKED_TEXT, TINY, load_checked
from text_checks import (
    CHECKS,
    Check,
    find_contested_claims,
    find_misnamed_cells,
    find_misplaced_claims,
    find_misplaced_remarks,
    find_misplaced_statements,
    find_results_outside_output,
    find_unclaimed_numbers,
    find_unused_patterns,
    is_recorded_text,
    read_lines,
)

from mnist_repro.documents.document import load_document


@pytest.mark.parametrize("check", CHECKS)
def test_check_small_document_in_order_finds_nothing(tmp_path: Path, *, check: Check) -> None:
    """A document that agrees with its claims passes every check."""
    assert check(load_checked(tmp_path), lines=CHECKED_TEXT.split("\n")) == []


@pytest.mark.parametrize(
    ("check", "old", "new", "found"),
    [
        pytest.param(find_misplaced_statements, "of 12", "of 120", ["small.comment"], id="statement of another number"),
        pytest.param(find_misplaced_statements, "(7:9)", "(7:8)", ["small.range"], id="statement of another range"),
        pytest.param(
            find_misplaced_statements, 'print("period", period, loss)', "", ["small.name"], id="statement on nothing"
        ),
        pytest.param(find_misplaced_remarks, "This gives 0.9 accuracy.", "", ["line 8"], id="remark on nothing"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 0.26", ["small-net.loss.2: 0 times"], id="other number"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 0.251", ["small-net.loss.2: 0 times"], id="longer number"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 0.25e-3", ["small-net.loss.2: 0 times"], id="exponent"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 10.25", ["small-net.loss.2: 0 times"], id="digit before it"),
        pytest.param(
            find_misplaced_claims, "2: 0.25", "2: 0.25 0.25", ["small-net.loss.2: 2 times"], id="number twice"
        ),
        pytest.param(
            find_misplaced_claims,
            "\n# batches of 12, images (7:9)\nObject",
            "\nObject",
            ["small-net.loss.1: 0 times", "small-net.loss.2: 0 times", "small-net.promise: 0 times"],
            id="lines moved up",
        ),
        pytest.param(find_misnamed_cells, "In [1]:", "In [7]:", ["output 4: In [1]"], id="output of another cell"),
        pytest.param(
            find_misnamed_cells,
            "In [2]:",
            "In [3]:",
            ["small-net.promise: text before In [2]"],
            id="text before another cell",
        ),
        pytest.param(
            find_unclaimed_numbers, "0.25", "0.25 (7 s)", ["line 6: period 2: 0.25 (7 s)"], id="number without claim"
        ),
        pytest.param(find_unused_patterns, "@16", "", [r"@\d+"], id="pattern without match"),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "period 3: 0.125",
            ["line 10: period 3: 0.125"],
            id="result after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Accuracy on test set: 0.5",
            ["line 10: Accuracy on test set: 0.5"],
            id="accuracy after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Epoch 2 Loss : 0.125",
            ["line 10: Epoch 2 Loss : 0.125"],
            id="epoch after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "| 1/10 [00:06<01:00,  6.70s/it]",
            ["line 10: | 1/10 [00:06<01:00,  6.70s/it]"],
            id="progress bar after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Errors (%): 10.5 %",
            ["line 10: Errors (%): 10.5 %"],
            id="error after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Out[2]:",
            ["line 10: Out[2]:"],
            id="output of another cell after the output",
        ),
    ],
)
def test_check_altered_text_finds_it(tmp_path: Path, *, check: Check, old: str, new: str, found: list[str]) -> None:
    """A document whose text was altered fails the check, which names the place."""
    assert old in CHECKED_TEXT

    assert check(load_checked(tmp_path), lines=CHECKED_TEXT.replace(old, new, 1).split("\n")) == found


@pytest.mark.parametrize(
    ("check", "old", "new", "found"),
    [
        pytest.param(
            find_misplaced_claims, "line = 6", "line = 60", ["small-net.loss.2: 0 times"], id="line after the end"
        ),
        pytest.param(
            find_misnamed_cells,
            "line = 6",
            'cell = "In [9]", line = 6',
            ["small-net.loss.2: In [9]"],
            id="claim of another cell",
        ),
        pytest.param(
            find_unclaimed_numbers,
            '    { period = 2, line = 6, printed = "0.25" },\n',
            "",
            ["line 6: period 2: 0.25"],
            id="claim left out",
        ),
        pytest.param(
            find_contested_claims, r"@\d+", r"0\.2", [r"small-net.loss.2 / pattern 0\.2"], id="pattern over a claim"
        ),
        pytest.param(
            find_contested_claims,
            'period = 2, line = 6, printed = "0.25"',
            'period = 2, line = 5, printed = "0.5"',
            ["small-net.loss.1 / small-net.loss.2"],
            id="two claims on one number",
        ),
        pytest.param(
            find_unused_patterns, r"^period \d+", r"^Epoch \d+", [r"^Epoch \d+"], id="pattern of another document"
        ),
        pytest.param(
            find_results_outside_output,
            'claims.promise = [{ cell = "text before In [2]", line = 8, printed = "0.9" }]',
            "",
            ["line 8: This gives 0.9 accuracy."],
            id="promise left out",
        ),
    ],
)
def test_check_altered_claims_finds_it(tmp_path: Path, *, check: Check, old: str, new: str, found: list[str]) -> None:
    """Claims that were altered fail the check, which names the place."""
    assert old in CHECKED_CLAIMS

    document = load_checked(tmp_path, claims=CHECKED_CLAIMS.replace(old, new, 1))

    assert check(document, lines=CHECKED_TEXT.split("\n")) == found


def test_is_recorded_text_one_byte_more_is_false(tmp_path: Path) -> None:
    """The recorded bytes pass, and the same bytes with a line end more do not."""
    content = CHECKED_TEXT.encode()
    recorded = CHECKED_CLAIMS.replace("0" * 64, hashlib.sha256(content).hexdigest())
    document = load_checked(tmp_path, claims=recorded)

    assert is_recorded_text(document, content=content)
    assert not is_recorded_text(document, content=content + b"\n")


@pytest.mark.parametrize("check", CHECKS)
def test_check_tiny_document_finds_nothing(*, check: Check) -> None:
    """The tiny document agrees with its claims."""
    assert check(load_document(TINY), lines=read_lines(TINY / "tiny.txt")) == []
