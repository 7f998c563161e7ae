"""Made-up runs of the documents' own experiments: what a store holds, without any training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mnist_repro.documents.protocol import CLASSES, Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import Period, RunRecord, format_record
from mnist_repro.records.store import RecordStore

# What the fixture `make_record` gives: a record with the changes that it is given.
MakeRecord = Callable[..., RunRecord]
# What the fixture `facts` gives: all of a record that its seed determines.
Facts = Callable[[RunRecord], dict[str, Any]]
ALL_TEST_IMAGES = "all test images"


def make_run(
    protocol: Protocol, *, seed: int, environment: Environment, accuracy: float = 0.9, **changes: Any
) -> RunRecord:
    """Return a completed run on MNIST, with the changes that are given.

    Parameters
    ----------
    accuracy
        What runs reach at last, on every set; seeds differ by half a point and more.
    """
    reached = accuracy + 0.005 * (seed % 3 - 1)
    training = protocol.training
    periods = tuple(
        Period(
            step=number * training.steps_per_period,
            learning_rate=0.5,
            loss=dict.fromkeys(protocol.evaluated_each_period, 2 * (1 - reached) + 0.1 / number),
            accuracy=dict.fromkeys(protocol.evaluated_each_period, reached - 0.1 / number),
            seconds=0.25,
        )
        for number in range(1, training.periods + 1)
    )
    at_end = (*(each.name for each in protocol.evaluation_sets), ALL_TEST_IMAGES)
    record = RunRecord(
        experiment=protocol.id,
        protocol_sha256=protocol.sha256,
        training_sha256="b" * 64,
        dataset="mnist",
        dataset_sha256="c" * 64,
        seed=seed,
        status="completed",
        reason=None,
        periods=periods,
        final_loss=dict.fromkeys(at_end, 2 * (1 - reached)),
        final_accuracy=dict.fromkeys(at_end, reached),
        confusion_matrix=tuple(
            tuple(90 if row == column else 1 for column in range(CLASSES)) for row in range(CLASSES)
        ),
        first_call_seconds=1.5,
        evaluation_seconds=0.5,
        total_seconds=3.0,
        started=f"2025-01-31T12:00:{seed:02d}+00:00",
        environment=environment,
    )
    return replace(record, **changes)


def make_unfinished(
    record: RunRecord, *, status: str = "diverged", reason: str = "the loss is not finite"
) -> RunRecord:
    """Return `record` as that of a run that ended before its first evaluation."""
    nothing: dict[str, Any] = {"periods": (), "final_loss": {}, "final_accuracy": {}, "confusion_matrix": ()}
    return replace(record, **nothing, status=status, reason=reason)  # type: ignore[arg-type]


def write_store(folder: Path, records: Iterable[RunRecord]) -> RecordStore:
    """Write records to the store in `folder`, after what it has, also those of one run; and return it."""
    store = RecordStore(folder)
    store.prepare()
    with store.file.open("a", encoding="utf-8") as file:
        file.writelines(f"{format_record(record)}\n" for record in records)
    return store
