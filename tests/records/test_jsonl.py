"""Files of lines: what stands at their end after a crash, and which lines are there already."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from mnist_repro.records.jsonl import LineFile

LINES = [b"a=1", b"b=2"]
NEW = b"c=" + b"3" * 50


def find_key(line: bytes) -> bytes:
    """Return what stands before the equals sign."""
    return line.partition(b"=")[0]


def is_whole(line: bytes) -> bool:
    """Return whether a line is as long as those of these tests."""
    return line in LINES or line == NEW


def first(lines: Iterator[bytes]) -> bytes | None:
    """Return the newest line with the same key."""
    return next(lines, None)


def append(file: LineFile, line: bytes) -> bytes | None:
    """Append a line, unless one has its key."""
    return file.append(line, is_whole=is_whole, choose_same=first)


def contents(file: LineFile) -> list[bytes]:
    """Return the lines without their ends, of which each has one."""
    lines = list(file.read())
    assert all(line.endswith(b"\n") for line in lines)
    return [line.rstrip(b"\n") for line in lines]


@pytest.fixture
def file(tmp_path: Path) -> LineFile:
    """Return a file with two lines."""
    file = LineFile(tmp_path / "runs.jsonl", find_key)
    for line in LINES:
        assert append(file, line) is None
    return file


@pytest.mark.parametrize("length", range(1, len(NEW)))
def test_append_after_line_that_breaks_off_sets_it_aside(file: LineFile, length: int) -> None:
    """Whatever part of a line a killed process left is moved to a file beside it, and the next line is whole."""
    with file.path.open("ab") as stream:
        stream.write(NEW[:length])

    assert append(file, b"d=4") is None

    assert contents(file) == [*LINES, b"d=4"]
    assert file.path.with_suffix(".torn").read_bytes() == NEW[:length] + b"\n"


def test_append_after_line_without_its_end_keeps_it(file: LineFile) -> None:
    """A whole last line that an editor has saved without its end counts, is ended, and is not doubled."""
    with file.path.open("ab") as stream:
        stream.write(NEW)

    assert append(file, NEW) == NEW
    assert append(file, b"d=4") is None

    assert contents(file) == [*LINES, NEW, b"d=4"]
    assert not file.path.with_suffix(".torn").exists()


def test_append_after_zeros_of_a_power_cut_sets_them_aside(file: LineFile) -> None:
    """What a file system leaves in place of bytes that were never written is no line."""
    with file.path.open("ab") as stream:
        stream.write(bytes(3 << 20))

    append(file, NEW)

    assert contents(file) == [*LINES, NEW]
    assert file.path.with_suffix(".torn").stat().st_size == (3 << 20) + 1


def test_append_to_nothing_but_a_broken_line_sets_it_aside(tmp_path: Path) -> None:
    """The first line may be the one that breaks off."""
    file = LineFile(tmp_path / "runs.jsonl", find_key)
    file.path.write_bytes(NEW[:7])

    append(file, NEW)

    assert contents(file) == [NEW]


def test_append_known_key_returns_the_line_that_is_there(file: LineFile) -> None:
    """A line that the file has is not added."""
    assert append(file, b"a=other") == b"a=1"
    assert contents(file) == LINES


def test_append_chooses_among_the_newest_first(file: LineFile) -> None:
    """Whoever appends sees all lines of the key, the newest first, and may find that none of them is the same."""
    seen: list[bytes] = []

    def choose_none(lines: Iterator[bytes]) -> None:
        seen.extend(lines)

    for line in (b"a=2", b"a=3"):
        seen.clear()
        file.append(line, is_whole=is_whole, choose_same=choose_none)

    assert seen == [b"a=2", b"a=1"]
    assert contents(file) == [*LINES, b"a=2", b"a=3"]


@pytest.mark.parametrize(
    "content", [b"", b"x=1\n", b"x=1\ny=2\nz=" + b"9" * 100 + b"\n"], ids=["empty", "short", "long"]
)
@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "another file"])
def test_append_after_others_replaced_the_file_sees_what_is_there(
    file: LineFile, content: bytes, *, in_place: bool
) -> None:
    """What was read of an earlier file is forgotten where another took its place, or it became shorter."""
    if in_place:
        file.path.write_bytes(content)
    else:
        other = file.path.with_name("other")
        other.write_bytes(content)
        other.replace(file.path)

    assert append(file, LINES[0]) is None
    assert append(file, b"x=3") == (b"x=1" if content else None)


def test_append_refused_by_the_disk_leaves_the_file_as_it_was(file: LineFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes the bytes and then says it cannot keep them leaves no half of them."""

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="Input/output error"):
            append(file, NEW)

    assert contents(file) == LINES
    assert append(file, NEW) is None


@given(pieces=st.lists(st.sampled_from([b"a=1", b"a=2\n", b"\n", b"\0\0", b"c=3\n", b"\xff"]), max_size=6))
@settings(suppress_health_check=list(HealthCheck))
def test_append_to_any_file_adds_one_whole_line(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    """Whatever a file holds, its ended lines stay as they are, and the new one is the last."""
    file = LineFile(tmp_path_factory.mktemp("any") / "runs.jsonl", find_key)
    content = b"".join(pieces)
    file.path.write_bytes(content)
    ended = content[: content.rfind(b"\n") + 1]

    append(file, b"d=4")

    assert file.path.read_bytes().startswith(ended)
    assert contents(file)[-1] == b"d=4"
