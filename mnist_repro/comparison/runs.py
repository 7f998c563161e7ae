"""The runs that are compared: by experiment, and those that completed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from mnist_repro.records.run import RunRecord

# Runs by the id of their experiment.
RunsByExperiment: TypeAlias = Mapping[str, Sequence[RunRecord]]


def select_completed(records: Iterable[RunRecord]) -> tuple[RunRecord, ...]:
    """Return the runs that completed, in their order."""
    return tuple(record for record in records if record.status == "completed")


def index_completed(records: Iterable[RunRecord]) -> dict[int, RunRecord]:
    """Return the runs that completed, by seed, in their order."""
    return {record.seed: record for record in select_completed(records)}
