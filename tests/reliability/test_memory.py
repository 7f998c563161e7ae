"""A worker that goes on for long holds no more memory than after its first runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = [
    pytest.mark.reliability_slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]

PROGRAM = Path(__file__).with_name("many_runs.py")
TESTS = Path(__file__).parents[1]
RUNS = {"small": 80, "full": 2_000}
# After so many, all that is made once has been made.
FIRST_RUNS = 20
MOST_GROWTH = 0.05


def test_many_runs_in_one_worker_hold_no_more_memory(
    tmp_path: Path, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    """The last tenth of the runs hold at most 5 % more than the runs before: what a run used is given back."""
    runs = RUNS[pytestconfig.option.reliability]
    path = os.pathsep.join(map(str, (TESTS.parent, TESTS)))

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(PROGRAM), str(tmp_path), str(runs)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    said = [line.split() for line in ended.stdout.splitlines()]
    assert [status for status, _ in said] == ["completed"] * runs
    kilobytes = np.array([held for _, held in said], dtype=np.float64)
    first, last = np.median(kilobytes[FIRST_RUNS // 2 : FIRST_RUNS]), np.median(kilobytes[-runs // 10 :])
    growth = last / first - 1
    record_property(
        "reliability figure",
        f"memory: {runs:,} runs in one worker: {first / 1e3:.0f} MB after {FIRST_RUNS}, {last / 1e3:.0f} MB at the end "
        f"({growth:+.1%})",
    )
    assert growth <= MOST_GROWTH
