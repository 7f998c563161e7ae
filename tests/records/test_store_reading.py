"""Records are read from a store in their order; a line that is not a record is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_runs import MakeRecord
from recorded_values import field_values

from mnist_repro.errors import ReproError
from mnist_repro.records.run import SCHEMA_VERSION, format_record
from mnist_repro.records.store import RecordStore


def test_store_appended_records_are_read_in_their_order(store: RecordStore, make_record: MakeRecord) -> None:
    """What is appended is read, first things first."""
    records = [make_record(seed=seed) for seed in (3, 1, 2)]

    for record in records:
        store.append(record)

    assert records == store.read()


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param("a\nb\r\nc", id="line breaks"),
        pytest.param("a\u2028b\x85c\x0bd\x1ce", id="what Python's text has for line breaks"),
        pytest.param("naïve 数字 🙂", id="letters of the world"),
        pytest.param('"quoted" \\ and \0', id="quotes"),
        pytest.param("file \udcff", id="a name that is no UTF-8"),
    ],
)
def test_store_any_reason_is_read_as_it_was(store: RecordStore, make_record: MakeRecord, reason: str) -> None:
    """An exception's words may hold anything, and are kept."""
    record = make_record(status="failed", reason=reason)
    store.append(record)

    assert [record] == store.read()


def test_store_prepare_keeps_what_is_there(store: RecordStore, make_record: MakeRecord) -> None:
    """Preparing a store a second time takes nothing from it."""
    store.append(make_record())
    store.prepare()

    assert len(store.read()) == 1


def test_store_without_file_has_no_records(tmp_path: Path) -> None:
    """A store that was never written to is empty."""
    assert RecordStore(tmp_path / "nowhere").read() == []


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"{}", id="no schema"),
        pytest.param(b"", id="empty line"),
        pytest.param(b'{"schema": 1, "exper', id="cut off"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
    ],
)
def test_store_broken_line_is_named(store: RecordStore, make_record: MakeRecord, broken: bytes) -> None:
    """The error names file and line number, and says what to do."""
    store.append(make_record())
    with store.file.open("ab") as file:
        file.write(broken + b"\n")
    store.append(make_record())

    with pytest.raises(ReproError) as caught:
        store.read()

    message = str(caught.value)
    assert message.startswith(f"{store.file}, line 2, is not a valid record: ")
    assert message.endswith(". Each line is one run; remove this line and run again to replace it.")


def test_store_line_of_a_newer_version_says_what_to_update(store: RecordStore, make_record: MakeRecord) -> None:
    """A record with a schema that is not known yet is not to be taken out, but read by a newer program."""
    values = {**field_values(make_record()), "schema": SCHEMA_VERSION + 1}
    store.file.write_text(json.dumps(values) + "\n", encoding="utf-8")

    with pytest.raises(ReproError) as caught:
        store.read()

    assert str(caught.value) == (
        f"{store.file}, line 1, is not a valid record: the schema version is 1 or {SCHEMA_VERSION}; "
        f"received {SCHEMA_VERSION + 1}. A newer version of mnist-repro wrote it; update this one."
    )


def test_store_incomplete_last_line_is_not_counted_and_logged(
    store: RecordStore, make_record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    """What a killed process left is not counted; the warning names file and line."""
    store.append(make_record())
    with store.file.open("a", encoding="utf-8") as file:
        file.write(format_record(make_record(seed=8))[:-20])

    assert store.read() == [make_record()]

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"{store.file}, line 2, is incomplete: its run is not counted and will be trained again.")
    ]


def test_store_last_line_without_newline_that_is_no_record_is_named(
    store: RecordStore, make_record: MakeRecord
) -> None:
    """A whole last line is judged like any other, whether its newline is there or not."""
    store.append(make_record())
    with store.file.open("a", encoding="utf-8") as file:
        file.write("{}")

    with pytest.raises(ReproError, match=r"line 2, is not a valid record"):
        store.read()
