"""Pairwise tests of versions, paired by seed: the same seed starts the same run on both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, kw_only=True, eq=False)
class SeededRuns:
    """A version's completed runs of one experiment, read once for all comparisons with other versions."""

    protocol: Protocol
    seeds: tuple[int, ...]  #: ascending
    quantities: tuple[Quantity, ...]  #: what was measured, in the same order for all versions
    values: NDArray[np.float64]  #: of shape (seeds, points): the quantities side by side

    def select(self, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Return the values of these seeds, of shape (seeds, points)."""
        return self.values[np.searchsorted(self.seeds, seeds)]

    @property
    def is_loss(self) -> NDArray[np.bool_]:
        """Which of the points are losses, of shape (points,)."""
        return np.array([quantity.metric == "loss" for quantity in self.quantities for _ in range(quantity.width)])

    def find_final(self, metric: str) -> int:
        """Return the place of the final loss or accuracy on the gate's set, among the points."""
        wanted = (metric, self.protocol.gate.evaluation_set, None)
        places = np.cumsum([0, *(quantity.width for quantity in self.quantities)])
        found = (i for i, q in enumerate(self.quantities) if (q.metric, q.evaluation_set, q.points) == wanted)
        return int(places[next(found)])


def read_seeded_runs(records: Iterable[RunRecord], *, protocol: Protocol) -> SeededRuns:
    """Read what a version's completed runs of an experiment measured.

    Raises
    ------
    ValueError
        If a run lacks what the others measured.
    """
    runs = index_completed(records)
    seeds = tuple(sorted(runs))
    completed = [runs[seed] for seed in seeds]
    measured = list_quantities(completed, at_end=protocol.evaluated_at_end)
    # Versions may have written the same in another order.
    quantities = tuple(sorted(measured, key=lambda each: (each.evaluation_set, each.metric, each.points or 0)))
    values, missing = read_quantities(completed, quantities=quantities)
    if missing:
        msg = f"Versions are compared by runs that measured everything; these lack {', '.join(missing)}."
        raise ValueError(msg)
    return SeededRuns(protocol=protocol, seeds=seeds, quantities=quantities, values=values)


def compare_versions(first: SeededRuns, second: SeededRuns, *, stream: str) -> Agreement | None:
    """Compare two versions' runs of an experiment, paired by seed.

    Parameters
    ----------
    stream
        Seeds the random exchanges, so that they are the same each time.

    Returns
    -------
    Agreement or None
        None where no seed completed on both.

    Raises
    ------
    ValueError
        If the versions did not measure the same.

    Notes
    -----
    Rounding is no difference: losses of the same run within 0.001 nats count as equal for the p-value.
    """
    seeds = sorted(set(first.seeds).intersection(second.seeds))
    if not seeds:
        return None
    if first.quantities != second.quantities:
        measured = (", ".join(quantity.name for quantity in each.quantities) for each in (first, second))
        msg = f"Versions are compared by runs that measured the same; these measured {'; and '.join(measured)}."
        raise ValueError(msg)
    experiment, losses = first.protocol.id, first.is_loss
    differences = second.select(seeds) - first.select(seeds)
    largest = float(np.abs(differences[:, losses]).max(initial=0.0))
    together = Relation.TOGETHER if differences.any() else Relation.EQUAL
    noticed = np.where(losses & (np.abs(differences) <= PARTED), 0.0, differences)
    return Agreement(
        experiment=experiment,
        seeds=len(seeds),
        relation=together if largest <= PARTED else Relation.PARTED,
        largest=largest,
        p=two_ways_p_value(noticed, generator=np.random.default_rng(crc32(f"{stream} {experiment}".encode()))),
        accuracy=summarize(differences[:, first.find_final("accuracy")]),
        loss=summarize(differences[:, first.find_final("loss")]),
    )


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
    compared = []
    for protocol in protocols.values():
        read = {name: read_seeded_runs(runs.get(protocol.id, ()), protocol=protocol) for name, runs in versions.items()}
        for first, second in combinations(versions, 2):
            if agreement := compare_versions(read[first], read[second], stream=f"{first} {second}"):
                compared.append((first, second, agreement))
    adjusted = adjust_holm([agreement.p for _, _, agreement in compared])
    return Drift(
        pairs=tuple(
            Pair(first=first, second=second, agreement=agreement, adjusted_p=float(p))
            for (first, second, agreement), p in zip(compared, adjusted, strict=True)
        )
    )
