"""Whoever wrote a file: reading it takes bounded time and memory, and what is wrong with it is said in a line."""

from __future__ import annotations

import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import MakeRecord
from recorded_values import field_values
from small_documents import GROUPED_CLAIMS, refusal, write_document

from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import MOST_BYTES, read_measurement
from mnist_repro.records.environment import Environment
from mnist_repro.records.jsonl import append_line
from mnist_repro.records.store import RecordStore

MANY = 40_000
# What took 38 s takes a twentieth of one.
MOST_SECONDS = 5.0
LONGEST_MESSAGE = 1_000


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    """Return an empty store."""
    return RecordStore(tmp_path / "linux")


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Fail a test that takes the processor for long."""
    start = time.process_time()
    yield
    assert time.process_time() - start < MOST_SECONDS


def names(end: str) -> str:
    """Return many members of a JSON object, the same for the same `end`."""
    return ", ".join(f'"name{i}": {end}' for i in range(MANY))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda line: f"{line[:-1]}, {names('1')}, {names('1')}}}", "received twice: name0", id="twice"),
        pytest.param(lambda line: f"{line[:-1]}, {names('1')}}}", "unknown key name0", id="unknown names"),
        pytest.param(lambda _: f'{{"schema": 1, {names("1")}}}', "unknown key name0", id="no known name"),
        pytest.param(lambda line: f'{line[:-1]}, "{"x" * 1_000_000}": 1}}', "unknown key xxx", id="long name"),
        pytest.param(lambda _: f'{{"schema": {"9" * 4_000}}}', "the schema version is 1", id="long number"),
        pytest.param(lambda _: '{"a": ' * 1_000_000, "nested too deeply", id="deep objects"),
        pytest.param(lambda line: line.replace('"reason": null', f'"status": {[0] * MANY}'), "twice", id="long list"),
        pytest.param(lambda line: line[:-1] + " " * MOST_BYTES + "}", "at most 16,777,216 bytes", id="long line"),
    ],
)
def test_store_hostile_line_is_refused_in_a_line(
    store: RecordStore, make_record: MakeRecord, spoil: Callable[[str], str], said: str
) -> None:
    """However many names a line has, and however long they are, the message is short and names the line."""
    line = json.dumps(field_values(make_record()))
    store.prepare()
    store.file.write_text(f"{line}\n{spoil(line)}\n", encoding="utf-8")

    with pytest.raises(ReproError, match=said) as caught:
        store.read()

    assert str(caught.value).startswith(f"{store.file}, line 2, is not a valid record: ")
    assert len(str(caught.value)) < LONGEST_MESSAGE + len(str(store.file))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("final_loss", {f"set {i}": 1.0 for i in range(MANY)}, id="evaluation sets"),
        pytest.param("confusion_matrix", [[1] * 10] * MANY, id="classes"),
        pytest.param("reason", "::" * 1_000_000, id="a reason"),
    ],
)
def test_store_large_record_is_read(store: RecordStore, make_record: MakeRecord, field: str, value: Any) -> None:
    """A record may be large: it is read in time that grows with its size."""
    store.prepare()
    store.file.write_text(json.dumps({**field_values(make_record()), field: value}) + "\n", encoding="utf-8")

    assert len(store.read()) == 1


@pytest.mark.skipif(os.name != "posix", reason="the file would take its room on the disk")
def test_store_huge_file_without_a_line_takes_little_memory(store: RecordStore) -> None:
    """Of a quarter of a gigabyte of zeros no more is read into memory than a line may have."""
    store.prepare()
    os.truncate(store.file, 1 << 28)

    tracemalloc.start()
    with pytest.raises(ReproError, match="line 1, is not a valid record: a line has at most"):
        store.read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * MOST_BYTES


@pytest.mark.skipif(os.name != "posix", reason="there are no such files")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_read_stream_in_place_of_a_file_is_refused(
    store: RecordStore, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """What has no end, or waits for a writer, is not read: neither records, nor measurements, nor claims."""
    store.folder.mkdir()
    for file in (store.file, tmp_path / "probe.json", tmp_path / "claims.toml"):
        make(file)

    with pytest.raises(ReproError, match="a device or a pipe"):
        store.read()
    with pytest.raises(ReproError, match="a device or a pipe"):
        read_measurement(tmp_path / "probe.json", Environment, remedy="Measure again.")
    assert "a device or a pipe" in refusal(tmp_path)


def test_append_line_after_a_huge_incomplete_line_takes_time_by_its_size(tmp_path: Path) -> None:
    """The start of the last line is found from its end, and each byte is copied once."""
    file = tmp_path / "runs.jsonl"
    file.write_bytes(b'{"a": 1}\n' + b"x" * (1 << 28))

    append_line(file, b'{"b": 2}')

    assert file.stat().st_size > 1 << 28


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(f"{{{names('1')}, {names('1')}}}", "received twice: name0", id="names twice"),
        pytest.param(f"{{{names('1')}}}", "unknown key name0", id="unknown names"),
        pytest.param(f'{{"python": "{"x" * MOST_BYTES}"}}', "at most 16,777,216 bytes", id="long text"),
    ],
)
def test_read_measurement_hostile_file_is_refused_in_a_line(tmp_path: Path, content: str, said: str) -> None:
    """Files of measurements have the same limits."""
    file = tmp_path / "probe.json"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(ReproError, match=said) as caught:
        read_measurement(file, Environment, remedy="Measure again.")

    assert len(str(caught.value)) < LONGEST_MESSAGE + len(str(file))


@pytest.mark.parametrize(
    ("added", "said"),
    [
        pytest.param("x" + ".a" * 100_000 + " = 1\n", "at most 1,000 points", id="parts of a key"),
        pytest.param("\n".join(f"x{i} = 1" for i in range(MANY)) + "\n", "unknown key x0", id="unknown keys"),
        pytest.param("#" * (1 << 20) + "\n", "at most 1,048,576 bytes", id="a remark"),
        pytest.param(f"x = {'9' * 5_000}\n", "must be valid TOML", id="digits"),
        pytest.param(f"x = {'[' * 100_000}\n", "nested too deeply", id="brackets"),
    ],
)
def test_load_document_hostile_claims_are_refused_in_a_line(tmp_path: Path, added: str, said: str) -> None:
    """The claims of a document are data too, whatever its programs do."""
    message = refusal(write_document(tmp_path, added + GROUPED_CLAIMS))

    assert said in message
    assert len(message) < LONGEST_MESSAGE + len(str(tmp_path))
