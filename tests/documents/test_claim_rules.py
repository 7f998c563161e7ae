"""Whatever breaks a rule of `claims.toml` is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_documents import GROUPED_CLAIMS, refusal, write_document

NEEDS_OF = "of, how many images a count is of, stands with each count whose print does not say it, and nowhere else"


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        pytest.param('id = "small"\n', "", "claims.toml:", "needs id", id="document without id"),
        pytest.param('id = "small"', 'id = "Small"', "claims.toml:", "lower-case", id="document id in capitals"),
        pytest.param('title = "A', 'titel = "A', "claims.toml:", "unknown key titel", id="misspelt key"),
        pytest.param('"A small document"', '" "', "claims.toml:", "title must be text", id="empty title"),
        *(
            pytest.param('"small.txt"', f"'{name}'", "claims.toml:", "file must be the name of a file", id=words)
            for name, words in (
                ("../small.txt", "file in the folder above"),
                ("/etc/passwd", "file anywhere"),
                ("texts/small.txt", "file in another folder"),
                ("..", "folder above"),
                (r"..\small.txt", "file in the folder above, Windows"),
                ("c:small.txt", "file on another drive"),
                (" ", "no file"),
                ("...", "nothing but points"),
            )
        ),
        pytest.param('"small.txt"', r'"small\u0001.txt"', "claims.toml:", "without a folder", id="file with a control"),
        pytest.param("000000000", "xyz", "claims.toml:", "64 lower-case hexadecimal", id="sha256 of other digits"),
        pytest.param(
            '[quantity.time]\nmetric = "total_seconds"',
            "[quantity.time]",
            "quantity.time",
            "needs metric",
            id="quantity without metric",
        ),
        pytest.param('"total_seconds"', '"duration"', "quantity.time", "one of loss, accuracy", id="unknown metric"),
        pytest.param('unit = "nat"', 'unit = "bit"', "quantity.loss", "one of 1, fraction", id="unknown unit"),
        pytest.param(
            'unit = "nat"',
            'unit = "seconds"',
            "quantity.loss",
            "unit of loss must be one of nat",
            id="unit of another metric",
        ),
        pytest.param(
            'experiment = "small-net"\n',
            "",
            "group, entry 1",
            "either experiment or about. Received: neither. ",
            id="group about nothing",
        ),
        pytest.param(
            'about = "small-example"',
            'about = "small-example"\nrun = "again"',
            "group, entry 2",
            "run needs experiment beside it. Received: 'again'",
            id="run of no experiment",
        ),
        pytest.param(
            'about = "small-example"',
            'about = "a"\nexperiment = "b"',
            "group, entry 2",
            "either experiment or about",
            id="group about two things",
        ),
        pytest.param(
            "claims.time =",
            "claims.tyme =",
            "group, entry 1 (small-net), claims.tyme",
            "unknown quantity",
            id="undeclared quantity",
        ),
        pytest.param(
            'claims.time = [{ line = 14, printed = "01:07" }]',
            "claims.time = 67",
            "group, entry 1, claims.time",
            "an array",
            id="number instead of entries",
        ),
        pytest.param(
            'claims.time = [{ line = 14, printed = "01:07" }]',
            "claims.time = []",
            "group, entry 1, claims.time",
            "not empty",
            id="no entries",
        ),
        pytest.param(
            '{ line = 14, printed = "01:07" }', "67", "claims.time, entry 1", "a table", id="number instead of an entry"
        ),
        pytest.param(
            "period = 2, ", "perod = 2, ", "claims.loss, entry 2", "unknown key perod", id="misspelt key of a claim"
        ),
        pytest.param("line = 12, ", "", "claims.loss, entry 2", "needs line", id="claim without line"),
        pytest.param(
            "line = 12", "line = true", "claims.loss, entry 2", "line must be a whole number", id="boolean line"
        ),
        pytest.param(
            "line = 12", "line = 12.0", "claims.loss, entry 2", "line must be a whole number", id="decimal line"
        ),
        pytest.param(
            "line = 12", "line = 0", "claims.loss, entry 2", "line must be a whole number from 1", id="line zero"
        ),
        pytest.param(
            "period = 2", "period = 0", "claims.loss, entry 2", "period must be a whole number from 1", id="period zero"
        ),
        pytest.param('"0.25"', "0.25", "claims.loss, entry 2", "printed must be text", id="number without quotes"),
        pytest.param('"0.25"', '"a quarter"', "claims.loss, entry 2", "finite number", id="words instead of a number"),
        pytest.param('"0.25"', '"nan"', "claims.loss, entry 2", "finite number", id="not finite"),
        pytest.param('"0.25"', '"01:07"', "claims.loss, entry 2", "finite number", id="clock in a loss"),
        pytest.param(
            'printed_unit = "percent"',
            'printed_unit = "%"',
            "claims.error, entry 1",
            "printed_unit must be one of",
            id="unknown printed unit",
        ),
        pytest.param(
            'printed_unit = "percent"',
            'printed_unit = "fraction"',
            "claims.error, entry 1",
            "printed_unit stands only",
            id="printed unit that is the true one",
        ),
        pytest.param(
            '"small-net"', '"Small net"', "(Small net), claims.loss, entry 1", "lower-case", id="claim id with a space"
        ),
        pytest.param("period = 2", "period = 1", "claims.toml:", "ids are unique", id="period twice"),
        pytest.param(
            "last_line = 14",
            "last_line = 10",
            "output.regions, entry 1",
            "last_line must be at least",
            id="output that ends before it begins",
        ),
        pytest.param("not_claims =", "not_claim =", "claims.toml: output", "unknown key not_claim", id="misspelt list"),
        pytest.param(
            "first_line = 11",
            "first_line = 0",
            "output.regions, entry 1",
            "first_line must be a whole number",
            id="output from line zero",
        ),
        pytest.param("^Epoch", "(Epoch", "output.not_claims, entry 1", "regular expression", id="broken pattern"),
        pytest.param(
            ', reason = "Number of the period."',
            "",
            "output.not_claims, entry 1",
            "needs reason",
            id="pattern without reason",
        ),
    ],
)
def test_load_document_broken_rule_names_place_rule_and_remedy(
    tmp_path: Path, *, old: str, new: str, place: str, rule: str
) -> None:
    """Each broken rule is refused with the file, the entry, the rule, what was received and what to do."""
    assert old in GROUPED_CLAIMS

    message = refusal(write_document(tmp_path, GROUPED_CLAIMS.replace(old, new, 1)))

    assert message.startswith(str(tmp_path / "claims.toml"))
    assert place in message
    assert rule in message
    assert any(word in message for word in ("Received", "Known"))
    assert any(word in message for word in ("Correct", "Add", "Keep", "Rename"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            'about = "small-example"',
            'about = "a"\nexperiment = "b"',
            ": group, entry 2: needs either experiment or about. Received: both. Correct it there.",
            id="group about two things",
        ),
        pytest.param(
            "claims.time =",
            "claims.tyme =",
            ": group, entry 1 (small-net), claims.tyme: unknown quantity. Known: loss, error, time. "
            "Correct it, or add a table [quantity.tyme].",
            id="undeclared quantity",
        ),
        pytest.param(
            'unit = "nat"',
            'unit = "seconds"',
            ": quantity.loss: the unit of loss must be one of nat. Received: 'seconds'. Correct it there.",
            id="unit of another metric",
        ),
        pytest.param(
            'unit = "percent"',
            'unit = "1"',
            ": quantity.error: the unit of error must be one of fraction, percent, images. Received: '1'. "
            "Correct it there.",
            id="unit of another metric with two",
        ),
        pytest.param(
            '"0.25"',
            '"a quarter"',
            ": group, entry 1 (small-net), claims.loss, entry 2: printed must be a finite number alone. "
            "Received: 'a quarter'. Correct it there.",
            id="words instead of a number",
        ),
        *(
            pytest.param(
                '"0.1", unit = "fraction", printed_unit = "percent"',
                f'{entry}, unit = "images"',
                f": group, entry 1 (small-net), claims.error, entry 1: {rule}. Received: {received}. Correct it there.",
                id=words,
            )
            for entry, received, rule, words in (
                (
                    '"95.4 / 100"',
                    "'95.4 / 100'",
                    "printed must be a whole number of images, such as 9542 or 9542 / 10000",
                    "a count that is no whole number",
                ),
                ('"101 / 100"', "'101 / 100'", "error in the unit images is at most 100", "more images than there are"),
                ('"101", of = 100', "'101'", "error in the unit images is at most 100", "more than is said beside it"),
                ('"95"', "'95'", NEEDS_OF, "a count of nobody says how many images"),
                ('"95 of 100", of = 100', "'95 of 100'", NEEDS_OF, "a count whose images are said twice"),
            )
        ),
        pytest.param(
            '"0.25"',
            '"0.25", of = 100',
            f": group, entry 1 (small-net), claims.loss, entry 2: {NEEDS_OF}. Received: '0.25'. Correct it there.",
            id="a loss of so many images",
        ),
        pytest.param(
            'printed_unit = "percent"',
            'printed_unit = "fraction"',
            ": group, entry 1 (small-net), claims.error, entry 1: printed_unit stands only where the document prints "
            "another unit than the true one, unit. Received: 'fraction'. Correct it there.",
            id="printed unit that is the true one",
        ),
        pytest.param(
            "period = 2, ",
            "period = 2, example = 3, ",
            ": group, entry 1 (small-net), claims.loss, entry 2: example, the training image counted from 1, stands "
            "with each label and with nothing else. Received: 'loss'. Correct it there.",
            id="example of a loss",
        ),
        pytest.param(
            "last_line = 14",
            "last_line = 10",
            ": output.regions, entry 1: last_line must be at least first_line, 11. Received: 10. Correct it there.",
            id="output that ends before it begins",
        ),
        pytest.param(
            "[output]",
            "[material]\nstrong_within = 1.5\n\n[output]",
            ": material.strong_within must be a fraction between 0 and 1. Received: 1.5. Correct it there.",
            id="material in points",
        ),
        pytest.param(
            "[output]",
            "[material]\nstrong_within = 0.04\n\n[output]",
            ": material: strong_within must be at most weak_beyond, 0.03. Received: '0.04'. Correct it there.",
            id="strong beyond weak",
        ),
    ],
)
def test_load_document_broken_rule_has_its_words(tmp_path: Path, *, old: str, new: str, expected: str) -> None:
    """What breaks a rule of claims is told by place, rule, what was received, and what to do, in these words."""
    message = refusal(write_document(tmp_path, GROUPED_CLAIMS.replace(old, new, 1)))

    assert message == f"{tmp_path / 'claims.toml'}{expected}"
