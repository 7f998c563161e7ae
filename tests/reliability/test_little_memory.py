"""A run for which there is too little memory is recorded as failed, whoever finds out first: NumPy or TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_repro.records.store import RecordStore

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")]

PROGRAM = Path(__file__).with_name("little_memory.py")
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.mark.parametrize(
    ("megabytes", "units", "error"),
    [
        pytest.param(60, 200, "MemoryError", id="too little for the images as floats"),
        pytest.param(200, 100_000, "ResourceExhaustedError", id="too little for the weights"),
    ],
)
def test_run_without_memory_is_recorded_as_failed(tmp_path: Path, megabytes: int, units: int, error: str) -> None:
    """The program goes on and ends as always; the record has the error's words, and no numbers."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(PROGRAM), str(tmp_path), str(megabytes), str(units)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (SUPPORT.parents[1], SUPPORT)))},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.startswith(f"failed, {error}: ")
    (record,) = RecordStore(tmp_path).read()
    assert record.reason.startswith(error)
    assert (record.status, record.periods, record.final_accuracy) == ("failed", (), {})
