"""Several processes that write to one store at once: no line is torn or lost, and each run counts once."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import made_up_trainer
import numpy as np
import pytest
from made_up_runs import Facts, MakeRecord
from made_up_trainer import write_start_up

from mnist_repro.records.pooling import select_newest
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
        store.append(replace(record, seed=int(seed), reason=f"writer {writer}"))
        time.sleep(0.05)  # as between runs


def test_append_by_four_processes_loses_nothing(tmp_path: Path, make_record: MakeRecord) -> None:
    """Four processes that append the same runs, each in another order, leave every record whole; each run counts once.

    Of the four records of a run, the one that was written last counts.
    """
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
    written = Counter((record.seed, record.reason) for record in found)
    assert written == Counter((seed, f"writer {writer}") for seed in range(SEEDS) for writer in range(WRITERS))
    newest = {record.seed: record for record in found}
    pooled = tuple(sorted(select_newest(found).values(), key=lambda record: record.seed))
    assert pooled == tuple(newest[seed] for seed in range(SEEDS))


def test_four_studies_at_once_count_each_run_once(
    tmp_path: Path, facts: Facts, record_property: Callable[[str, object], None]
) -> None:
    """Four studies with overlapping seeds end well; each run counts once, and is as a study alone makes it."""
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
    pooled = sorted(select_newest(found).values(), key=lambda record: record.seed)
    expected = {record.seed: facts(record) for record in RecordStore(tmp_path / "alone").read()}
    assert [record.seed for record in pooled] == list(range(24))
    assert {record.seed: facts(record) for record in pooled} == expected
    assert all(facts(record) == expected[record.seed] for record in found)
    made = sum(text.count("made ") for text in said)
    assert len(found) == made
    record_property(
        "reliability figure",
        f"two at once: 4 studies at a time made {made} records of 24 runs; none is lost, and each run counts once",
    )


def test_four_real_studies_at_once_lose_no_run(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The same holds of `mnist-repro run`, which trains: every run is there, and completed."""
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
    assert {record.seed for record in found} == set(range(8))
    assert {record.status for record in found} == {"completed"}
