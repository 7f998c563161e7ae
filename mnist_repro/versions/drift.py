"""Whether versions give other numbers: every pair of them, experiment by experiment.

All versions are not tested at once: such a test exchanges the runs of each seed among all of them, which is only true
chance where all pairs resemble each other alike, and some versions give equal runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from mnist_repro.findings import SIGNIFICANCE
from mnist_repro.protocols import Protocol
from mnist_repro.records import RunRecord
from mnist_repro.statistics import adjust_holm
from mnist_repro.versions.agreement import Agreement, compare_runs

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
