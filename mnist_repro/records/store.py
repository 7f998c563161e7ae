"""The records of runs: one store for each environment.

A folder of records has one folder for each environment. Its `runs.jsonl` holds one record a line, in the order in which
the runs ended. Lines are only appended; of several records of one run, the newest counts.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import Timeout

from mnist_repro.documents.toml_schema import is_stream
from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import NewerSchemaError
from mnist_repro.records.jsonl import append_line, hash_file, is_torn, read_lines
from mnist_repro.records.run import RunRecord, format_record, parse_record

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordStore:
    """The records of one environment."""

    folder: Path  #: created by `prepare`

    @property
    def file(self) -> Path:
        """The file of records."""
        return self.folder / "runs.jsonl"

    @property
    def environment(self) -> str:
        """Name of the environment."""
        return self.folder.name

    def prepare(self) -> None:
        """Create the folder and check that the file can be written.

        Raises
        ------
        ReproError
            If it cannot.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.file.open("ab"):
                pass
        except OSError as error:
            msg = (
                f"Records are written to {self.folder}, and that cannot be done: {error.strerror}. "
                "Name another folder with --records."
            )
            raise ReproError(msg) from error

    def append(self, record: RunRecord) -> None:
        """Append a record, whole or not at all. Several processes may append at once.

        Raises
        ------
        ReproError
            If it cannot be written.
        """
        line = format_record(record).encode()
        try:
            append_line(self.file, line)
        # filelock raises NotImplementedError where the file system has no locks.
        except (OSError, Timeout, NotImplementedError) as error:
            msg = f"The record of {record.experiment}, seed {record.seed}, could not be written to {self.file}: {error}"
            raise ReproError(msg) from error

    def read(self) -> list[RunRecord]:
        """Read all records, in the order in which they were written.

        An incomplete last line is not counted, and logged as a warning: its writer was killed or is still writing.

        Raises
        ------
        ReproError
            If the file cannot be read, or a line is not a valid record; names the line.
        """
        if is_stream(self.file):
            msg = (
                f"Records cannot be read from {self.file}: it is a device or a pipe, and no file. Replace it by a file."
            )
            raise ReproError(msg)
        try:
            return list(_read_file(self.file, hash_file(self.file))) if self.file.exists() else []
        except OSError as error:
            msg = f"Records cannot be read from {self.file}: {error.strerror}."
            raise ReproError(msg) from error


@lru_cache(maxsize=8)  # a report reads the same files several times
def _read_file(file: Path, sha256: str) -> tuple[RunRecord, ...]:  # noqa: ARG001 - part of the cache's key
    # Millions of new objects and no garbage among them: looking through them would take a fifth of the time, and later
    # a second or two each time.
    with collection_paused():
        records = tuple(_parse_lines(file))
        gc.freeze()
    return records


def _parse_lines(file: Path) -> Iterator[RunRecord]:
    for number, line in enumerate(read_lines(file), start=1):
        place = f"{file}, line {number},"
        try:
            yield parse_record(line.decode())
        except ValueError as error:
            if is_torn(line):
                _LOGGER.warning("%s is incomplete: its run is not counted and will be trained again.", place)
                return
            step = "Each line is one run; remove this line and run again to replace it."
            if isinstance(error, NewerSchemaError):
                step = "A newer version of mnist-repro wrote it; update this one."
            msg = f"{place} is not a valid record: {error}. {step}"
            raise ReproError(msg) from error


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause Python's garbage collector, in all threads."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def open_store(folder: Path, *, environment: str) -> RecordStore:
    """Return the store of one environment in `folder`.

    Raises
    ------
    ReproError
        If it has no records.
    """
    stores = {store.environment: store for store in open_stores(folder)}
    if environment not in stores:
        msg = f"{folder} has no records of an environment {environment!r}. It has: {', '.join(stores)}."
        raise ReproError(msg)
    return stores[environment]


def open_stores(folder: Path) -> list[RecordStore]:
    """Return the stores of all environments in `folder`, by name.

    Raises
    ------
    ReproError
        If `folder` does not exist or holds no records.
    """
    if not folder.is_dir():
        msg = f"{folder} is not a folder. Record runs with `mnist-repro run`, or correct --records."
        raise ReproError(msg)
    stores = [RecordStore(file.parent) for file in sorted(folder.glob("*/runs.jsonl")) if file.stat().st_size]
    if not stores:
        msg = f"{folder} has no records (<environment>/runs.jsonl). Record runs with `mnist-repro run`."
        raise ReproError(msg)
    return stores
