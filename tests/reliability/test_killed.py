"""A study that is killed anywhere loses no finished run, records none twice, and goes on to the same records."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import Facts
from made_up_trainer import RUN_SECONDS, write_start_up

from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore

PROGRAM = Path(__file__).with_name("short_study.py")
RUNS = 24
WORKERS = 2
KILLS = {"small": 6, "full": 30}
TARGETS = ("parent", "worker", "group")
SECONDS = 300  # for what a busy machine may take

pytest.importorskip("tensorflow", reason="a run's conditions name the version of TensorFlow")
pytestmark = [pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="workers are found by /proc")]


@contextmanager
def started(folder: Path, *, path: str) -> Iterator[subprocess.Popen[str]]:
    """Start a study in a process group of its own; whatever is left of it ends with the block."""
    command = [sys.executable, str(PROGRAM), str(folder), "0", str(RUNS - 1), str(WORKERS)]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as study:
        try:
            yield study
        finally:
            with suppress(ProcessLookupError):
                os.killpg(study.pid, signal.SIGKILL)


def finish(folder: Path, *, path: str) -> str:
    """Run a study to its end, and return what it says was planned."""
    with started(folder, path=path) as study:
        out, err = study.communicate(timeout=SECONDS)
    assert study.returncode == 0, err
    assert not err or "is incomplete" in err
    return out.partition("\n")[0]


def read(folder: Path) -> list[RunRecord]:
    """Read a store that somebody else may be writing to."""
    return RecordStore(folder).read()


def find_workers(parent: int) -> list[int]:
    """Return the worker processes of a study."""
    with suppress(OSError):
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        return [int(child) for child in children if b"popen_loky" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return []


def wait_for_lines(file: Path, count: int, *, study: subprocess.Popen[str]) -> None:
    """Wait until a file has `count` lines, or the study ends."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and study.poll() is None:
        if file.exists() and file.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.002)


def kill(study: subprocess.Popen[str], target: str, *, generator: np.random.Generator) -> None:
    """Kill the process that plans, one that trains, or all of them."""
    with suppress(ProcessLookupError):
        if target == "group":
            os.killpg(study.pid, signal.SIGKILL)
        elif target == "parent":
            study.kill()
        elif workers := find_workers(study.pid):
            os.kill(int(generator.choice(workers)), signal.SIGKILL)


def test_study_killed_at_random_moments_loses_nothing_and_ends_as_an_undisturbed_one(
    tmp_path: Path, facts: Facts, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    """After each kill the store reads cleanly and has all that had ended; in the end it has every run, once."""
    path = write_start_up(tmp_path / "start-up")
    assert finish(tmp_path / "undisturbed", path=path) == f"planned {RUNS} reused 0 missing {RUNS}"
    expected = sorted((facts(record) for record in read(tmp_path / "undisturbed")), key=lambda fact: fact["seed"])
    assert len(expected) == RUNS
    kills = KILLS[pytestconfig.option.reliability]
    generator = np.random.default_rng(7)
    folder, known, studies, torn = tmp_path / "study 0", [], 0, 0

    for number in range(kills):
        target = TARGETS[number % len(TARGETS)]
        with started(folder, path=path) as study:
            # From before the first run of this start to its last, at any moment of a run.
            more = int(generator.integers(0, max(1, (RUNS - len(known)) // 2)))
            wait_for_lines(folder / "runs.jsonl", len(known) + more, study=study)
            time.sleep(float(generator.uniform(0, 2 * RUN_SECONDS)))
            kill(study, target, generator=generator)
            out, err = study.communicate(timeout=SECONDS) if target != "parent" else ("", "")
            if target == "worker" and study.returncode:
                assert study.returncode == 2, err
                assert "A worker process was killed" in err
        found = read(folder)
        assert found[: len(known)] == known, "a finished run is missing"
        reported = {int(line.split()[1]) for line in out.splitlines() if line.startswith("made ")}
        assert reported <= {record.seed for record in found}, "a run that was reported is missing"
        assert len({record.seed for record in found}) == len(found), "a run is recorded twice"
        known = found
        if number == kills - 1 or len(known) > 0.8 * RUNS:
            planned = finish(folder, path=path)
            assert planned == f"planned {RUNS} reused {len(known)} missing {RUNS - len(known)}"
            ended = sorted((facts(record) for record in read(folder)), key=lambda fact: fact["seed"])
            assert ended == expected
            studies += 1
            torn += (folder / "runs.torn").read_bytes().count(b"\n") if (folder / "runs.torn").exists() else 0
            folder, known = tmp_path / f"study {studies}", []
    record_property(
        "reliability figure",
        f"killed: {kills} kills of {studies} studies of {RUNS} runs, {torn} of them in the middle of a line; "
        "no finished run lost, none recorded twice, in the end the same records",
    )
