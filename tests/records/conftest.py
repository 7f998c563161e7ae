"""A store that is ready for records."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_repro.records.store import RecordStore


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    """Return a store that is ready for records."""
    store = RecordStore(tmp_path / "records" / "local")
    store.prepare()
    return store
