"""The regression gate's result in words: why it failed, why it cannot decide, and what else changed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mnist_repro.comparison.gate.regression import ExperimentTest, Outcome
from mnist_repro.comparison.gate.split_tests import LEVEL, is_rejected
from mnist_repro.records.run import RunRecord

_SHORT_HASH = 12


def format_comparison(found: ExperimentTest) -> str:
    """Say what an experiment's runs were compared with, and what came out."""
    outcome = found.outcome.value
    if found.is_unchanged:
        runs = len(found.today)
        return f"{outcome}, {runs} of {runs} runs are the baseline's, bit for bit: nothing changed"
    tested = [test.adjusted_p for test in found.tests]
    said = f"{outcome}, {len(found.completed)} runs against {len(found.independent)} of the baseline"
    if found.paired_p is not None:
        tested.append(found.paired_p)
        said += f" and, in pairs, {len(found.differences)} of the same seeds"
    return f"{said}; smallest adjusted p {f'{min(tested):.2g}' if tested else 'unknown'}"


def list_reasons(found: ExperimentTest) -> list[str]:
    """Say why an experiment failed, or why it cannot be decided; empty where it passed."""
    return [] if found.outcome is Outcome.PASSED else [*_list_failures(found), *_list_doubts(found)]


def _list_failures(found: ExperimentTest) -> Iterator[str]:
    for record in found.today:
        if record.status != "completed":
            yield f"seed {record.seed}: {record.status}: {record.reason}"
    if not found.today:
        yield "no run today"
    gate = found.protocol.gate
    if found.completed and math.isnan(found.mean_accuracy):
        yield f"a run has no accuracy on the {gate.evaluation_set} set, which has a threshold"
    elif found.mean_accuracy < found.splits.lowest:
        yield (
            f"{gate.evaluation_set} accuracy {found.mean_accuracy:.4f} is below its threshold {gate.minimum}, by more "
            "than chance explains"
        )
    if found.missing:
        yield f"today's runs lack what the baseline's measure: {', '.join(found.missing)}"
    if found.inconsistent:
        yield f"the baseline's runs do not all measure {', '.join(found.inconsistent)}; record a new baseline"
    yield from _list_rejected(found)


def _list_rejected(found: ExperimentTest) -> Iterator[str]:
    if found.paired_p is not None and is_rejected(found.paired_p):
        yield f"the runs differ from the baseline's of the same seeds: adjusted for all tests p = {found.paired_p:.1g}"
    for test in found.tests:
        if is_rejected(test.adjusted_p):
            yield (
                f"{test.quantity.name} differs from the baseline's: p = {test.p:.1g}, adjusted for all tests "
                f"{test.adjusted_p:.1g}"
            )


def _list_doubts(found: ExperimentTest) -> Iterator[str]:
    if not found.baseline:
        yield "the baseline has no run of it; record a new baseline"
    elif found.paired_p is not None:
        return
    elif found.fewest is None:
        following = max(record.seed for record in found.today) + 1
        yield f"today's seeds include all of the baseline's; take others, from {following} on"
    elif 0 < len(found.completed) < found.fewest:
        yield (
            f"{len(found.completed)} runs against {len(found.independent)} of the baseline cannot fail at a level of "
            f"{LEVEL:g} over {found.experiments} experiments; {found.fewest} can"
        )


def list_changes(found: ExperimentTest) -> list[str]:
    """Say whether the same seeds give other numbers, and what today's runs were made with but the baseline's not."""
    if not found.completed or not found.baseline:
        return []
    ours, theirs = map(_read_conditions, (found.completed[-1], found.baseline[-1]))
    changes = [f"{name} {now}, in the baseline {theirs[name]}" for name, now in ours.items() if now != theirs[name]]
    if found.is_same_environment and found.equal < found.shared:
        other = found.shared - found.equal
        changes.insert(0, f"numbers changed: {other} of {found.shared} runs are not the baseline's of the same seed")
    return changes


def _read_conditions(record: RunRecord) -> dict[str, str]:
    return {
        "protocol": record.protocol_sha256[:_SHORT_HASH],
        "images": record.dataset_sha256[:_SHORT_HASH],
        "TensorFlow": record.environment.tensorflow,
        "Keras": record.environment.keras,
    }
