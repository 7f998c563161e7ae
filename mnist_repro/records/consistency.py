"""Whether records can be those of runs: they are held against their protocol and against themselves.

Many records are checked together, which takes microseconds each. A value that some run could have is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set as AbstractSet
from itertools import permutations, repeat
from math import isclose, lcm, log, prod
from operator import eq, getitem

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import MNIST_CLASSES, MNIST_SHA256
from mnist_repro.documents.losses import Loss
from mnist_repro.documents.optimizers import ConstantRate, LearningRate, PiecewiseRate
from mnist_repro.documents.protocol import ALL_TEST_IMAGES, CLASSES, EvaluationSet, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore, collection_paused

# A record, a rule that it breaks, and what was received.
_Broken = tuple[RunRecord, str, object]

# As many records as fit a processor's cache are checked at once.
_TOGETHER = 200

# A wrong answer leaves at most half of the probability to the true class; a loss is rounded.
_LOSS_SLACK = 1e-9
# How far a mean over batches may be from a number of answers, which it is up to rounding.
_ANSWER_ROUNDING = 1e-6
# How far float32 may differ, as fractions: a power, and a loss where batches have other sizes.
_RATE_ROUNDING, _LOSS_ROUNDING = 1e-6, 1e-5


def check_runs(
    records: Sequence[RunRecord], *, protocol: Protocol | None, store: RecordStore, is_altered: bool = False
) -> None:
    """Refuse records that no run can have.

    Parameters
    ----------
    records
        Of one protocol.
    protocol
        Their protocol; None if it is an earlier one that is no longer known.
    store
        Where the records are.
    is_altered
        Whether MNIST's images were altered before training.

    Raises
    ------
    ReproError
        If a record breaks a rule; names the file, the line, the run, the rule and what was received.
    """
    parts = (records[start : start + _TOGETHER] for start in range(0, len(records), _TOGETHER))
    with collection_paused():
        found = (broken for part in parts for broken in _find_broken(part, protocol, is_altered=is_altered))
        broken = next(found, None)
    if broken:
        record, rule, received = broken
        line = store.read().index(record) + 1
        msg = (
            f"{store.file}, line {line}: no run of {record.experiment} has this record, seed {record.seed}: {rule}; "
            f"received {received!s:.200}. Remove this line and run again to replace it."
        )
        raise ReproError(msg)


def _find_broken(records: Sequence[RunRecord], protocol: Protocol | None, *, is_altered: bool) -> Iterator[_Broken]:
    """Yield records that break a rule; each rule supposes that those before it hold."""
    for record in records:
        is_mnist = record.dataset == "mnist" and not is_altered
        if record.dataset not in {"mnist", "digits"} or is_mnist is not (record.dataset_sha256 == MNIST_SHA256):
            rule = f"the SHA-256 sum of MNIST is {MNIST_SHA256}, and that of other images is another"
            yield record, rule, f"{record.dataset}, {record.dataset_sha256}"
        if record.status != "completed" and (record.final_loss or record.final_accuracy or record.confusion_matrix):
            yield record, "only a run that completed is evaluated at its end", record.status
    completed = [record for record in records if record.status == "completed"]
    if protocol:
        sets = {each.name: each for each in (*protocol.evaluation_sets, ALL_TEST_IMAGES)}
        yield from _check_periods(records, protocol)
        yield from _check_evaluations(
            completed,
            losses=[record.final_loss for record in completed],
            accuracies=[record.final_accuracy for record in completed],
            sets=[*sets.values()],
            names=sets.keys(),
        )
        yield from _check_losses(completed, sets.values(), protocol.loss)
        yield from _check_last_period(completed, protocol)
    yield from _check_confusion(completed, protocol)


def _check_periods(records: Sequence[RunRecord], protocol: Protocol) -> Iterator[_Broken]:
    training = protocol.training
    steps = [*map(training.steps_after, range(1, training.periods + 1))]
    rates = [learning_rate_at(protocol.optimizer.learning_rate, step=step - 1) for step in steps]
    for record in records:
        made = len(record.periods)
        if made > training.periods or (made < training.periods and record.status == "completed"):
            yield record, f"a completed run has {training.periods} periods, and no run has more", made
        found = [period.step for period in record.periods]
        if found != steps[:made]:
            yield record, f"its periods end after the steps {steps[:made]}", found
        used = [period.learning_rate for period in record.periods]
        if used != rates[:made] and not np.allclose(used, rates[:made], rtol=_RATE_ROUNDING, atol=0):
            yield record, f"its periods end with the learning rates {rates[:made]}", used
    periods = [period for record in records for period in record.periods]
    yield from _check_evaluations(
        [record for record in records for _ in record.periods],
        losses=[period.loss for period in periods],
        accuracies=[period.accuracy for period in periods],
        sets=[protocol.evaluation_set(name) for name in protocol.evaluated_each_period],
        names={*protocol.measured_each_period},
    )


def learning_rate_at(rate: LearningRate, *, step: int) -> float:
    """Return the float32 rate of the step with index `step`, counted from 0."""
    if isinstance(rate, ConstantRate):
        return float(np.float32(rate.rate))
    if isinstance(rate, PiecewiseRate):
        return float(np.float32(rate.rates[sum(step > boundary for boundary in rate.boundaries)]))
    return float(np.float32(rate.start) * np.float32(rate.factor) ** np.float32(step // rate.every_steps))


def _check_evaluations(
    records: Sequence[RunRecord],
    *,
    losses: Sequence[dict[str, float]],
    accuracies: Sequence[dict[str, float]],
    sets: Sequence[EvaluationSet],
    names: AbstractSet[str],
) -> Iterator[_Broken]:
    """Check what was measured, and the accuracies on sets; each evaluation is of the record at its place."""
    for measured in (losses, accuracies):
        if not all(map(eq, map(dict.keys, measured), repeat(names))):
            record, other = next(pair for pair in zip(records, measured, strict=True) if pair[1].keys() != names)
            yield record, f"it is evaluated on {', '.join(sorted(names))}", ", ".join(other)
            return
    right: dict[str, NDArray[np.float64]] = {}
    for each in sets:
        accuracy, images = _tabulate(accuracies, each.name), len(each.images)
        if each.batch_size:
            batches, last = _last_batch(each)
            parts = batches * lcm(each.batch_size, last)
            rule = f"an accuracy on {each.name}, a mean over batches, is from 0 to 1 and a number of {parts}ths"
            off = np.abs(accuracy * parts - np.rint(accuracy * parts)) > _ANSWER_ROUNDING
            yield from _name_broken(records, rule, off | (accuracy < 0) | (accuracy > 1), received=accuracy)
            continue
        right[each.name] = np.rint(accuracy * images)
        rule = f"an accuracy on {each.name} is a number of right answers, divided by {images}"
        yield from _name_broken(records, rule, right[each.name] / images != accuracy, received=accuracy)
    for part, whole in permutations((each for each in sets if not each.batch_size), 2):
        if _is_part(part, whole):
            beyond, most = right[whole.name] - right[part.name], len(whole.images) - len(part.images)
            rule = f"{whole.name} has 0 to {most} right answers more than its part {part.name}"
            yield from _name_broken(records, rule, (beyond < 0) | (beyond > most), received=beyond)


def _last_batch(each: EvaluationSet) -> tuple[int, int]:
    """Return the number of batches of a set, and how many images the last one has; without batches, all are one."""
    size = each.batch_size or len(each.images)
    batches = -(-len(each.images) // size)
    return batches, len(each.images) - (batches - 1) * size


def _tabulate(measured: Iterable[dict[str, float]], name: str) -> NDArray[np.float64]:
    """Return the values of one set, of shape (evaluations,)."""
    return np.array([each[name] for each in measured], dtype=np.float64)


def _name_broken(
    records: Sequence[RunRecord], rule: str, broken: NDArray[np.bool_], *, received: NDArray[np.float64]
) -> Iterator[_Broken]:
    for i in np.flatnonzero(broken).tolist():
        yield records[i], rule, received[i]


def _is_part(part: EvaluationSet, whole: EvaluationSet) -> bool:
    """Whether both are evaluated alike and all images of one are images of the other."""
    a, b = part.images, whole.images
    is_alike = not part.dropout and not whole.dropout and a.source == b.source
    return is_alike and b.start <= a.start and a.stop <= b.stop


def _check_losses(completed: Sequence[RunRecord], sets: Iterable[EvaluationSet], declared: Loss) -> Iterator[_Broken]:
    """Check that losses at the end allow the accuracies; reading those of all periods would take as long again."""
    said, least = ("1/4", 0.25) if declared.kind == "quadratic" else ("ln 2", log(2))
    for each in sets:
        loss = _tabulate((record.final_loss for record in completed), each.name)
        accuracy = _tabulate((record.final_accuracy for record in completed), each.name)
        scale = (len(each.images) if declared.summed else 1) / declared.divisor
        rule = f"the loss on {each.name} is at least {said} times the fraction of wrong answers"
        rule += "" if scale == 1 else f", times {scale:g}"
        is_less = loss < scale * least * (1 - _LOSS_SLACK) * (1 - accuracy)
        yield from _name_broken(completed, rule, is_less, received=loss)


def _check_last_period(completed: Iterable[RunRecord], protocol: Protocol) -> Iterator[_Broken]:
    sets = [protocol.evaluation_set(name) for name in protocol.evaluated_each_period]
    # With dropout, other units are dropped each time.
    again = [(each.name, prod(_last_batch(each))) for each in sets if not each.dropout]
    for record in completed:
        last = record.periods[-1]
        for name, images in again:
            before = last.loss[name], last.accuracy[name]
            after = record.final_loss[name], record.final_accuracy[name]
            if before == after:
                continue
            # Where the outputs are rounded otherwise, all losses are, and hardly ever an answer.
            is_rounded = before[0] != after[0] and isclose(before[0], after[0], rel_tol=_LOSS_ROUNDING)
            if not is_rounded or abs(before[1] - after[1]) * images > 1.5:  # noqa: PLR2004 - more than one answer
                yield record, f"loss and accuracy on {name} at its end are its last period's, {before}", after


def _check_confusion(completed: Iterable[RunRecord], protocol: Protocol | None) -> Iterator[_Broken]:
    confused = protocol.evaluation_set(protocol.confusion_set) if protocol else None
    images = confused.images if confused else ALL_TEST_IMAGES.images
    known = [*MNIST_CLASSES.get((images.source, images.start, images.stop), ())]
    for record in completed:
        matrix = record.confusion_matrix
        if [*map(len, matrix)] != [CLASSES] * CLASSES:
            yield record, f"a confusion matrix has {CLASSES} rows of {CLASSES} counts", matrix
            continue
        rows, right = [*map(sum, matrix)], sum(map(getitem, matrix, range(CLASSES)))
        if confused is None:
            if right / max(sum(rows), 1) not in record.final_accuracy.values():
                yield record, "its confusion matrix has the accuracy of one of its evaluations", f"{right} right"
            continue
        if known and record.dataset_sha256 == MNIST_SHA256:
            if rows != known:
                yield record, f"{confused.name} has {known} images of the classes, and so have rows", rows
        elif sum(rows) != len(images):
            yield record, f"{confused.name} has {len(images)} images, and so has its confusion matrix", sum(rows)
        if not confused.batch_size and right / len(images) != (accuracy := record.final_accuracy[confused.name]):
            rule = f"the accuracy on {confused.name} is its confusion matrix's, {right} of {len(images)}"
            yield record, rule, accuracy
