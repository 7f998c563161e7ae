"""Stores are opened by the folder of all, or by their environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_runs import MakeRecord, write_store

from mnist_repro.errors import ReproError
from mnist_repro.records.store import RecordStore, open_store, open_stores


def test_open_stores_folder_gives_environments_by_name(tmp_path: Path, make_record: MakeRecord) -> None:
    """Every environment with records is found, and one without is left out."""
    for name in ("tf219", "local"):
        store = RecordStore(tmp_path / name)
        store.prepare()
        store.append(make_record())
    RecordStore(tmp_path / "empty").prepare()

    assert [store.environment for store in open_stores(tmp_path)] == ["local", "tf219"]


def test_open_stores_no_folder_is_refused(tmp_path: Path) -> None:
    """A folder that does not exist is said to be none."""
    with pytest.raises(ReproError) as caught:
        open_stores(tmp_path / "nowhere")

    assert str(caught.value) == (
        f"{tmp_path / 'nowhere'} is not a folder. Record runs with `mnist-repro run`, or correct --records."
    )


def test_open_stores_no_records_is_refused(tmp_path: Path) -> None:
    """A folder without a record is no empty result but an error."""
    RecordStore(tmp_path / "local").prepare()

    with pytest.raises(ReproError) as caught:
        open_stores(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path} has no records (<environment>/runs.jsonl). Record runs with `mnist-repro run`."
    )


def test_open_store_gives_the_environment_that_is_named(tmp_path: Path, make_record: MakeRecord) -> None:
    """Of several environments one is opened; the error about one that is not there names those that are."""
    for name in ("tf219", "local"):
        write_store(tmp_path / name, [make_record()])

    assert open_store(tmp_path, environment="tf219") == RecordStore(tmp_path / "tf219")
    with pytest.raises(ReproError) as caught:
        open_store(tmp_path, environment="tf220")
    assert str(caught.value) == (f"{tmp_path} has no records of an environment 'tf220'. It has: local, tf219.")
