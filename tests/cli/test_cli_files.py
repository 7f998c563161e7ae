"""One clear line for records that cannot be read, and for files and folders that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import EXPERIMENT, Call, assert_one_line, files_in, run_module
from installed import needs_tensorflow

from mnist_repro.records.store import RecordStore


def test_report_broken_record_is_named(call: Call, broken: Path, tmp_path: Path) -> None:
    """File and line of the record that cannot be read are said, and no page is written."""
    before = files_in(tmp_path)

    ended = call("report", "--publish", "--records", broken.parents[1], "--output", "out")

    assert_one_line(ended, f"{broken}, line 2, is not a valid record")
    assert before == files_in(tmp_path)


@needs_tensorflow
def test_run_broken_record_is_named(call: Call, broken: Path, tmp_path: Path) -> None:
    """A study does not start on records that it cannot read, and leaves them as they are."""
    file = broken.parent.rename(broken.parents[1] / "linux-digits") / broken.name
    before = files_in(tmp_path)

    arguments = ("--dataset", "digits", "--records", broken.parents[1], "--environment", "linux")
    ended = call("run", EXPERIMENT, *arguments)

    assert_one_line(ended, f"{file}, line 2, is not a valid record", "remove this line and run again")
    assert before == files_in(tmp_path)


@pytest.mark.parametrize(
    "make_empty",
    [
        pytest.param(lambda folder: folder.mkdir(), id="empty folder"),
        pytest.param(lambda folder: (folder / "linux").mkdir(parents=True), id="empty environment"),
        pytest.param(lambda folder: RecordStore(folder / "linux").prepare(), id="empty file"),
    ],
)
def test_report_without_records_is_refused(call: Call, tmp_path: Path, make_empty: Callable[[Path], Any]) -> None:
    """A folder that has no record gives no report, and a check of it does not pass."""
    make_empty(tmp_path / "records")

    for check in ((), ("--check",)):
        assert_one_line(call("report", "--records", "records", "--output", "out", *check), "records has no records")
    assert not (tmp_path / "out").exists()


def test_report_records_that_are_a_file_are_refused(call: Call, tmp_path: Path) -> None:
    """A file in place of the folder of records is named."""
    (tmp_path / "file").touch()

    assert_one_line(call("report", "--records", "file"), "file is not a folder", "correct --records")


def test_report_other_protocols_only_is_refused(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Records of none of today's protocols are no report, and the line says what to do with them."""
    store = RecordStore(recorded / "linux")
    store.file.write_bytes(store.file.read_bytes().replace(store.read()[0].protocol_sha256.encode(), b"0" * 64))

    ended = call("report", "--publish", "--records", recorded, "--output", "out")

    assert_one_line(ended, f"{store.file} has no run of today's protocols; its 2 records are of other ones.")
    assert not (tmp_path / "out").exists()


# A file in place of a folder stands for all that cannot be written: permissions do not stop the superuser.
@needs_tensorflow
@pytest.mark.parametrize("place", ["file", "file/below"])
def test_run_folder_that_cannot_be_written_is_refused(call: Call, tmp_path: Path, place: str) -> None:
    """Where records cannot be kept nothing is trained."""
    (tmp_path / "file").write_text("a file\n", encoding="utf-8")

    ended = call("run", EXPERIMENT, "--dataset", "digits", "--records", place)

    assert_one_line(ended, "Records are written to", "and that cannot be done", "--records")
    assert files_in(tmp_path) == {str(tmp_path / "file"): b"a file\n"}


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_report_folder_that_cannot_be_written_is_refused(
    call: Call, recorded: Path, tmp_path: Path, place: str
) -> None:
    """Where pages cannot be written the line names --output, and nothing is written elsewhere."""
    (tmp_path / "file").write_text("a file\n", encoding="utf-8")
    before = files_in(tmp_path)

    ended = call("report", "--publish", "--records", recorded, "--output", place)

    assert_one_line(ended, f"{place}", "is a part of the report and cannot be written", "Correct --output or --readme.")
    assert before == files_in(tmp_path)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        pytest.param("# No marks\n", "must have the lines <!-- results -->", id="without marks"),
        pytest.param(None, "The page of --readme, page.md, cannot be read", id="missing"),
    ],
)
def test_report_readme_that_cannot_be_renewed_is_refused(
    call: Call, recorded: Path, tmp_path: Path, content: str | None, part: str
) -> None:
    """A front page without its marks, or none, is said in a line, and nothing is written."""
    if content is not None:
        (tmp_path / "page.md").write_text(content, encoding="utf-8")
    before = files_in(tmp_path)

    ended = call("report", "--publish", "--records", recorded, "--output", "out", "--readme", "page.md")

    assert_one_line(ended, part, "page.md")
    assert before == files_in(tmp_path)


def test_verdicts_incomplete_last_line_is_said_once_and_is_no_error(recorded: Path, tmp_path: Path) -> None:
    """What a killed writer left is warned of in one line, also where Python's own warnings are errors."""
    file = recorded / "linux" / "runs.jsonl"
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"schema": 1')
    words = ["verdicts", "--environment", "linux", "--records", str(recorded)]

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", "-m", "mnist_repro", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0
    assert ended.stderr == (
        f"mnist-repro: {file}, line 3, is incomplete: its run is not counted and will be trained again.\n"
    )


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        pytest.param("опыт", r"\u043e\u043f\u044b\u0442", id="letters that the encoding lacks"),
        pytest.param(os.fsdecode(b"\xfft"), r"\udcfft", id="bytes that are no letters"),
    ],
)
def test_name_that_cannot_be_encoded_is_escaped(recorded: Path, tmp_path: Path, name: str, printed: str) -> None:
    """Where the output is redirected in an encoding that lacks a folder's letters, they are escaped."""
    records = recorded.rename(tmp_path / name)
    arguments = ("--records", str(records), "--environment", "linux", "--output", f"{name}.json")

    ended = run_module("export", "benchmark-json", "accuracy", *arguments, folder=tmp_path, PYTHONIOENCODING="cp1252")

    assert (ended.code, ended.err) == (0, "")
    assert f"{printed}.json" in ended.out
    assert (tmp_path / f"{name}.json").is_file()
