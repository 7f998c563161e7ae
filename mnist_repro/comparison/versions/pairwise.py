"""Pairwise tests of versions, paired by seed: the same seed starts the same run on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mnist_repro.comparison.runs import RunsByExperiment, index_completed
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.metrics import Quantity, list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import two_ways_p_value
from mnist_repro.stats.ranks import adjust_holm
from mnist_repro.stats.summary import Summary, summarize
from mnist_repro.verdicts.causes.rounding import PARTED
from mnist_repro.verdicts.finding import SIGNIFICANCE


class Relation(Enum):
    """How two versions' runs from the same starts compare."""

    EQUAL = "equal runs, bit for bit"
    TOGETHER = "the same runs but for rounding"
    PARTED = "other runs from the same starts"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two versions' runs of one experiment, compared."""

    experiment: str
    seeds: int  #: number of seeds with a completed run on both versions
    relation: Relation
    largest: float  #: largest difference between two losses of the same seed and step, in nats
    p: float  #: p-value of all differences together, under exchange of the two versions
    accuracy: Summary  #: second version's final accuracy minus the first's over seeds, fractions, on the gate's set
    loss: Summary  #: the same of the final loss, in nats


def compare_paired_runs(
    first: Sequence[RunRecord], second: Sequence[RunRecord], *, protocol: Protocol, stream: str
) -> Agreement | None:
    """Compare two versions' runs of an experiment, paired by seed.

    Parameters
    ----------
    first, second
        Pooled runs; incomplete ones are excluded.
    stream
        Seeds the random exchanges, so that they are the same each time.

    Returns
    -------
    Agreement or None
        None where no seed completed on both.

    Notes
    -----
    Rounding is no difference: losses of the same run within 0.001 nats count as equal for the p-value.
    """
    completed = index_completed(first), index_completed(second)
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


def _read_values(records: Sequence[RunRecord], *, quantities: Sequence[Quantity]) -> NDArray[np.float64]:
    """Return quantities of runs side by side, shape (runs, points).

    Raises
    ------
    ValueError
        If a run lacks any.
    """
    values, missing = read_quantities(records, quantities=quantities)
    if missing:
        msg = f"Versions are compared by runs that measured everything; these lack {', '.join(missing)}."
        raise ValueError(msg)
    return values


def _mark_losses(quantities: Sequence[Quantity]) -> NDArray[np.bool_]:
    """Return which of the points are losses, shape (points,)."""
    return np.array([quantity.metric == "loss" for quantity in quantities for _ in range(quantity.width)])


def _summarize_final(
    first: Sequence[RunRecord], second: Sequence[RunRecord], *, metric: str, evaluation_set: str
) -> Summary:
    ours, theirs = ([getattr(record, metric)[evaluation_set] for record in records] for records in (first, second))
    return summarize(np.subtract(theirs, ours))


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two versions, compared in one experiment."""

    first: str  #: name of a version
    second: str  #: name of the other
    agreement: Agreement  #: how the second's runs compare with the first's
    adjusted_p: float  #: adjusted by Holm for all pairs and experiments

    @property
    def differs(self) -> bool:
        """Whether the versions differ significantly: 5 % over all pairs and experiments."""
        return self.adjusted_p <= SIGNIFICANCE


@dataclass(frozen=True, kw_only=True)
class Drift:
    """All pairwise comparisons of versions."""

    pairs: tuple[Pair, ...]  #: every two versions in every experiment with a seed completed on both

    def between(self, first: str, second: str) -> dict[str, Pair]:
        """Return the comparisons of two versions, by experiment."""
        return {pair.agreement.experiment: pair for pair in self.pairs if {pair.first, pair.second} == {first, second}}

    def of_experiment(self, experiment: str) -> tuple[Pair, ...]:
        """Return the comparisons in one experiment."""
        return tuple(pair for pair in self.pairs if pair.agreement.experiment == experiment)


def measure_drift(versions: Mapping[str, RunsByExperiment], *, protocols: Mapping[str, Protocol]) -> Drift:
    """Compare every two versions in every experiment.

    Parameters
    ----------
    versions
        Pooled runs by name of the version; the first of a pair is the one that comes first here.
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
        )
    )


def compare_versions(
    versions: Mapping[str, RunsByExperiment], first: str, second: str, *, protocol: Protocol
) -> Agreement | None:
    """Compare two versions in one experiment; None where they have no seed in common."""
    ours, theirs = (versions[name].get(protocol.id, ()) for name in (first, second))
    return compare_paired_runs(ours, theirs, protocol=protocol, stream=f"{first} {second}")
