"""Records are appended whole, whoever else writes, and never rewritten."""

from __future__ import annotations

import math
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from made_up_runs import MakeRecord

from mnist_repro.errors import ReproError
from mnist_repro.records import jsonl as line_files
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord, format_record
from mnist_repro.records.store import RecordStore


def test_store_append_after_line_that_breaks_off_sets_it_aside(store: RecordStore, make_record: MakeRecord) -> None:
    """What a killed process left is not made longer by the next record, but kept beside the file."""
    broken = format_record(make_record(seed=8))[:-20]
    store.file.write_text(broken, encoding="utf-8")

    store.append(make_record())

    assert store.read() == [make_record()]
    assert store.file.with_suffix(".torn").read_text(encoding="utf-8") == f"{broken}\n"


def test_store_append_after_record_without_a_lines_end_keeps_it(store: RecordStore, make_record: MakeRecord) -> None:
    """A whole record that only lacks the line's end is a record."""
    store.file.write_text(format_record(make_record(seed=8)), encoding="utf-8")

    store.append(make_record())

    assert store.read() == [make_record(seed=8), make_record()]


def test_store_append_run_that_is_there_adds_its_newer_record(store: RecordStore, make_record: MakeRecord) -> None:
    """A second record of a run is kept after the first; nothing that was recorded is changed."""
    first, second = make_record(total_seconds=1.0), make_record(total_seconds=2.0)

    store.append(first)
    store.append(second)

    assert store.read() == [first, second]


def test_store_append_same_seed_under_other_conditions_is_another_run(
    store: RecordStore, make_record: MakeRecord, environment: Environment
) -> None:
    """A run of the same seed on another processor is recorded beside the first, and never pooled with it."""
    elsewhere = make_record(environment=replace(environment, processor="Another processor"))

    store.append(make_record())
    store.append(elsewhere)

    assert store.read() == [make_record(), elsewhere]
    assert elsewhere.conditions != make_record().conditions


def test_store_append_after_broken_line_leaves_it(store: RecordStore, make_record: MakeRecord) -> None:
    """A line that is not a record stays as it is, for its reader to name."""
    broken = format_record(make_record()).replace('"total_seconds": 0.5', '"total_seconds": "0.5"')
    store.file.write_text(f"{broken}\n", encoding="utf-8")

    store.append(make_record())

    assert store.file.read_text(encoding="utf-8") == f"{broken}\n{format_record(make_record())}\n"


def test_store_read_again_gives_the_same_records_for_the_last_eight_files(
    tmp_path: Path, make_record: MakeRecord
) -> None:
    """A file that did not change is parsed once, as long as no more than seven others were read since."""
    stores = [RecordStore(tmp_path / str(number)) for number in range(9)]
    for store in stores:
        store.prepare()
        store.append(make_record())
    first = stores[0].read()
    for store in stores[1:8]:
        store.read()

    assert stores[0].read()[0] is first[0]
    assert stores[0].read() is not first

    for store in stores[1:9]:
        store.read()

    assert stores[0].read()[0] is not first[0]
    assert stores[8].read()[0] is stores[8].read()[0]


def test_store_append_record_that_is_not_finite_leaves_the_file_as_it_was(
    store: RecordStore, make_record: MakeRecord
) -> None:
    """A record that cannot be written leaves no part of itself."""
    store.append(make_record())

    with pytest.raises(ValueError, match="not JSON compliant"):
        store.append(make_record(total_seconds=math.nan))

    assert len(store.read()) == 1


def test_store_folder_that_is_a_file_is_refused(tmp_path: Path, make_record: MakeRecord) -> None:
    """Where the folder cannot be, preparing and appending fail with words, and not with a traceback."""
    (tmp_path / "file").touch()
    store = RecordStore(tmp_path / "file" / "local")

    with pytest.raises(ReproError) as not_prepared:
        store.prepare()
    with pytest.raises(
        ReproError, match=r"^The record of small-net, seed 7, could not be written to .*runs\.jsonl: \["
    ):
        store.append(make_record())

    assert str(not_prepared.value) == (
        f"Records are written to {store.folder}, and that cannot be done: Not a directory. "
        "Name another folder with --records."
    )


def test_store_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    """Where `runs.jsonl` is no file, reading fails with words."""
    store = RecordStore(tmp_path)
    store.file.mkdir()

    with pytest.raises(ReproError) as caught:
        store.read()

    assert str(caught.value) == f"Records cannot be read from {store.file}: Is a directory."


def _append_many(folder: Path, record: RunRecord, first_seed: int) -> None:
    store = RecordStore(folder)
    for seed in range(first_seed, first_seed + 25):
        store.append(replace(record, seed=seed))


def test_store_append_from_several_processes_loses_nothing(store: RecordStore, make_record: MakeRecord) -> None:
    """Four processes that write at once leave every record whole."""
    # Longer than what a single write to a file is often promised to keep together.
    record = make_record(reason="x" * 20_000)
    # A fork would take TensorFlow's threads with it where other tests have loaded it.
    processes = multiprocessing.get_context("spawn")
    writers = [
        processes.Process(target=_append_many, args=(store.folder, record, first)) for first in range(0, 100, 25)
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)

    assert [writer.exitcode for writer in writers] == [0] * 4
    assert sorted(record.seed for record in store.read()) == list(range(100))


def test_store_append_while_another_process_writes_waits_for_it(
    store: RecordStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written while another holds the lock, and who waits too long says so."""
    monkeypatch.setattr(line_files, "LOCK_SECONDS", 0.05)

    with FileLock(store.folder / "runs.lock"), pytest.raises(ReproError, match=r"could not be written .*lock"):
        store.append(make_record())

    assert store.read() == []
