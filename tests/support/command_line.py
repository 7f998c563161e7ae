"""What the tests of the command line share: how a command ended, and what must hold of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
# The document's shortest experiment: 100 steps.
EXPERIMENT = "julia-linear-lr0.02"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Call = Callable[..., Ended]


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder that hold anything, with their content."""
    return {str(f): f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.stat().st_size}


def assert_one_line(ended: Ended, *parts: str, code: int = 2) -> None:
    """See that a command ended with one line on stderr that says all of `parts`, and nothing like a traceback."""
    assert ended.code == code
    assert ended.err.endswith("\n")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    for part in parts:
        assert part in ended.err


def run_module(*arguments: str, folder: Path, **variables: str) -> Ended:
    """Run `python -m mnist_repro` in a folder, with these variables of the environment too."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "mnist_repro", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
