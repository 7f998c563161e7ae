"""`draft` and `provenance`: what they print, as text and as JSON, and one clear line for what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Call, assert_one_line
from git_files import commit

from mnist_repro.documents.document import load_document

LOG = "Epoch 1 val loss: 0.5 acc: 0.81\nEpoch 2 val loss: 0.4 acc: 0.85\nTest accuracy: 87.5\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log with a question for each kind of doubt."""
    file = tmp_path / "run.log"
    file.write_text(LOG, encoding="utf-8")
    return file


def test_draft_prints_questions_and_what_remains(call: Call, log: Path) -> None:
    """Each open question stands in the table with its guess; the next steps stand below."""
    ended = call("draft", log, "--output", "out")

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "5 claims, 2 numbers not claimed, each with its reason: out"
    keys = ["first-period", "set.acc", "unit.run-1.test-accuracy", "images.validation", "images.test"]
    assert all(any(line.startswith(key) for line in lines) for key in keys)
    assert "--answer unit.run-1.test-accuracy=percent" in ended.out
    assert lines[-1] == "Then mnist-repro list --document out"
    assert len(load_document(Path("out")).claims) == 5


def test_draft_with_answers_asks_them_no_more(call: Call, log: Path) -> None:
    """An answer stands in the table as one, and the list of open questions is shorter."""
    before = json.loads(call("draft", log, "--output", "out", "--json").out)
    answers = ("--answer", "set.acc=test", "--answer", "first-period=1")
    after = json.loads(call("draft", log, "--output", "out", "--json", *answers).out)

    asked, left = ({q["key"] for q in found["questions"] if q["open"]} for found in (before, after))
    assert asked - left == {"set.acc", "first-period"}
    assert [claim["quantity"] for claim in after["claims"]].count("test-accuracy") == 3


def test_draft_json_says_of_every_claim_where_it_stands(call: Call, log: Path) -> None:
    """The JSON has claims, reasons, questions and what remains."""
    found = json.loads(call("draft", log, "--output", "out", "--json").out)

    assert set(found) == {"claims", "not_claimed", "questions", "by_hand", "gaps"}
    assert [(claim["line"], claim["printed"]) for claim in found["claims"]] == [
        (1, "0.5"),
        (1, "0.81"),
        (2, "0.4"),
        (2, "0.85"),
        (3, "87.5"),
    ]
    assert found["not_claimed"] == {"Number of the period.": 2}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["draft", "missing.log", "--output", "out"], "cannot be read", id="no file"),
        pytest.param(["draft", "run.log"], "--output", id="no folder"),
        pytest.param(["draft", "run.log", "--output", "out", "--answer", "x"], "KEY=VALUE", id="no answer"),
        pytest.param(
            ["draft", "run.log", "--output", "out", "--answer", "x=1"], "answers a question", id="no question"
        ),
        pytest.param(["provenance", "missing.log"], "there is none", id="no history"),
    ],
)
@pytest.mark.usefixtures("log")
def test_drafting_bad_input_is_one_line(call: Call, arguments: list[str], words: str) -> None:
    """Bad input ends with 2 and says what to do."""
    assert_one_line(call(*arguments), words)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a page whose source was changed after its number."""
    page = "```python\nmodel.fit({})\n```\n\n```\nTest accuracy: 0.97\n```\n"
    commit(tmp_path / "clone", "2018-03-17", page__md=page.format("epochs=4"))
    commit(tmp_path / "clone", "2018-09-15", page__md=page.format("epochs=9"))
    return tmp_path / "clone" / "page.md"


def test_provenance_prints_ages_and_changes(call: Call, clone: Path) -> None:
    """The number has its date, and the change of source its lines."""
    ended = call("provenance", clone)

    assert (ended.code, ended.err) == (0, "")
    assert "0.97    2018-03-17" in ended.out
    assert "Printed 2018-03-17; source was changed 2018-09-15 (" in ended.out
    assert "  -model.fit(epochs=4)\n  +model.fit(epochs=9)\n" in ended.out


def test_provenance_without_a_change_says_so(call: Call, tmp_path: Path) -> None:
    """A file of one commit has no change of source."""
    commit(tmp_path / "clone", "2018-03-17", a__log="Test accuracy: 0.97\n")

    assert "No source beside the numbers was changed after them." in call("provenance", "clone/a.log").out


def test_provenance_json_and_toml_say_the_same(call: Call, clone: Path) -> None:
    """The entries for claims.toml have the dates of the JSON."""
    (change,) = json.loads(call("provenance", clone, "--json").out)["changes"]
    toml = call("provenance", clone, "--toml").out

    assert (change["printed"], change["date"], change["numbers"]) == ("2018-03-17", "2018-09-15", 1)
    assert toml.startswith("[[revision]]\nprinted = 2018-03-17\nchanged = 2018-09-15\n")
