"""What is wrong between a text and its claims is told in words that quote the line and say what to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from small_documents import CHECKED_CLAIMS, CHECKED_TEXT, TINY, load_checked

from mnist_repro.cli.main import main
from mnist_repro.documents.document import load_document
from mnist_repro.documents.text import TEXTS_VARIABLE, check_text, find_text

PLAIN_CLAIMS = """\
id = "log"
title = "A log"
file = "log.txt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[quantity.loss]
metric = "loss"
unit = "nat"

[[group]]
experiment = "small-net"
claims.loss = [{ line = 1, printed = "0.25" }, { period = 1, line = 1, printed = "0.25" }]
"""


def find_wrong(folder: Path, *, text: str = CHECKED_TEXT, claims: str = CHECKED_CLAIMS) -> list[str]:
    """Return what is wrong between a text and claims, whose sum is that of the text."""
    content = text.encode()
    return check_text(
        load_checked(folder, claims=claims.replace("0" * 64, hashlib.sha256(content).hexdigest())), content
    )


def test_check_text_in_order_finds_nothing(tmp_path: Path) -> None:
    """A text that agrees with its claims is passed, and so is the tiny document's; a colon or Julia's f0 may touch."""
    assert find_wrong(tmp_path) == []
    assert find_wrong(tmp_path, text=CHECKED_TEXT.replace("period 2: 0.25", "period 2: 0.25f0")) == []
    assert find_wrong(tmp_path, text=CHECKED_TEXT.replace("period 2: 0.25", "period 2 loss:0.25")) == []
    assert check_text(load_document(TINY), (TINY / "tiny.txt").read_bytes()) == []


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        *(pytest.param(line, True, id=line) for line in ("SGD(0.001)", "lr=.001", "rate 1e-3:", "a rate of 1.0E-3")),
        *(pytest.param(line, False, id=line) for line in ("SGD(0.01)", "lr=10.001", "rate 11e-3", "1..001", "0.001e1")),
    ],
)
def test_check_text_setting_stands_however_it_is_written(tmp_path: Path, line: str, *, is_found: bool) -> None:
    """A learning rate that is stated stands on its line with a point or an exponent, and as no part of a number."""
    claims = CHECKED_CLAIMS.replace("batch_size = 12", "learning_rate = 0.001")

    wrong = find_wrong(tmp_path, text=CHECKED_TEXT.replace("# batches of 12", line), claims=claims)

    assert wrong == [] if is_found else "0.001 must stand on each of its lines" in wrong[0]


@pytest.mark.parametrize(("line", "is_found"), [("12, then 64", True), ("12 twice", False)], ids=["both", "one"])
def test_check_text_units_of_all_hidden_layers_stand_on_the_line(tmp_path: Path, line: str, *, is_found: bool) -> None:
    """Each number of units is one of the line's, once for however many layers have it."""
    claims = CHECKED_CLAIMS.replace("batch_size = 12", "hidden_units = [64, 64, 12]")

    wrong = find_wrong(tmp_path, text=CHECKED_TEXT.replace("# batches of 12", line), claims=claims)

    assert wrong == [] if is_found else ": 64 and 12 must stand on each of its lines" in wrong[0]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param("of 12", "of 120", "Statement small.comment: 12 must stand on each of its lines.", id="batch"),
        pytest.param("(7:9)", "(7:8)", "Statement small.range: 7 and 9 must stand on one of its lines.", id="range"),
        pytest.param(
            'print("period", period, loss)', "", "Statement small.name: its lines must not be empty.", id="statement"
        ),
        pytest.param(
            "This gives 0.9 accuracy.",
            "",
            'A remark must stand on a line with text. Line 8 of small.txt: "". Correct line.',
            id="remark",
        ),
        *(
            pytest.param(
                "2: 0.25",
                f"2: {printed}",
                f"Claim small-net.loss.2: 0.25 must stand on line 6, for itself. Line 6 of small.txt: "
                f'"period 2: {printed}". It stands nowhere in the text; correct printed.',
                id=printed,
            )
            for printed in ("0.26", "0.251", "0.25e-3", "0.25f-3", "10.25", "1:0.25")
        ),
        pytest.param("2: 0.25", "2: 0.25 0.25", "0.25 is printed, and neither claimed nor excused.", id="number twice"),
        pytest.param("2: 0.25", "2: 0.25 (7 s)", "7 is printed, and neither claimed nor excused. Line 6", id="more"),
        pytest.param("2: 0.25", "2: 0.25 nan", "nan is printed, and neither claimed nor excused.", id="no number"),
        pytest.param("\nObject", "\nObjects\nObject", "It stands on line 7; correct line.", id="lines moved"),
        pytest.param("@16", "", r"A pattern of not_claims must find something. Received: '@\\d+'.", id="pattern"),
        *(
            pytest.param("period = 3", line, f"{number} is a result outside [output], and", id=line)
            for line, number in (
                ("Accuracy on test set: 0.5", "0.5"),
                ("(:acc, 0.5f0)", "0.5"),
                ("val_acc 98%", "98"),
                ("Epoch 2 Loss : 1.25e-1", "1.25e-1"),
                ("Errors: 1,8", "1,8"),
                ("a loss of .125", ".125"),
                ("sgd(0.1, acc=0.5)", "0.1"),
                ("val_acc=0.5", "0.5"),
            )
        ),
    ],
)
def test_check_text_altered_text_is_told(tmp_path: Path, old: str, new: str, found: str) -> None:
    """A text that was altered is told: what must stand, the line as it is, and the next step."""
    assert old in CHECKED_TEXT

    assert any(found in wrong for wrong in find_wrong(tmp_path, text=CHECKED_TEXT.replace(old, new, 1)))


