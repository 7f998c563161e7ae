"""A worker that goes on for long holds no more memory than after its first runs, and never much."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from installed import needs_mnist
from numpy.typing import NDArray

from mnist_repro.documents.catalogue import load_catalogue

pytest.importorskip("tensorflow")
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]

PROGRAM = Path(__file__).with_name("many_runs.py")
SUPPORT = Path(__file__).parents[1] / "support"
RUNS = {"small": 80, "full": 2_000}
# Of a run of each experiment; 0 are all. Dropout's masks are made for 100 steps at a time.
STEPS = {"small": 100, "full": 0}
# After so many, all that is made once has been made.
FIRST_RUNS = 20
MOST_GROWTH = 0.05
MOST_BYTES = 1.2e9


def test_many_runs_in_one_worker_hold_no_more_memory(
    tmp_path: Path, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    """The last tenth of the runs hold at most 5 % more than the runs before: what a run used is given back."""
    runs = RUNS[pytestconfig.option.reliability]

    kilobytes, _ = make_runs(tmp_path, runs=runs, steps=0, experiments=["julia-linear-lr0.02"])

    first, last = np.median(kilobytes[FIRST_RUNS // 2 : FIRST_RUNS]), np.median(kilobytes[-runs // 10 :])
    growth = last / first - 1
    record_property(
        "reliability figure",
        f"memory: {runs:,} runs in one worker: {first / 1e3:.0f} MB after {FIRST_RUNS}, {last / 1e3:.0f} MB at the end "
        f"({growth:+.1%})",
    )
    assert growth <= MOST_GROWTH


@needs_mnist
def test_worker_that_trains_all_experiments_holds_little(
    tmp_path: Path, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    """One that goes from each experiment to the next, twice in each, never holds more than 1.2 GB."""
    experiments = list(load_catalogue().protocols)

    _, most = make_runs(tmp_path, runs=2, steps=STEPS[pytestconfig.option.reliability], experiments=experiments)

    found = 1024 * most.max()
    record_property("reliability figure", f"memory: one worker, all experiments: {found / 1e9:.2f} GB at most")
    assert found <= MOST_BYTES


def make_runs(
    folder: Path, *, runs: int, steps: int, experiments: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Make runs in a process of its own; return the kilobytes that it held after each, and at most until then."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(PROGRAM), str(folder), str(runs), str(steps), *experiments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (SUPPORT.parents[1], SUPPORT)))},
        capture_output=True,
        text=True,
        check=True,
    )
    said = [line.split() for line in ended.stdout.splitlines()]
    assert [status for status, *_ in said] == ["completed"] * runs * len(experiments)
    held, most = np.array([numbers for _, *numbers in said], dtype=np.float64).T
    return held, most
