"""Whatever a file holds, a draft ends soon, with one clear line, and runs nothing of it."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from git_files import make_notebook

from mnist_repro.drafting import series
from mnist_repro.drafting.draft import draft_file, write_draft
from mnist_repro.drafting.grammar import parse_line
from mnist_repro.errors import ReproError

pytest.importorskip("nbformat")
pytest.importorskip("docutils")
RESULT = "Test accuracy: 0.97\n"


def _with_html(html: str) -> str:
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}
    notebook: dict[str, Any] = json.loads(make_notebook(("show()", "")))
    notebook["cells"][0]["outputs"] = [output]
    return json.dumps(notebook)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.log", RESULT * 1_000_000, "50,000 lines are read; it has 1,000,001", id="a million lines"),
        pytest.param("a.ipynb", make_notebook(("x", RESULT * 60_000)), "50,000 lines are read", id="lines of a cell"),
        pytest.param("a.ipynb", make_notebook(("x", "\b".join("12" * 50_000))), None, id="a bar without end"),
        pytest.param("a.ipynb", make_notebook(("x", "12" * 50_000)), "20,000 letters", id="a line without end"),
        pytest.param("a.html", "<table>\n<tr><td>\n" * 1_000, "nested more than 200 deep", id="nested tables"),
        pytest.param("a.ipynb", _with_html("<table><tr><td>" * 5_000), "nested more than 200", id="nested in a cell"),
        pytest.param("a.ipynb", "[" * 100_000, "nested too deeply", id="nested JSON"),
        pytest.param("a.ipynb", "{}", "is JSON with `nbformat` 3 or 4", id="no cells"),
        pytest.param("a.ipynb", "[1]", "is JSON with `nbformat` 3 or 4", id="no notebook"),
        pytest.param("a.ipynb", '{"cells": [3], "metadata": {}, "nbformat": 4}', "is JSON with", id="no cell"),
        pytest.param("a.log", "", "is empty", id="empty"),
        pytest.param("a.log", "words\n", "has none", id="no result"),
        pytest.param("a.md", ">" * 5_000 + "*a **b " * 2_000, "has none", id="Markdown nested without end"),
        pytest.param("a.log", "x 1\n" + " ".join("1/2" * 200) + "\n", "has none", id="numbers without end"),
    ],
)
def test_draft_hostile_file_ends_with_one_line(name: str, content: str, words: str | None, tmp_path: Path) -> None:
    """The error has one line and names the file, or what was asked of it."""
    (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(ReproError, match=words) as error:
        draft_file(tmp_path / name, answers={})

    assert "\n" not in str(error.value)


def test_draft_notebook_of_200_megabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    """No more of it is read than a notebook may have."""
    with (tmp_path / "a.ipynb").open("wb") as stream:
        stream.truncate(200 << 20)
    tracemalloc.start()

    with pytest.raises(ReproError, match="at most 33,554,432 bytes"):
        draft_file(tmp_path / "a.ipynb", answers={})

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20


def test_draft_bytes_that_are_no_text_say_so(tmp_path: Path) -> None:
    """A file of another encoding is named, with what to do."""
    (tmp_path / "a.log").write_bytes(b"accuracy: 0.9 \xff")

    with pytest.raises(ReproError, match="Save it again as UTF-8"):
        draft_file(tmp_path / "a.log", answers={})


@pytest.mark.parametrize("name", ["missing.log", "folder"])
def test_draft_of_no_file_says_so(name: str, tmp_path: Path) -> None:
    """A missing file and a folder are no files."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(ReproError, match="Correct the path"):
        draft_file(tmp_path / name, answers={})


def test_draft_letters_that_are_none_leave_the_results(tmp_path: Path) -> None:
    """Halves of surrogate pairs, zero bytes and marks of direction are no part of what is stored."""
    (tmp_path / "a.ipynb").write_text(make_notebook(("print('\ud800')", f"\x00\x1b[31m{RESULT[:-1]} \udfff\n")))

    drafted = draft_file(tmp_path / "a.ipynb", answers={})
    write_draft(drafted, tmp_path / "out")

    assert [claim.printed for claim in drafted.claims] == ["0.97"]


def test_draft_output_that_is_code_is_not_run(tmp_path: Path) -> None:
    """Neither source nor output nor a page's directives are run or included."""
    made = tmp_path / "made"
    secret = tmp_path / "secret"
    secret.write_text("Test accuracy: 0.11\n")
    code = f"open({str(made)!r}, 'w')"
    (tmp_path / "a.ipynb").write_text(make_notebook((code, f"{RESULT}{code}\n")))
    (tmp_path / "a.rst").write_text(
        f".. include:: {secret}\n\n.. raw:: html\n   :file: {secret}\n\n.. csv-table::\n   :file: {secret}\n\n"
        f"Printed::\n\n    {RESULT}\n"
    )

    for name in ("a.ipynb", "a.rst"):
        drafted = draft_file(tmp_path / name, answers={})
        assert [claim.printed for claim in drafted.claims] == ["0.97"]

    assert not made.exists()


def test_draft_error_output_is_no_result_and_is_said(tmp_path: Path) -> None:
    """What stands in a traceback is claimed by nothing; the cell that ended with it is named."""
    notebook = json.loads(make_notebook(("1 / 0", ""), ("evaluate()", RESULT)))
    error = {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "x", "traceback": ["accuracy: 0.5"]}
    notebook["cells"][0]["outputs"] = [error]
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))

    drafted = draft_file(tmp_path / "a.ipynb", answers={})

    assert [claim.printed for claim in drafted.claims] == ["0.97"]
    assert drafted.by_hand[0].startswith("In [1]: it ended with ZeroDivisionError")


def test_draft_more_claims_than_a_file_can_have_are_refused(tmp_path: Path) -> None:
    """Claims without end are refused before anything is written."""
    (tmp_path / "a.log").write_text("".join(f"Epoch {i}: val loss {i / 7:.4f}\n" for i in range(5_002)))

    with pytest.raises(ReproError, match="at most 5,000 claims"):
        draft_file(tmp_path / "a.log", answers={})


@pytest.mark.parametrize(
    "text",
    [" " * 490 + "1", "[" * 400 + "1", "- " * 200 + "1", "loss " * 90 + "1", "Epoch " * 80 + "1", "|" * 490 + "1"],
)
def test_parse_line_takes_no_time_that_grows_beyond_its_length(text: str) -> None:
    """A line on which an expression could go astray is read a thousand times in a moment."""
    for _ in range(300):
        parse_line(text, number=1)


def test_read_series_of_an_empty_text_finds_nothing() -> None:
    """Nothing printed, nothing found."""
    assert series.read_series(series.StoredText()).results == []
