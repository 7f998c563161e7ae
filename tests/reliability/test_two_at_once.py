"""Several processes that write to one store at once: no line is torn or lost, and no run is recorded twice."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import made_up_trainer
import numpy as np
import pytest
from made_up_runs import Facts, MakeRecord
from made_up_trainer import write_start_up

from mnist_repro.records import store as records
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore

WRITERS = 4
SEEDS = 40
PROGRAM = Path(__file__).with_name("short_study.py")
COMMAND = [sys.executable, "-m", "mnist_repro"]
SECONDS = 600  # for what a busy machine may take


def _append_in_another_order(folder: Path, record: RunRecord, writer: int, start: Barrier) -> None:
    store = RecordStore(folder)
    made_up_trainer.write_slowly()
    start.wait(SECONDS)
    for seed in np.random.default_rng(writer).permutation(SEEDS):
        known = store.append(replace(record, seed=int(seed), reason=f"writer {writer}"))
        assert known.seed == seed
        time.sleep(0.05)  # as between runs


def test_append_by_four_processes_records_each_run_once(tmp_path: Path, make_record: MakeRecord) -> None:
    """Four processes that append the same runs, each in another order, leave each of them once, and whole."""
    store = RecordStore(tmp_path / "local")
    store.prepare()
    # Longer than what a single write to a file is often promised to keep together.
    record = make_record(experiment="x" * 20_000)
    # A fork would take TensorFlow's threads with it where other tests have loaded it.
    processes = multiprocessing.get_context("spawn")
    start = processes.Barrier(WRITERS)
    writers = [
        processes.Process(target=_append_in_another_order, args=(store.folder, record, writer, start))
        for writer in range(WRITERS)
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=SECONDS)

    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    found = store.read()
    assert sorted(record.seed for record in found) == list(range(SEEDS))
    assert len({record.reason for record in found}) > 1, "only one of the processes recorded anything"


@pytest.mark.reliability_slow
def test_four_studies_at_once_record_each_run_once(
    tmp_path: Path, facts: Facts, record_property: Callable[[str, object], None]
) -> None:
    """Four studies with overlapping seeds end well, and the store has each run once, as a study alone makes it."""
    pytest.importorskip("tensorflow", reason="a run's conditions name the version of TensorFlow")
    environment = {**os.environ, "PYTHONPATH": write_start_up(tmp_path / "start-up")}

    def start(folder: str, first: int, last: int, *, workers: int) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROGRAM), str(tmp_path / folder), str(first), str(last), str(workers)]
        return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE)  # noqa: S603 - our own

    studies = [start("together", first, first + 17, workers=2) for first in (0, 0, 6, 6)]
    said = [study.communicate(timeout=SECONDS)[0] for study in studies]
    alone = start("alone", 0, 23, workers=1)
    alone.communicate(timeout=SECONDS)

    assert [study.returncode for study in (*studies, alone)] == [0] * 5
    found = RecordStore(tmp_path / "together").read()
    expected = {record.seed: facts(record) for record in RecordStore(tmp_path / "alone").read()}
    assert [record.seed for record in sorted(found, key=lambda record: record.seed)] == list(range(24))
    assert {record.seed: facts(record) for record in found} == expected
    made = sum(text.count("made ") for text in said)
    record_property(
        "reliability figure",
        f"two at once: 4 studies at a time made {made} of 24 runs at once; each is recorded once",
    )


@pytest.mark.reliability_slow
def test_four_real_studies_at_once_record_each_run_once(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The same holds of `mnist-repro run`, which trains: every run is there once, and completed."""
    pytest.importorskip("tensorflow")
    if pytestconfig.option.reliability != "full":
        pytest.skip("it takes minutes: --reliability=full")
    command = [*COMMAND, "run", "julia-linear-lr0.003", "--dataset", "digits", "--workers", "1"]
    seeds = ("0-5", "0-5", "3-7", "2-7")
    studies = [
        subprocess.Popen([*command, "--seeds", these, "--records", str(tmp_path)], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        for these in seeds
    ]
    for study in studies:
        study.communicate(timeout=SECONDS)

    assert [study.returncode for study in studies] == [0] * WRITERS
    found = RecordStore(tmp_path / "local-digits").read()
    assert sorted(record.seed for record in found) == list(range(8))
    assert {record.status for record in found} == {"completed"}


def test_append_reads_each_line_once(tmp_path: Path, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process looks at each line of a store once, however many it appends: the time does not grow with its square."""
    store = RecordStore(tmp_path / "local")
    store.prepare()
    looked_at = 0
    find_key = records._key_of  # noqa: SLF001 - what is counted

    def count(line: bytes) -> bytes:
        nonlocal looked_at
        looked_at += 1
        return find_key(line)

    monkeypatch.setattr(records, "_key_of", count)

    for seed in range(200):
        store.append(make_record(seed=seed))

    # The line that is appended has a key too.
    assert looked_at <= 2 * 200
