"""Whether versions give other numbers: every pair of them, experiment by experiment, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias
from zlib import crc32

import numpy as np

from mnist_repro.causes.rounding import PARTED
from mnist_repro.findings import SIGNIFICANCE
from mnist_repro.gate.quantities import list_quantities
from mnist_repro.paired_samples import several_ways_p_value
from mnist_repro.protocols import Protocol
from mnist_repro.records import RunRecord
from mnist_repro.statistics import adjust_holm
from mnist_repro.versions.agreement import Agreement, by_seed, compare_runs, mark_losses, read_values

# For all versions together fewer exchanges do: there is one test for each experiment.
_PERMUTATIONS = 9_999

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
class Together:
    """All versions that have an experiment's runs, compared at once.

    Parameters
    ----------
    experiment
        Its id.
    versions, seeds
        Number of versions, and of seeds that all of them have.
    p, adjusted_p
        The chance of such differences if versions make none; and adjusted by Holm for all experiments.
    """

    experiment: str
    versions: int
    seeds: int
    p: float
    adjusted_p: float


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What changes between versions.

    Parameters
    ----------
    pairs
        Every pair of versions in every experiment of which both have runs.
    together
        All versions at once, an entry for each experiment that at least two versions have.
    """

    pairs: tuple[Pair, ...]
    together: tuple[Together, ...]

    def between(self, first: str, second: str) -> dict[str, Pair]:
        """Return the comparison of two versions, by experiment."""
        return {pair.agreement.experiment: pair for pair in self.pairs if {pair.first, pair.second} == {first, second}}

    def different(self, name: str) -> tuple[Pair, ...]:
        """Return the comparisons in which a version gives other numbers than another."""
        return tuple(pair for pair in self.pairs if pair.differs and name in {pair.first, pair.second})


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
    together = [entry for protocol in protocols.values() if (entry := _compare_all(versions, protocol=protocol))]
    adjusted_together = adjust_holm([entry.p for entry in together])
    return Drift(
        pairs=tuple(
            Pair(first=first, second=second, agreement=agreement, adjusted_p=float(p))
            for (first, second, agreement), p in zip(compared, adjusted, strict=True)
        ),
        together=tuple(
            replace(entry, adjusted_p=float(p)) for entry, p in zip(together, adjusted_together, strict=True)
        ),
    )


def compare_versions(
    versions: Mapping[str, RunsByExperiment], first: str, second: str, *, protocol: Protocol
) -> Agreement | None:
    """Compare two versions in one experiment; None where they have no seed in common."""
    ours, theirs = (versions[name].get(protocol.id, ()) for name in (first, second))
    return compare_runs(ours, theirs, protocol=protocol, stream=f"{first} {second}")


def _compare_all(versions: Mapping[str, RunsByExperiment], *, protocol: Protocol) -> Together | None:
    """Compare all versions in one experiment, not adjusted; None where no two have a seed in common."""
    runs = [found for version in versions.values() if (found := by_seed(version.get(protocol.id, ())))]
    seeds = sorted(set.intersection(*map(set, runs))) if len(runs) > 1 else []
    if not seeds:
        return None
    quantities = list_quantities([runs[0][seeds[0]]], at_end=protocol.evaluated_at_end)
    values = np.array([read_values([found[seed] for seed in seeds], quantities=quantities) for found in runs])
    # Rounding is no difference, as for a pair.
    rounding = mark_losses(quantities) & (np.ptp(values, axis=0) <= PARTED)
    values = np.where(rounding, values.mean(axis=0), values)
    generator = np.random.default_rng(crc32(f"all versions {protocol.id}".encode()))
    p = several_ways_p_value(values, generator=generator, permutations=_PERMUTATIONS)
    return Together(experiment=protocol.id, versions=len(runs), seeds=len(seeds), p=p, adjusted_p=p)
