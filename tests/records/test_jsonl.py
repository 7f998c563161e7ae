"""Append-only JSONL files: each line whole, whatever a crash left at the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from mnist_repro.records.jsonl import append_line, is_torn, read_lines

LINES = [b'{"a": 1}', b'{"b": 2}']
NEW = b'{"c": [' + b"3, " * 15 + b"3]}"


def contents(file: Path) -> list[bytes]:
    """Return the lines without their newlines, which all of them must have."""
    lines = list(read_lines(file))
    assert all(line.endswith(b"\n") for line in lines)
    return [line.rstrip(b"\n") for line in lines]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with two lines."""
    file = tmp_path / "runs.jsonl"
    for line in LINES:
        append_line(file, line)
    return file


@pytest.mark.parametrize("length", range(1, len(NEW)))
def test_append_line_after_incomplete_line_moves_it_away(file: Path, length: int) -> None:
    """Whatever part of a line a killed process left is moved to a file beside it, and the next line is whole."""
    with file.open("ab") as stream:
        stream.write(NEW[:length])

    append_line(file, b'{"d": 4}')

    assert contents(file) == [*LINES, b'{"d": 4}']
    assert file.with_suffix(".torn").read_bytes() == NEW[:length] + b"\n"


def test_append_line_after_line_without_newline_keeps_it(file: Path) -> None:
    """A whole last line that an editor saved without its newline counts, and gets its newline."""
    with file.open("ab") as stream:
        stream.write(NEW)

    append_line(file, b'{"d": 4}')

    assert contents(file) == [*LINES, NEW, b'{"d": 4}']
    assert not file.with_suffix(".torn").exists()


def test_append_line_after_zeros_of_a_power_cut_moves_them_away(file: Path) -> None:
    """Zeros, which a file system leaves in place of bytes that were never written, are not a line."""
    with file.open("ab") as stream:
        stream.write(bytes(3 << 20))

    append_line(file, NEW)

    assert contents(file) == [*LINES, NEW]
    assert file.with_suffix(".torn").stat().st_size == (3 << 20) + 1


def test_append_line_to_nothing_but_an_incomplete_line_moves_it_away(tmp_path: Path) -> None:
    """The first line may be the incomplete one."""
    file = tmp_path / "runs.jsonl"
    file.write_bytes(NEW[:7])

    append_line(file, NEW)

    assert contents(file) == [NEW]


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "another file"])
def test_append_line_after_others_replaced_the_file_appends_to_what_is_there(file: Path, *, in_place: bool) -> None:
    """Nothing is remembered of an earlier file where another took its place, or it became shorter."""
    if in_place:
        file.write_bytes(NEW + b"\n")
    else:
        other = file.with_name("other")
        other.write_bytes(NEW + b"\n")
        other.replace(file)

    append_line(file, LINES[0])

    assert contents(file) == [NEW, LINES[0]]


def test_append_line_refused_by_the_disk_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes the bytes and then cannot keep them leaves no half of them."""

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="Input/output error"):
            append_line(file, NEW)

    assert contents(file) == LINES
    append_line(file, NEW)
    assert contents(file) == [*LINES, NEW]


@given(pieces=st.lists(st.sampled_from([LINES[0], b'{"a": 2}\n', b"\n", b"\0\0", b"c=3\n", b"\xff"]), max_size=6))
@settings(suppress_health_check=list(HealthCheck))
def test_append_line_to_any_file_adds_one_whole_line(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    """Whatever a file holds, its ended lines stay as they are, and the new one is the last."""
    file = tmp_path_factory.mktemp("any") / "runs.jsonl"
    content = b"".join(pieces)
    file.write_bytes(content)
    ended = content[: content.rfind(b"\n") + 1]

    append_line(file, NEW)

    assert file.read_bytes().startswith(ended)
    assert contents(file)[-1] == NEW


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(NEW, False, id="no newline"),
        pytest.param(NEW[:-1], True, id="incomplete"),
        pytest.param(NEW[:-1] + b"\n", False, id="invalid, but ended"),
        pytest.param(b"\xff", True, id="no UTF-8"),
        pytest.param(b"[" * 100_000, True, id="too deep"),
    ],
)
def test_is_torn_is_a_line_without_newline_that_is_not_json(line: bytes, *, expected: bool) -> None:
    """Only what a killed writer can leave is torn; an invalid line with its newline is broken in another way."""
    assert is_torn(line) is expected
