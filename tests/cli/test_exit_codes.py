"""What a script reads from the exit code of `compare`: 1 says that something got worse, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import EXPERIMENT, ROOT, Call

from mnist_repro.cli import judge
from mnist_repro.errors import ReproError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(ReproError("so"), 2, id="bad input"),
        pytest.param(OSError(28, "No space left on device"), 2, id="a refusal of the system"),
        pytest.param(MemoryError(), 2, id="no memory"),
        pytest.param(KeyboardInterrupt(), 130, id="an interruption"),
        pytest.param(BrokenPipeError(), 141, id="a reader who went away"),
        pytest.param(RuntimeError("so"), 70, id="a mistake"),
        pytest.param(RecursionError("so"), 70, id="a recursion"),
        pytest.param(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "so"), 70, id="a letter"),
    ],
)
@pytest.mark.parametrize("where", ["compare_stores", "print_differences"])
def test_compare_error_does_not_end_with_1(
    call: Call, recorded: Path, monkeypatch: pytest.MonkeyPatch, *, where: str, error: BaseException, code: int
) -> None:
    """Whatever goes wrong, while it compares or while it prints, has a code of its own."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(judge, where, fail)

    ended = call("compare", "linux", "linux", "--records", recorded)

    assert ended.code == code
    assert (ended.err == "") == (code == 141)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["linux"], id="an argument missing"),
        pytest.param(["linux", "mac"], id="no such records"),
        pytest.param(["linux", "linux", "--speed", "0.5"], id="a ratio below 1"),
        pytest.param(["linux", "linux", "--format", "html"], id="no such form"),
        pytest.param(["linux", "linux", "--document", "missing"], id="no such document"),
        pytest.param(["linux", "linux", "--document", "document"], id="a document that ends the program"),
    ],
)
def test_compare_bad_input_ends_with_2(call: Call, recorded: Path, tmp_path: Path, arguments: list[str]) -> None:
    """Also a document's program that calls for an end with 1 gets none."""
    document = tmp_path / "document"
    document.mkdir()
    (document / "claims.toml").write_bytes((ROOT / "tests/support/tiny_document/claims.toml").read_bytes())
    (document / "experiments.py").write_text("raise SystemExit(1)\n", encoding="utf-8")

    ended = call("compare", *arguments, "--records", recorded)

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_compare_that_nobody_reads_ends_as_a_shell_says_it(recorded: Path, form: str) -> None:
    """A pipe that is closed, as `head` closes it, ends every form of the output alike, and in silence."""
    words = ["compare", "linux", "linux", "--records", str(recorded), "--format", form]
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "mnist_repro", *words],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (141, "")


def test_compare_no_output_at_all_ends_with_0(recorded: Path) -> None:
    """Where there is no standard output, as in a service, nothing is printed and the code stands."""
    command = f'"{sys.executable}" -m mnist_repro compare linux linux --records "{recorded}" >&-'

    ended = subprocess.run(  # noqa: S602 - our own program
        command, shell=True, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_compare_hostile_word_is_refused_as_any(call: Call, recorded: Path) -> None:
    """A name with half of a surrogate pair, or with a line's end, is a name without records."""
    for name in ("\ud800", f"{EXPERIMENT}\n::error::", "\x00"):
        ended = call("compare", "linux", name, "--records", recorded)

        assert (ended.code, ended.err.count("\n")) == (2, 1)
