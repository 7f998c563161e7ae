"""Sensitivity of the comparison of versions: simulated versions with known differences, and one version twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mnist_repro.comparison.runs import RunsByExperiment, index_completed
from mnist_repro.comparison.versions.pairwise import Drift, find_drift_p, read_seeded_runs
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import SIGNIFICANCE

VERSIONS_PROFILE = "versions"
SAME_VERSION_PAIRS = 20
# A simulated worse version has accuracies lower by this number of standard deviations over seeds.
_LOWER = 2.0
_STREAM = 4


@dataclass(frozen=True, kw_only=True)
class SimulatedVersion:
    """A set of runs, compared with the reference as one more version."""

    title: str  #: what is different
    p: float  #: smallest p-value times the number of tests with one more version; at most 1
    unadjusted: Mapping[str, float]  #: p-values by experiment

    @property
    def flagged(self) -> bool:
        """Whether it differs significantly from the reference."""
        return self.p <= SIGNIFICANCE


@dataclass(frozen=True, kw_only=True)
class VersionSensitivity:
    """What the comparison of versions finds of simulated versions."""

    planted: tuple[SimulatedVersion, ...]  #: with known differences
    same: tuple[SimulatedVersion, ...]  #: pairs of disjoint sets of the reference's own runs
    tests: int  #: number of tests with one more class of versions in every experiment

    @property
    def single_tests(self) -> list[float]:
        """The p-values of all single tests of the same version, unadjusted."""
        return [p for version in self.same for p in version.unadjusted.values()]

    @property
    def low(self) -> int:
        """Number of these that are at most 5 %."""
        return sum(p <= SIGNIFICANCE for p in self.single_tests)


def measure_version_sensitivity(
    reference: RunsByExperiment,
    *,
    variants: Mapping[str, RunsByExperiment],
    drift: Drift,
    protocols: Mapping[str, Protocol],
) -> VersionSensitivity:
    """Compare simulated versions with the reference: known differences, and the reference's own runs.

    Parameters
    ----------
    reference
        The reference's runs. Lower accuracies, and the same version twice, need twice the seeds of a version; an
        experiment with fewer is excluded.
    variants
        Runs of the changed experiments, by what was changed.
    drift
        The comparison of the real versions; a simulated one is a further class.
    """
    tests = sum(len(each.classes) * (len(each.classes) + 1) // 2 for each in drift.experiments.values())

    def compare(title: str, one: RunsByExperiment, other: RunsByExperiment) -> SimulatedVersion:
        read = [
            [read_seeded_runs(runs.get(name, ()), protocol=protocol) for runs in (one, other)]
            for name, protocol in protocols.items()
        ]
        unadjusted = {
            first.protocol.id: find_drift_p(first, second, stream=f"reference {title}")
            for first, second in read
            if set(first.seeds) & set(second.seeds)
        }
        smallest = min(unadjusted.values(), default=1.0)
        return SimulatedVersion(title=title, p=min(1.0, tests * smallest), unadjusted=unadjusted)

    planted = [compare(title, reference, runs) for title, runs in variants.items()]
    pairs = list(_split(reference, protocols=protocols))
    if pairs:
        first, second = pairs[0]
        planted.append(compare(f"accuracies lower by {_LOWER:g} standard deviations over seeds", first, _lower(second)))
    return VersionSensitivity(
        planted=tuple(planted),
        same=tuple(compare(f"the same version, pair {number}", *pair) for number, pair in enumerate(pairs, 1)),
        tests=tests,
    )


def _split(
    reference: RunsByExperiment, *, protocols: Mapping[str, Protocol]
) -> Iterator[tuple[RunsByExperiment, RunsByExperiment]]:
    """Draw pairs of disjoint sets of a version's own runs, each as large as a version's."""
    sizes = {name: protocol.seeds[VERSIONS_PROFILE] for name, protocol in protocols.items()}
    runs = {name: list(index_completed(reference.get(name, ())).values()) for name in protocols}
    enough = [name for name, found in runs.items() if len(found) >= 2 * sizes[name]]
    generator = np.random.default_rng(_STREAM)
    for _ in range(SAME_VERSION_PAIRS if enough else 0):
        first, second = {}, {}
        for name in enough:
            order = np.argsort(generator.random(len(runs[name])), kind="stable")
            first[name] = _renumber([runs[name][place] for place in order[: sizes[name]]])
            second[name] = _renumber([runs[name][place] for place in order[sizes[name] : 2 * sizes[name]]])
        yield first, second


def _renumber(records: Sequence[RunRecord]) -> list[RunRecord]:
    # Versions are paired by seed; these runs have no start in common, so any pairing serves.
    return [replace(record, seed=seed) for seed, record in enumerate(records)]


def _lower(runs: RunsByExperiment) -> RunsByExperiment:
    """Return the runs with all accuracies lower, in units of the final one's standard deviation."""
    return {name: [_lower_run(record, records) for record in records] for name, records in runs.items()}


def _lower_run(record: RunRecord, records: Sequence[RunRecord]) -> RunRecord:
    shifts = {
        name: _LOWER * float(np.std([other.final_accuracy[name] for other in records], ddof=1))
        for name in record.final_accuracy
    }

    def lower(accuracies: Mapping[str, float]) -> dict[str, float]:
        return {name: accuracy - shifts.get(name, 0.0) for name, accuracy in accuracies.items()}

    periods = tuple(replace(period, accuracy=lower(period.accuracy)) for period in record.periods)
    return replace(record, periods=periods, final_accuracy=lower(record.final_accuracy))