def test_check_text_of_a_long_line_quotes_what_stands_around_the_number(tmp_path: Path) -> None:
    """A number far to the right, as in a paragraph on one line, is seen in the sentence that quotes it."""
    line = f"{'Much is said before. ' * 20}The loss falls by 15% then. {'More is said after it. ' * 20}"

    (wrong,) = find_wrong(tmp_path, text=CHECKED_TEXT.replace("period = 3", line, 1))

    assert "The loss falls by 15% then." in wrong
    assert len(wrong) < len(line)


@pytest.mark.parametrize(
    "line", ["SGD(learning_rate=0.1), loss='mse'", 'print("cost=", "{:.9f}".format(cost))', "loss: v0.1.2"]
)
def test_check_text_settings_and_formats_are_no_results(tmp_path: Path, line: str) -> None:
    """A line of code may name a loss beside a number that is not one."""
    assert find_wrong(tmp_path, text=CHECKED_TEXT.replace("period = 3", line, 1)) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param(
            "line = 6",
            "line = 60",
            "Claim small-net.loss.2: 0.25 must stand on line 60, for itself. small.txt ends with line 11. "
            "It stands on line 6; correct line.",
            id="line after the end",
        ),
        pytest.param(
            '    { period = 2, line = 6, printed = "0.25" },\n', "", "0.25 is printed, and neither", id="left out"
        ),
        pytest.param(
            'claims.promise = [{ cell = "text before In [2]", line = 8, printed = "0.9" }]',
            "",
            "0.9 is a result outside [output], and neither claimed nor excused. Line 8 of small.txt: "
            '"This gives 0.9 accuracy.". Claim it, or excuse it in not_claims by a pattern with the reason.',
            id="promise left out",
        ),
        pytest.param(r"@\d+", r"0\.25", "Another claim or a pattern covers it; remove one", id="pattern over a claim"),
        pytest.param(
            'period = 2, line = 6, printed = "0.25"',
            'period = 2, line = 5, printed = "0.5"',
            "Claim small-net.loss.2: 0.5 must stand on line 5, for itself. *",
            id="two claims on one number",
        ),
        pytest.param(
            "last_line = 6",
            "last_line = 66",
            "A region of [output] must end within the text. small.txt ends with line 11. Correct last_line.",
            id="region after the end",
        ),
    ],
)
def test_check_text_altered_claims_are_told(tmp_path: Path, old: str, new: str, found: str) -> None:
    """Claims that were altered are told in the same way."""
    assert old in CHECKED_CLAIMS

    assert any(found.rstrip("*") in wrong for wrong in find_wrong(tmp_path, claims=CHECKED_CLAIMS.replace(old, new, 1)))


def test_check_text_without_cells_and_regions_is_all_output(tmp_path: Path) -> None:
    """A log needs neither: all of it is output, and two claims may have the same number on one line."""
    assert find_wrong(tmp_path, text="loss: 0.25 - val_loss: 0.25\n", claims=PLAIN_CLAIMS) == []
    assert len(find_wrong(tmp_path, text="loss: 0.25 - val_loss: 0.25\nstep 9\n", claims=PLAIN_CLAIMS)) == 1


def test_check_text_of_other_bytes_says_which_sum_to_write(tmp_path: Path) -> None:
    """A wrong sum is told with the right one, and whatever else is wrong too."""
    content = (CHECKED_TEXT + "\n").encode()

    (found,) = check_text(load_checked(tmp_path), content)

    assert found == (
        f"sha256 must be that of small.txt. Received: 000000000000...; the file has "
        f"{hashlib.sha256(content).hexdigest()}. Write this, if it is the text that the claims were taken from."
    )
    assert "must be UTF-8" in check_text(load_checked(tmp_path), b"\xff")[0]


def test_find_text_beside_its_claims_or_in_the_folder_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is looked for beside the claims, then in the folder that the variable names."""
    monkeypatch.delenv(TEXTS_VARIABLE, raising=False)
    document = load_checked(tmp_path / "document")
    assert find_text(load_document(TINY)) == TINY / "tiny.txt"
    assert find_text(document) is None

    monkeypatch.setenv(TEXTS_VARIABLE, str(tmp_path))
    assert find_text(document) is None
    (tmp_path / "small.txt").write_text(CHECKED_TEXT, encoding="utf-8")
    assert find_text(document) == tmp_path / "small.txt"


@pytest.mark.parametrize(("line", "code"), [("5", 0), ("4", 1)], ids=["in order", "wrong line"])
def test_list_holds_claims_against_the_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, code: int
) -> None:
    """`list` tells what is wrong, and says so by its exit code."""
    for name in ("claims.toml", "experiments.py", "tiny.txt"):
        text = (TINY / name).read_text(encoding="utf-8").replace("line = 5", f"line = {line}")
        (tmp_path / name).write_text(text, encoding="utf-8")

    assert main(["list", "--document", str(tmp_path)]) == code

    printed = capsys.readouterr().out
    assert "tiny: A tiny document; 2 numbers, 2 claims, held against tiny.txt" in printed
    assert ('70.0 must stand on line 4, for itself. Line 4 of tiny.txt: "Epoch 2: loss' in printed) is bool(code)
