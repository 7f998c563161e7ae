"""Since when a number stands, and which source changed after it, as a file's git history has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_files import commit, make_notebook, run_git

from mnist_repro.documents.document import load_document
from mnist_repro.drafting import versions
from mnist_repro.drafting.draft import draft_file, write_draft
from mnist_repro.drafting.history import format_revisions, trace_numbers
from mnist_repro.errors import ReproError

pytest.importorskip("nbformat")
PRINTED = "Test loss: 0.25\nTest accuracy: 0.91\n"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """Return a notebook that was printed, renamed, changed in its source, and printed again in part."""
    folder = tmp_path / "clone"
    commit(folder, "2018-03-17", a__ipynb=make_notebook(("loss = mean(x)", PRINTED)))
    run_git(folder, "mv", "a.ipynb", "b.ipynb")
    commit(folder, "2018-05-01")
    commit(folder, "2018-09-15", b__ipynb=make_notebook(("loss = sum(x)", PRINTED)))
    again = PRINTED.replace("0.25", "0.26")
    commit(folder, "2019-01-02", b__ipynb=make_notebook(("# The sum.\nloss = sum(x)", again)))
    return folder / "b.ipynb"


def test_trace_numbers_says_since_when_each_stands(notebook: Path) -> None:
    """A rename and a comment change no number's age; what was printed anew is as old as its print."""
    found = trace_numbers(notebook)

    assert [(number.text, number.printed, len(number.changed_after)) for number in found.numbers] == [
        ("0.26", "2019-01-02", 0),
        ("0.91", "2018-03-17", 1),
    ]
    assert found.notes == ()


def test_trace_numbers_names_the_source_that_changed_after_a_number(notebook: Path) -> None:
    """The one change of source has its date, its lines and the number that stayed."""
    (change,) = trace_numbers(notebook).changes

    assert (change.printed, change.date, change.numbers) == ("2018-03-17", "2018-09-15", 1)
    assert change.lines == ("-loss = mean(x)", "+loss = sum(x)")
    assert change.sentence.startswith("Printed 2018-03-17; source was changed 2018-09-15 (")
    assert change.sentence.endswith("), 1 number was not.")


def test_trace_numbers_of_prose_and_program_are_those_of_a_script(tmp_path: Path) -> None:
    """A sentence at the head of a script is as old as its number, whatever the script did since."""
    script = '"""Trains a network.\n\nGets to 98.25% test accuracy after 12 epochs.\n"""\nmodel.add(Dense({units}))\n'
    commit(tmp_path, "2015-06-19", cnn__py=script.replace("{units}", "32"))
    commit(tmp_path, "2017-02-10", cnn__py=script.replace("{units}", "64"))

    found = trace_numbers(tmp_path / "cnn.py")

    assert [(number.text, number.printed) for number in found.numbers] == [("98.25", "2015-06-19")]
    assert [change.lines for change in found.changes] == [("-model.add(Dense(32))", "+model.add(Dense(64))")]


def test_trace_numbers_without_a_later_change_finds_none(tmp_path: Path) -> None:
    """Source and output of one commit are of one age."""
    commit(tmp_path, "2020-01-01", a__ipynb=make_notebook(("loss = mean(x)", PRINTED)))

    assert trace_numbers(tmp_path / "a.ipynb").changes == ()


def test_trace_numbers_printed_with_the_change_are_no_older(tmp_path: Path) -> None:
    """Where source and numbers change in one commit, no number stayed behind."""
    commit(tmp_path, "2020-01-01", a__ipynb=make_notebook(("loss = mean(x)", PRINTED)))
    commit(tmp_path, "2020-01-02", a__ipynb=make_notebook(("loss = sum(x)", "Test accuracy: 0.9\n")))

    assert trace_numbers(tmp_path / "a.ipynb").changes == ()


def test_trace_numbers_in_a_shallow_clone_says_so(notebook: Path, tmp_path: Path) -> None:
    """What stands in the oldest commit of a shallow clone may be older."""
    run_git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{notebook.parent}", "shallow")

    found = trace_numbers(tmp_path / "shallow" / "b.ipynb")

    assert [number.printed for number in found.numbers] == ["2019-01-02", "2019-01-02"]
    assert "git fetch --unshallow" in found.notes[0]


