"""Two versions' runs of one experiment, seed by seed: the same seed starts the same run in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.metrics import Quantity, list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import two_ways_p_value
from mnist_repro.stats.ranks import adjust_holm
from mnist_repro.stats.summary import Summary, summarize
from mnist_repro.verdicts.causes.rounding import PARTED
from mnist_repro.verdicts.finding import SIGNIFICANCE


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


# By experiment, the pooled runs of one version.
RunsByExperiment: TypeAlias = Mapping[str, Sequence[RunRecord]]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two versions, compared in one experiment.

    Parameters
    ----------
    first, second
        Names of the versions.
    agreement
        How the second's runs compare with the first's.
    adjusted_p
        P-value, adjusted by Holm for all pairs and experiments.
    """

    first: str
    second: str
    agreement: Agreement
    adjusted_p: float

    @property
    def differs(self) -> bool:
        """Whether the two versions give other numbers; wrong anywhere with a probability of 5 % at most."""
        return self.adjusted_p <= SIGNIFICANCE


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What changes between versions.

    Parameters
    ----------
    pairs
        Every pair of versions in every experiment of which both have runs.
    """

    pairs: tuple[Pair, ...]

    def between(self, first: str, second: str) -> dict[str, Pair]:
        """Return the comparison of two versions, by experiment."""
        return {pair.agreement.experiment: pair for pair in self.pairs if {pair.first, pair.second} == {first, second}}

    def of_experiment(self, experiment: str) -> tuple[Pair, ...]:
        """Return the comparisons in one experiment."""
        return tuple(pair for pair in self.pairs if pair.agreement.experiment == experiment)


def measure_drift(versions: Mapping[str, RunsByExperiment], *, protocols: Mapping[str, Protocol]) -> Drift:
    """Compare versions with each other.

    Parameters
    ----------
    versions
        By name, the pooled runs of each experiment; of a pair the first is the one that comes first here.
    """
    compared = [
        (first, second, agreement)
        for protocol in protocols.values()
        for first, second in combinations(versions, 2)
        if (agreement := compare_versions(versions, first, second, protocol=protocol))
    ]
    adjusted = adjust_holm([agreement.p for _, _, agreement in compared])
    return Drift(
        pairs=tuple(
            Pair(first=first, second=second, agreement=agreement, adjusted_p=float(p))
            for (first, second, agreement), p in zip(compared, adjusted, strict=True)
        ),
    )


def compare_versions(
    versions: Mapping[str, RunsByExperiment], first: str, second: str, *, protocol: Protocol
) -> Agreement | None:
    """Compare two versions in one experiment; None where they have no seed in common."""
    ours, theirs = (versions[name].get(protocol.id, ()) for name in (first, second))
    return compare_runs(ours, theirs, protocol=protocol, stream=f"{first} {second}")
