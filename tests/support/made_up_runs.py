"""Made-up runs of the documents' own experiments: what a store holds, without any training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import floor
from pathlib import Path
from typing import Any

from mnist_repro.datasets.dataset import MNIST_CLASSES, MNIST_SHA256
from mnist_repro.documents.protocol import ALL_TEST_IMAGES, CLASSES, EvaluationSet, Protocol
from mnist_repro.records.consistency import _is_part, learning_rate_at
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import Period, RunRecord, format_record
from mnist_repro.records.store import RecordStore

# What the fixture `make_record` gives: a record with the changes that it is given.
MakeRecord = Callable[..., RunRecord]
# What the fixture `facts` gives: all of a record that its seed determines.
Facts = Callable[[RunRecord], dict[str, Any]]
# What stands for the sum of images that are not MNIST's.
OTHER_SHA256 = "c" * 64


def make_run(
    protocol: Protocol, *, seed: int, environment: Environment, accuracy: float = 0.9, **changes: Any
) -> RunRecord:
    """Return a run on MNIST with the changes that are given, as `settle` makes it one that there can be.

    Parameters
    ----------
    accuracy
        What runs reach at last, on every set; seeds differ by half a point and more.
    """
    reached = accuracy + 0.005 * (seed % 3 - 1)
    training = protocol.training
    periods = tuple(
        Period(
            step=training.steps_after(number),
            learning_rate=learning_rate_at(protocol.optimizer.learning_rate, step=training.steps_after(number) - 1),
            loss=dict.fromkeys(protocol.measured_each_period, 2 * (1 - reached) + 0.1 / number),
            accuracy=dict.fromkeys(protocol.measured_each_period, reached - 0.1 / number),
            seconds=0.25,
        )
        for number in range(1, training.periods + 1)
    )
    at_end = (*(each.name for each in protocol.evaluation_sets), ALL_TEST_IMAGES.name)
    record = RunRecord(
        experiment=protocol.id,
        protocol_sha256=protocol.sha256,
        training_sha256="b" * 64,
        dataset="mnist",
        dataset_sha256=MNIST_SHA256 if changes.get("dataset", "mnist") == "mnist" else OTHER_SHA256,
        seed=seed,
        status="completed",
        reason=None,
        periods=periods,
        final_loss=dict.fromkeys(at_end, 2 * (1 - reached)),
        final_accuracy=dict.fromkeys(at_end, reached),
        confusion_matrix=(),
        first_call_seconds=1.5,
        evaluation_seconds=0.5,
        total_seconds=3.0,
        started=f"2025-01-31T12:00:{seed:02d}+00:00",
        environment=environment,
    )
    return settle(replace(record, **changes), protocol=protocol)


def settle(record: RunRecord, *, protocol: Protocol) -> RunRecord:
    """Return the nearest record that a run of the protocol can have.

    Accuracies become numbers of right answers, with losses that allow them. The last period measures what the end does,
    and the confusion matrix is of the end's accuracy. A run that did not complete has no end.
    """
    if record.status != "completed":
        return replace(record, final_loss={}, final_accuracy={}, confusion_matrix=())
    sets = {each.name: each for each in (*protocol.evaluation_sets, ALL_TEST_IMAGES)}

    def round_values(loss: dict[str, float], accuracy: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        counts: dict[str, int] = {}
        for each in sorted((sets[name] for name in accuracy if name in sets), key=lambda each: len(each.images)):
            count = floor(accuracy[each.name] * len(each.images) + 1e-6)
            for part in (sets[name] for name in counts if _is_part(sets[name], each)):
                within = counts[part.name]
                count = min(max(count, within), within + len(each.images) - len(part.images))
            counts[each.name] = count
        # Running means are of no set.
        rounded = accuracy | {name: count / len(sets[name].images) for name, count in counts.items()}
        return {name: max(value, 0.7 * (1 - rounded.get(name, 1.0))) for name, value in loss.items()}, rounded

    drawn_anew = {name for name, each in sets.items() if each.dropout}
    final_loss, final_accuracy = round_values(record.final_loss, record.final_accuracy)
    periods = []
    for period in record.periods:
        loss, accuracy = round_values(period.loss, period.accuracy)
        if len(periods) == len(record.periods) - 1:
            loss, accuracy = (
                {name: value if name in drawn_anew else end.get(name, value) for name, value in last.items()}
                for last, end in ((loss, final_loss), (accuracy, final_accuracy))
            )
        periods.append(replace(period, loss=loss, accuracy=accuracy))
    return replace(
        record,
        final_loss=final_loss,
        final_accuracy=final_accuracy,
        periods=tuple(periods),
        confusion_matrix=_confuse(sets[protocol.confusion_set], final_accuracy),
    )


def _confuse(confused: EvaluationSet, accuracy: dict[str, float]) -> tuple[tuple[int, ...], ...]:
    """Return a confusion matrix with this accuracy; mistakes are for the first class, or in its row for the second."""
    images = confused.images
    even = (len(images) // CLASSES,) * CLASSES
    classes = MNIST_CLASSES.get((images.source, images.start, images.stop), even)
    wrong = len(images) - round(accuracy.get(confused.name, 1.0) * len(images))
    rows = []
    for true, count in enumerate(classes):
        mistaken = min(-(-wrong // (CLASSES - true)), count)
        wrong -= mistaken
        rows.append(tuple({true: count - mistaken, int(true == 0): mistaken}.get(c, 0) for c in range(CLASSES)))
    return tuple(rows)


def make_unfinished(
    record: RunRecord, *, status: str = "diverged", reason: str = "the loss is not finite"
) -> RunRecord:
    """Return `record` as that of a run that ended before its first evaluation."""
    nothing: dict[str, Any] = {"periods": (), "final_loss": {}, "final_accuracy": {}, "confusion_matrix": ()}
    return replace(record, **nothing, status=status, reason=reason)  # type: ignore[arg-type]


def nudge(records: Iterable[RunRecord], amount: float) -> list[RunRecord]:
    """Return the runs with every loss a little greater."""

    def add(losses: dict[str, float]) -> dict[str, float]:
        return {name: loss + amount for name, loss in losses.items()}

    return [
        replace(
            record,
            final_loss=add(record.final_loss),
            periods=tuple(replace(period, loss=add(period.loss)) for period in record.periods),
        )
        for record in records
    ]


def write_store(folder: Path, records: Iterable[RunRecord]) -> RecordStore:
    """Write records to the store in `folder`, after what it has, also those of one run; and return it."""
    store = RecordStore(folder)
    store.prepare()
    with store.file.open("a", encoding="utf-8") as file:
        file.writelines(f"{format_record(record)}\n" for record in records)
    return store
