"""Versions compared, paired by seed: the same seed starts the same run on both.

Versions whose runs are equal up to rounding are one class, and classes are tested with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from mnist_repro.comparison.runs import RunsByExperiment, find_losses, index_completed, notice
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


def compare_versions(first: SeededRuns, second: SeededRuns) -> Agreement | None:
    """Compare two versions' runs of an experiment, seed by seed; None where no seed completed on both.

    Raises
    ------
    ValueError
        If the versions did not measure the same.
    """
    if not set(first.seeds) & set(second.seeds):
        return None
    differences, losses = subtract(first, second), find_losses(first.quantities)
    largest = float(np.abs(differences[:, losses]).max(initial=0.0))
    together = Relation.TOGETHER if differences.any() else Relation.EQUAL
    return Agreement(
        experiment=first.protocol.id,
        seeds=len(differences),
        relation=together if largest <= PARTED else Relation.PARTED,
        largest=largest,
        accuracy=summarize(differences[:, first.find_final("accuracy")]),
        loss=summarize(differences[:, first.find_final("loss")]),
    )


def find_drift_p(first: SeededRuns, second: SeededRuns, *, stream: str) -> float:
    """Return the p-value of all differences between two versions' runs, under exchange of the two of a seed.

    Rounding is no difference: losses of the same run within 0.001 nats count as equal.

    Parameters
    ----------
    stream
        Seeds the random exchanges, so that they are the same each time.
    """
    differences = notice(subtract(first, second), quantities=first.quantities)
    generator = np.random.default_rng(crc32(f"{stream} {first.protocol.id}".encode()))
    return two_ways_p_value(differences, generator=generator)


def subtract(first: SeededRuns, second: SeededRuns) -> NDArray[np.float64]:
    """Return the second version's values minus the first's, for the seeds of both, of shape (seeds, points)."""
    if first.quantities != second.quantities:
        measured = (", ".join(quantity.name for quantity in each.quantities) for each in (first, second))
        msg = f"Versions are compared by runs that measured the same; these measured {'; and '.join(measured)}."
        raise ValueError(msg)
    seeds = sorted(set(first.seeds) & set(second.seeds))
    return second.select(seeds) - first.select(seeds)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two versions, compared in one experiment."""

    first: str  #: name of a version
    second: str  #: name of the other
    agreement: Agreement  #: how the second's runs compare with the first's
    p: float  #: of the test of their two classes; 1 within a class, where nothing is tested
    adjusted_p: float  #: adjusted by Holm for all tests

    @property
    def differs(self) -> bool:
        """Whether the versions differ significantly: 5 % over all pairs of classes and experiments."""
        return self.adjusted_p <= SIGNIFICANCE


@dataclass(frozen=True, kw_only=True, eq=False)
class ExperimentDrift:
    """One experiment on all versions."""

    runs: Mapping[str, SeededRuns]  #: by version, the reference first
    #: names of versions with equal runs up to rounding; the first of a class is tested for all
    classes: tuple[tuple[str, ...], ...]
    pairs: tuple[Pair, ...]  #: the first versions of every two classes, where a seed completed on both: the tests
    beside: Mapping[str, Pair]  #: the other versions compared with the reference, by name


@dataclass(frozen=True, kw_only=True, eq=False)
class Drift:
    """All comparisons of versions."""

    experiments: Mapping[str, ExperimentDrift]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The tests: every two classes in every experiment."""
        return tuple(pair for each in self.experiments.values() for pair in each.pairs)

    def beside(self, version: str) -> dict[str, Pair]:
        """Return the comparisons of a version with the reference, by experiment."""
        return {name: each.beside[version] for name, each in self.experiments.items() if version in each.beside}


def measure_drift(versions: Mapping[str, RunsByExperiment], *, protocols: Mapping[str, Protocol]) -> Drift:
    """Compare versions in every experiment: all with the reference, and every two classes with each other.

    A version whose runs are another's but for rounding is no further test.

    Parameters
    ----------
    versions
        Pooled runs by name of the version; the reference is the first.
    """
    runs = {
        name: {version: read_seeded_runs(found.get(name, ()), protocol=each) for version, found in versions.items()}
        for name, each in protocols.items()
    }
    classes = {name: _find_classes(read) for name, read in runs.items()}
    tests = [
        (name, first, second, agreement)
        for name, read in runs.items()
        for first, second in combinations([members[0] for members in classes[name]], 2)
        if (agreement := compare_versions(read[first], read[second]))
    ]
    p_values = [find_drift_p(runs[name][a], runs[name][b], stream=f"{a} {b}") for name, a, b, _ in tests]
    pairs: dict[str, list[Pair]] = {name: [] for name in runs}
    for (name, first, second, agreement), p, adjusted_p in zip(tests, p_values, adjust_holm(p_values), strict=True):
        pairs[name].append(Pair(first=first, second=second, agreement=agreement, p=p, adjusted_p=float(adjusted_p)))
    return Drift(
        experiments={
            name: ExperimentDrift(
                runs=read,
                classes=classes[name],
                pairs=tuple(pairs[name]),
                beside=dict(_compare_with_reference(read, classes[name], pairs[name])),
            )
            for name, read in runs.items()
        }
    )


def _find_classes(runs: Mapping[str, SeededRuns]) -> tuple[tuple[str, ...], ...]:
    """Group versions: each joins the first class whose first member's runs are its own but for rounding."""
    classes: list[list[str]] = []
    for name, read in runs.items():
        if not read.seeds:
            continue
        for members in classes:
            agreement = compare_versions(runs[members[0]], read)
            if agreement and agreement.relation is not Relation.PARTED:
                members.append(name)
                break
        else:
            classes.append([name])
    return tuple(map(tuple, classes))


def _compare_with_reference(
    runs: Mapping[str, SeededRuns], classes: Sequence[tuple[str, ...]], pairs: Sequence[Pair]
) -> Iterator[tuple[str, Pair]]:
    """Yield every other version beside the reference, with the p-values of its class."""
    reference = next(iter(runs))
    tested = {pair.second: pair for pair in pairs if pair.first == reference}
    for first, *others in classes:
        p, adjusted_p = (tested[first].p, tested[first].adjusted_p) if first in tested else (1.0, 1.0)
        for name in (first, *others):
            if name != reference and (agreement := compare_versions(runs[reference], runs[name])):
                yield name, Pair(first=reference, second=name, agreement=agreement, p=p, adjusted_p=adjusted_p)
