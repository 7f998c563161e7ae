"""Coverage-guided fuzzing of the readers, where Atheris is installed: python -m pip install atheris."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = 1_000  # docs/reliability.md has the figure of a longer search

pytestmark = pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="Atheris is not installed")


@pytest.mark.parametrize("what", ["claims", "records"])
def test_reader_survives_coverage_guided_fuzzing(what: str) -> None:
    """No input that leads to code not yet reached raises anything but an error in words."""
    program = Path(__file__).with_name("fuzz_readers.py")
    command = [sys.executable, str(program), what, f"-runs={RUNS}", "-seed=1", "-max_len=20000"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603 - our own

    assert ended.returncode == 0, ended.stderr[-2_000:]
    assert f"Done {RUNS} runs" in ended.stderr
