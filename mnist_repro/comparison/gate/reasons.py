"""The regression gate's result in words: why it failed, why it cannot decide, and what else changed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mnist_repro.comparison.gate.regression import LEVEL, ExperimentTest, is_rejected
from mnist_repro.records.run import RunRecord

_SHORT_HASH = 12


def list_reasons(found: ExperimentTest) -> list[str]:
    """Say why an experiment failed, or why it cannot be decided; empty where it passed."""
    return [*_list_failures(found), *_list_doubts(found)]


def _list_failures(found: ExperimentTest) -> Iterator[str]:
    for record in found.today:
        if record.status != "completed":
            yield f"seed {record.seed}: {record.status}: {record.reason}"
    if not found.today:
        yield "no run today"
    gate = found.protocol.gate
    if found.completed and math.isnan(found.mean_accuracy):
        yield f"a run has no accuracy on the {gate.evaluation_set} set, which has a threshold"
    elif found.mean_accuracy < gate.minimum:
        yield f"{gate.evaluation_set} accuracy {found.mean_accuracy:.4f} is below its threshold {gate.minimum}"
    if found.missing:
        yield f"today's runs lack what the baseline's measure: {', '.join(found.missing)}"
    if found.inconsistent:
        yield f"the baseline's runs do not all measure {', '.join(found.inconsistent)}; record a new baseline"
    for test in found.tests:
        if is_rejected(test.adjusted_p):
            yield (
                f"{test.quantity.name} differs from the baseline's: p = {test.p:.1g}, adjusted for all tests "
                f"{test.adjusted_p:.1g}"
            )


def _list_doubts(found: ExperimentTest) -> Iterator[str]:
    if not found.baseline:
        yield "the baseline has no run of it; record a new baseline"
    elif found.fewest is None:
        following = max(record.seed for record in found.today) + 1
        yield f"today's seeds include all of the baseline's; take others, from {following} on"
    elif 0 < len(found.completed) < found.fewest:
        yield (
            f"{len(found.completed)} runs against {len(found.independent)} of the baseline cannot fail at a level of "
            f"{LEVEL:g} over {found.experiments} experiments; {found.fewest} can"
        )


def list_changes(found: ExperimentTest) -> list[str]:
    """Say what today's runs were made with that the baseline's were not."""
    if not found.completed or not found.baseline:
        return []
    ours, theirs = map(_read_conditions, (found.completed[-1], found.baseline[-1]))
    return [f"{name} {now}, in the baseline {theirs[name]}" for name, now in ours.items() if now != theirs[name]]


def _read_conditions(record: RunRecord) -> dict[str, str]:
    return {
        "protocol": record.protocol_sha256[:_SHORT_HASH],
        "images": record.dataset_sha256[:_SHORT_HASH],
        "TensorFlow": record.environment.tensorflow,
        "Keras": record.environment.keras,
    }
