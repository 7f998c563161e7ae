"""What is kept of a run: raw values, no statistics, one JSON line each.

A folder of records has a folder for each environment; in it `runs.jsonl` holds the records in the order in which the
runs ended. Lines are only ever appended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from mnist_repro.environment import Environment
from mnist_repro.errors import ReproError
from mnist_repro.typed_json import parse_json, read_typed

SCHEMA_VERSION = 1
LOCAL_ENVIRONMENT = "local"
_LOCK_SECONDS = 60

Status = Literal["completed", "diverged", "failed"]


@dataclass(frozen=True, kw_only=True)
class Period:
    """What was measured after one period.

    Parameters
    ----------
    step
        Steps made so far.
    learning_rate
        The float32 rate of the period's last step.
    loss, accuracy
        Mean cross-entropy in nats and fraction of right answers, by evaluation set.
    seconds
        Time of the period's training alone.
    """

    step: int
    learning_rate: float
    loss: dict[str, float]
    accuracy: dict[str, float]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One training run.

    Parameters
    ----------
    experiment, protocol_sha256
        The protocol's id and hash.
    training_sha256
        Hash of the code that trained.
    dataset, dataset_sha256
        Name and hash of the images and labels.
    seed
        The run's seed.
    status
        "completed"; "diverged" where a loss was not finite; "failed" where an exception ended the run.
    reason
        Why, where the run is not completed.
    periods
        What was measured after each period that was completed.
    final_loss, final_accuracy
        At the end, by evaluation set, and on the whole test set as "all test images"; empty where not completed.
    confusion_matrix
        Counts on the protocol's confusion set: a row for each true class, a column for each predicted class.
    first_call_seconds
        Time to trace and compile; 0 where the process had done that for an earlier run.
    evaluation_seconds, total_seconds
        Time of all evaluations, and of the whole run without the first call.
    started
        UTC, ISO 8601.
    """

    experiment: str
    protocol_sha256: str
    training_sha256: str
    dataset: str
    dataset_sha256: str
    seed: int
    status: Status
    reason: str | None
    periods: tuple[Period, ...]
    final_loss: dict[str, float]
    final_accuracy: dict[str, float]
    confusion_matrix: tuple[tuple[int, ...], ...]
    first_call_seconds: float
    evaluation_seconds: float
    total_seconds: float
    started: str
    environment: Environment

    @property
    def tells_of_mnist(self) -> bool:
        """Whether anything can be judged by it: it completed, on MNIST itself."""
        return self.status == "completed" and self.dataset == "mnist"

    @property
    def outcome(self) -> tuple[object, ...]:
        """All that conditions and seed determine: what was measured, and nothing that a clock says."""
        periods = tuple(replace(period, seconds=0.0) for period in self.periods)
        measured = self.final_loss, self.final_accuracy, self.confusion_matrix
        return self.experiment, self.seed, self.status, self.reason, periods, *measured

    @property
    def conditions(self) -> tuple[str, ...]:
        """Everything but the seed that decides the run: only runs with equal conditions are pooled."""
        return run_conditions(
            experiment=self.experiment,
            protocol_sha256=self.protocol_sha256,
            training_sha256=self.training_sha256,
            dataset_sha256=self.dataset_sha256,
            environment=self.environment,
        )


def run_conditions(
    *, experiment: str, protocol_sha256: str, training_sha256: str, dataset_sha256: str, environment: Environment
) -> tuple[str, ...]:
    """Return everything but the seed that decides a run."""
    return (
        experiment,
        protocol_sha256,
        training_sha256,
        dataset_sha256,
        environment.tensorflow,
        environment.keras,
        environment.numpy,
        environment.processor,
        str(environment.threads),
        json.dumps(environment.flags, sort_keys=True),
    )


def format_record(record: RunRecord) -> str:
    """Format a record as one line of JSON, without the line's end."""
    return json.dumps({"schema": SCHEMA_VERSION, **asdict(record)}, allow_nan=False)


def parse_record(line: str) -> RunRecord:
    """Read back what `format_record` wrote.

    Raises
    ------
    ValueError
        If the line is not a whole and valid record; the message says which rule is broken.
    """
    values = parse_json(line)
    if not isinstance(values, dict):
        msg = f"a record is a JSON object; received {type(values).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - readers handle one kind of error
    schema = values.pop("schema", None)
    if type(schema) is not int or schema != SCHEMA_VERSION:  # True equals 1
        msg = f"the schema version is {SCHEMA_VERSION}; received {schema!r}"
        raise ValueError(msg)
    record: RunRecord = read_typed(RunRecord, values, where="record")
    return record


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

    def append(self, record: RunRecord) -> None:
        """Add a record: whole or not at all, also where several processes write."""
        line = (format_record(record) + "\n").encode()
        name = f"The record of {record.experiment}, seed {record.seed},"
        try:
            with FileLock(self.folder / "runs.lock", timeout=_LOCK_SECONDS), self.file.open("ab", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                if file.write(line) != len(line):
                    file.truncate(end)
                    msg = f"{name} did not fit into {self.file}. Is the disk full?"
                    raise ReproError(msg)
                os.fsync(file.fileno())
        except (OSError, Timeout) as error:
            msg = f"{name} could not be written to {self.file}: {error}"
            raise ReproError(msg) from error

    def read(self) -> list[RunRecord]:
        """Read all records, in the order in which they were written.

        Raises
        ------
        ReproError
            If the file cannot be read or a line is not a valid record; names the line.
        """
        return list(self._read_lines())

    def _read_lines(self) -> Iterator[RunRecord]:
        if not self.file.exists():
            return
        try:
            lines = self.file.read_bytes().splitlines()
        except OSError as error:
            msg = f"Records cannot be read from {self.file}: {error.strerror}."
            raise ReproError(msg) from error
        for number, line in enumerate(lines, start=1):
            try:
                yield parse_record(line.decode())
            except ValueError as error:  # noqa: PERF203 - each line has an error of its own
                msg = (
                    f"{self.file}, line {number}, is no valid record: {error}. "
                    "Every line is one run; take this line out and run again to replace it."
                )
                raise ReproError(msg) from error


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
