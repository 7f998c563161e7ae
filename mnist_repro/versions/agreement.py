"""Two versions' runs of one experiment, seed by seed: the same seed starts the same run in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mnist_repro.causes.rounding import PARTED
from mnist_repro.gate.quantities import Quantity, list_quantities, read_quantities
from mnist_repro.paired_samples import two_ways_p_value
from mnist_repro.protocols import Protocol
from mnist_repro.records import RunRecord
from mnist_repro.statistics import Summary, summarize


class Relation(Enum):
    """What two versions make of the same starts."""

    EQUAL = "equal runs, bit for bit"
    TOGETHER = "the same runs but for rounding"
    PARTED = "other runs from the same starts"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two versions' runs of one experiment.

    Parameters
    ----------
    experiment
        Its id.
    seeds
        Seeds of which both have a completed run.
    relation
        What they make of the same starts.
    largest
        Largest difference between two losses of the same seed at the same place, in nats.
    p
        P-value of all differences together: the chance of such, if the version makes none.
    accuracy, loss
        Difference of the final figures on the set on which the experiment's accuracy is asserted, the second version's
        less the first's, over seeds: a share, and nats.
    """

    experiment: str
    seeds: int
    relation: Relation
    largest: float
    p: float
    accuracy: Summary
    loss: Summary


def compare_runs(
    first: Sequence[RunRecord], second: Sequence[RunRecord], *, protocol: Protocol, stream: str
) -> Agreement | None:
    """Compare two versions' runs of an experiment.

    Parameters
    ----------
    first, second
        Pooled runs; those that did not complete are left out.
    stream
        Names the random exchanges, so that they are the same each time.

    Returns
    -------
    Agreement or None
        None where there is no seed of which both have a run.

    Notes
    -----
    Rounding is no difference: losses of the same run that are within 0.001 nats count as equal for the p-value.
    """
    completed = by_seed(first), by_seed(second)
    seeds = sorted(set.intersection(*map(set, completed)))
    if not seeds:
        return None
    ours, theirs = ([runs[seed] for seed in seeds] for runs in completed)
    quantities = list_quantities(ours, at_end=protocol.evaluated_at_end)
    differences = _read_values(theirs, quantities=quantities) - _read_values(ours, quantities=quantities)
    losses = _mark_losses(quantities)
    largest = float(np.abs(differences[:, losses]).max(initial=0.0))
    together = Relation.TOGETHER if differences.any() else Relation.EQUAL
    noticed = np.where(losses & (np.abs(differences) <= PARTED), 0.0, differences)
    final = protocol.gate.evaluation_set
    return Agreement(
        experiment=protocol.id,
        seeds=len(seeds),
        relation=together if largest <= PARTED else Relation.PARTED,
        largest=largest,
        p=two_ways_p_value(noticed, generator=np.random.default_rng(crc32(f"{stream} {protocol.id}".encode()))),
        accuracy=_summarize_final(ours, theirs, metric="final_accuracy", evaluation_set=final),
        loss=_summarize_final(ours, theirs, metric="final_loss", evaluation_set=final),
    )


def by_seed(records: Sequence[RunRecord]) -> dict[int, RunRecord]:
    """Return the runs that completed, by seed."""
    return {record.seed: record for record in records if record.status == "completed"}


def _read_values(records: Sequence[RunRecord], *, quantities: Sequence[Quantity]) -> NDArray[np.float64]:
    """Return quantities of whole runs side by side, of shape (runs, points).

    Raises
    ------
    ValueError
        If a run lacks any: then it is not whole.
    """
    values, lacking = read_quantities(records, quantities=quantities)
    if lacking:
        msg = f"Versions are compared by whole runs; these lack {', '.join(lacking)}."
        raise ValueError(msg)
    return values


def _mark_losses(quantities: Sequence[Quantity]) -> NDArray[np.bool_]:
    """Return which of the quantities' points, side by side, are losses."""
    return np.array([quantity.metric == "loss" for quantity in quantities for _ in range(quantity.width)])


def _summarize_final(
    first: Sequence[RunRecord], second: Sequence[RunRecord], *, metric: str, evaluation_set: str
) -> Summary:
    ours, theirs = ([getattr(record, metric)[evaluation_set] for record in records] for records in (first, second))
    return summarize(np.subtract(theirs, ours))
