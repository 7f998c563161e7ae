"""The records of runs, a store of them for each environment.

A folder of records has a folder for each environment; in it `runs.jsonl` holds the records, one JSON line each, in the
order in which the runs ended. Lines are only ever appended, and a run is recorded once; one that failed may be recorded
again.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import NewerSchemaError
from mnist_repro.records.jsonl import LineFile
from mnist_repro.records.run import (
    SCHEMA_VERSION,
    Period,
    RunRecord,
    Status,
    format_record,
    parse_record,
    run_conditions,
)

__all__ = [
    "LOCAL_ENVIRONMENT",
    "SCHEMA_VERSION",
    "Period",
    "RecordStore",
    "RunRecord",
    "Status",
    "TornLineWarning",
    "format_record",
    "open_store",
    "open_stores",
    "parse_record",
    "run_conditions",
]

LOCAL_ENVIRONMENT = "local"


@dataclass(frozen=True)
class RecordStore:
    """The records of one environment.

    Parameters
    ----------
    folder
        Made when the first record is written.
    """

    folder: Path

    @property
    def file(self) -> Path:
        """The file of records."""
        return self.folder / "runs.jsonl"

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self.folder.name

    def prepare(self) -> None:
        """Make the folder, and see that it can be written.

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

    def append(self, record: RunRecord) -> RunRecord:
        """Add a record, whole or not at all, unless the store has one of the same run: several processes may write.

        Returns
        -------
        RunRecord
            The record that the store has of this run: `record`, or the newest before it, unless that run failed.

        Raises
        ------
        ReproError
            If it cannot be written.
        """
        try:
            known = self._lines.append(
                format_record(record).encode(),
                is_whole=_is_record,
                choose_same=lambda lines: _choose_same(record, lines),
            )
        # Where a file system has no locks, NotImplementedError says so.
        except (OSError, Timeout, NotImplementedError) as error:
            msg = f"The record of {record.experiment}, seed {record.seed}, could not be written to {self.file}: {error}"
            raise ReproError(msg) from error
        return record if known is None else parse_record(known.decode())

    def read(self) -> list[RunRecord]:
        """Read all records, in the order in which they were written.

        A last line that breaks off is no record: whoever wrote it was killed, or is about to end it. A warning says so.

        Raises
        ------
        ReproError
            If the file cannot be read or a line is not a valid record; names the line.
        """
        try:
            if not self.file.exists():
                return []
            key = (self.file, self._lines.hash())
            if key not in _READ:
                while len(_READ) >= _MOST_READ:
                    del _READ[next(iter(_READ))]
                # Among millions of new values there is none, and to look for it takes a fifth of the time.
                with collection_paused():
                    _READ[key] = tuple(self._read_lines())
            return list(_READ[key])
        except OSError as error:
            msg = f"Records cannot be read from {self.file}: {error.strerror}."
            raise ReproError(msg) from error

    @property
    def _lines(self) -> LineFile:
        return LineFile(self.file, _key_of)

    def _read_lines(self) -> Iterator[RunRecord]:
        for number, line in enumerate(self._lines.read(), start=1):
            try:
                yield parse_record(line.decode())
            except ValueError as error:  # noqa: PERF203 - each line has an error of its own
                place = f"{self.file}, line {number},"
                if not line.endswith(b"\n"):
                    msg = f"{place} breaks off: the run that it was to record is not counted, and will be made again."
                    warnings.warn(msg, TornLineWarning, stacklevel=3)
                    return
                step = "Every line is one run; take this line out and run again to replace it."
                if isinstance(error, NewerSchemaError):
                    step = "A newer version of mnist-repro wrote it; update this one."
                msg = f"{place} is no valid record: {error}. {step}"
                raise ReproError(msg) from error


class TornLineWarning(UserWarning):
    """The last line of a file of records breaks off."""


# The last files that were read: a report needs the same ones several times.
_READ: dict[tuple[Path, str], tuple[RunRecord, ...]] = {}
_MOST_READ = 8


def _key_of(line: bytes) -> bytes:
    """Return the beginning of a line of `format_record`, up to the seed: it is the same for all records of a run."""
    return line.partition(b', "status": ')[0]


def _is_record(line: bytes) -> bool:
    try:
        parse_record(line.decode())
    except ValueError:
        return False
    return True


def _choose_same(record: RunRecord, lines: Iterator[bytes]) -> bytes | None:
    """Return the newest of `lines` that records the same run; None where there is none, or that run failed."""
    for line in filter(_is_record, lines):
        known = parse_record(line.decode())
        if (known.conditions, known.seed) == (record.conditions, record.seed):
            return None if known.status == "failed" else line
    return None


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
        msg = (
            f"Records are read from a folder; {folder} is none. Make some with `mnist-repro run`, or correct --records."
        )
        raise ReproError(msg)
    stores = [RecordStore(file.parent) for file in sorted(folder.glob("*/runs.jsonl")) if file.stat().st_size]
    if not stores:
        msg = f"{folder} has no records (<environment>/runs.jsonl). Make some with `mnist-repro run`."
        raise ReproError(msg)
    return stores


# FOLDED mnist_repro/garbage.py


@contextmanager
def collection_paused() -> Iterator[None]:
    """Let Python not look for garbage, in any thread."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
