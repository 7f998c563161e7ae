"""What the comparison of versions finds: known differences posing as a version, and the same version twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mnist_repro.comparison.versions.pairwise import RunsByExperiment, by_seed, compare_versions
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import SIGNIFICANCE

PROFILE = "versions"
SAME_VERSION_PAIRS = 20
# By how many standard deviations over seeds the accuracies of a version that got worse are lower.
_LOWER = 2.0
_STREAM = 4


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A set of runs, compared as if it were one more version.

    Parameters
    ----------
    title
        What is different.
    p
        The smallest of the p-values, times the number of tests that there are with one more version; at most 1.
    unadjusted
        P-values by the experiments in which it was compared with the reference.
    """

    title: str
    p: float
    unadjusted: Mapping[str, float]

    @property
    def flagged(self) -> bool:
        """Whether the comparison says that it is another version."""
        return self.p <= SIGNIFICANCE


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How well the comparison tells versions apart.

    Parameters
    ----------
    planted
        Known differences.
    same
        Pairs of disjoint sets of the reference's own runs.
    tests
        Tests that there are with one more version: pairs of versions times experiments.
    """

    planted: tuple[Trial, ...]
    same: tuple[Trial, ...]
    tests: int

    @property
    def false_share(self) -> float:
        """Share of single tests of the same version, unadjusted, with p of 5 % at most; NaN where there are none."""
        values = [p for trial in self.same for p in trial.unadjusted.values()]
        return float(np.mean(np.array(values) <= SIGNIFICANCE)) if values else float("nan")


def measure_sensitivity(
    reference: RunsByExperiment,
    *,
    variants: Mapping[str, RunsByExperiment],
    versions: int,
    protocols: Mapping[str, Protocol],
) -> Sensitivity:
    """Let known differences pose as a version, and the reference itself.

    Parameters
    ----------
    reference
        The reference's runs. Lower accuracies, and the same version twice, take more seeds than a version has; an
        experiment with fewer is left out.
    variants
        By what was done otherwise, the runs of the experiments in which it was.
    versions
        Number of versions that are compared; the planted one is one more.
    """
    tests = (versions + 1) * versions // 2 * len(protocols)

    def compare(title: str, first: RunsByExperiment, second: RunsByExperiment) -> Trial:
        both = {"reference": first, title: second}
        found = [compare_versions(both, "reference", title, protocol=protocol) for protocol in protocols.values()]
        unadjusted = {agreement.experiment: agreement.p for agreement in found if agreement}
        return Trial(title=title, p=min(1.0, tests * min(unadjusted.values(), default=1.0)), unadjusted=unadjusted)

    planted = [compare(title, reference, runs) for title, runs in variants.items()]
    pairs = list(_split(reference, protocols=protocols))
    if pairs:
        first, second = pairs[0]
        planted.append(compare(f"accuracies lower by {_LOWER:g} standard deviations over seeds", first, _lower(second)))
    return Sensitivity(
        planted=tuple(planted),
        same=tuple(compare(f"the same version, pair {number}", *pair) for number, pair in enumerate(pairs, 1)),
        tests=tests,
    )


def _split(
    reference: RunsByExperiment, *, protocols: Mapping[str, Protocol]
) -> Iterator[tuple[RunsByExperiment, RunsByExperiment]]:
    """Draw pairs of disjoint sets of a version's own runs, each as large as a version's."""
    sizes = {name: protocol.seeds[PROFILE] for name, protocol in protocols.items()}
    runs = {name: list(by_seed(reference.get(name, ())).values()) for name in protocols}
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
    # Versions are compared seed by seed; these have no start in common, so any pairs are as good.
    return [replace(record, seed=seed) for seed, record in enumerate(records)]


def _lower(runs: RunsByExperiment) -> RunsByExperiment:
    """Return the runs with lower accuracies, by the spread of each figure's end."""
    return {name: [_lower_run(record, records) for record in records] for name, records in runs.items()}


def _lower_run(record: RunRecord, records: Sequence[RunRecord]) -> RunRecord:
    spread = {
        name: _LOWER * float(np.std([other.final_accuracy[name] for other in records], ddof=1))
        for name in record.final_accuracy
    }

    def lower(accuracies: Mapping[str, float]) -> dict[str, float]:
        return {name: accuracy - spread.get(name, 0.0) for name, accuracy in accuracies.items()}

    periods = tuple(replace(period, accuracy=lower(period.accuracy)) for period in record.periods)
    return replace(record, periods=periods, final_accuracy=lower(record.final_accuracy))