def test_trace_numbers_of_a_changed_file_says_so(notebook: Path) -> None:
    """What is not committed is not looked at, and that is said."""
    notebook.write_text(make_notebook(("loss = 0", "Test accuracy: 0.99\n")), encoding="utf-8")

    found = trace_numbers(notebook)

    assert {number.text for number in found.numbers} == {"0.26", "0.91"}
    assert "not committed" in found.notes[0]


def test_trace_numbers_passes_over_versions_that_cannot_be_read(notebook: Path) -> None:
    """A version that is no notebook breaks nothing, and is counted."""
    content = notebook.read_text(encoding="utf-8")
    commit(notebook.parent, "2019-02-01", b__ipynb="<<<<<<< conflict")
    commit(notebook.parent, "2019-02-02", b__ipynb=content)

    found = trace_numbers(notebook)

    assert found.numbers[-1].printed == "2018-03-17"
    assert found.notes == ("1 of 6 versions cannot be read, and were passed over.",)


def test_revisions_are_entries_of_the_claims_file(notebook: Path, tmp_path: Path) -> None:
    """What is printed for claims.toml loads there."""
    write_draft(draft_file(notebook, answers={}), tmp_path / "document")
    claims = tmp_path / "document" / "claims.toml"
    claims.write_text(claims.read_text(encoding="utf-8") + "\n" + format_revisions(trace_numbers(notebook)))

    (revision,) = load_document(tmp_path / "document").revisions

    assert (str(revision.printed), str(revision.changed)) == ("2018-03-17", "2018-09-15")
    assert "1 number: -loss = mean(x); +loss = sum(x)" in revision.text


def test_revision_before_the_print_is_refused(notebook: Path, tmp_path: Path) -> None:
    """A change of source that is older than the number says nothing of it."""
    write_draft(draft_file(notebook, answers={}), tmp_path / "document")
    claims = tmp_path / "document" / "claims.toml"
    entry = '\n[[revision]]\nprinted = 2018-03-17\nchanged = 2018-03-16\ntext = "Before."\n'
    claims.write_text(claims.read_text(encoding="utf-8") + entry)

    with pytest.raises(ReproError, match="changed must be no day before printed"):
        load_document(tmp_path / "document")


def test_trace_numbers_outside_of_a_clone_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of no repository, a file that was never committed and a missing file are told apart."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    loose = tmp_path / "a.log"
    loose.write_text("Test accuracy: 0.9\n")

    with pytest.raises(ReproError, match="Clone the repository"):
        trace_numbers(loose)
    commit(tmp_path / "clone", "2020-01-01", other__log="Test accuracy: 0.9\n")
    (tmp_path / "clone" / "new.log").write_text("Test accuracy: 0.9\n")
    with pytest.raises(ReproError, match="was never committed"):
        trace_numbers(tmp_path / "clone" / "new.log")
    with pytest.raises(ReproError, match="there is none"):
        trace_numbers(tmp_path / "missing.log")


def test_trace_numbers_of_a_file_without_numbers_says_so(tmp_path: Path) -> None:
    """A file that reports nothing has nothing to be traced."""
    commit(tmp_path, "2020-01-01", a__md="# Words\n")

    with pytest.raises(ReproError, match="does neither"):
        trace_numbers(tmp_path / "a.md")


def test_trace_numbers_without_git_says_so(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no git on the PATH, the error names it."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ReproError, match="there is no git on the PATH"):
        trace_numbers(notebook)


def test_trace_numbers_of_many_commits_looks_at_the_last(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of versions that are read has a limit, and the answer says so."""
    monkeypatch.setattr(versions, "MOST_COMMITS", 2)

    found = trace_numbers(notebook)

    assert found.numbers[-1].printed == "2018-09-15"
    assert found.notes == ("Only the last 2 commits of the file were looked at.",)
