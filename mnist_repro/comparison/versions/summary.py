"""The comparison of versions before it is formatted: a column for each environment, run or not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from mnist_repro.comparison.runs import RunsByExperiment
from mnist_repro.comparison.versions.equivalence import Equivalence, measure_equivalence
from mnist_repro.comparison.versions.pairwise import Drift, measure_drift
from mnist_repro.comparison.versions.probes import Probe, read_probe
from mnist_repro.comparison.versions.sensitivity import (
    VERSIONS_PROFILE,
    VersionSensitivity,
    measure_version_sensitivity,
)
from mnist_repro.comparison.versions.verdict_history import History, follow_claims
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult
from mnist_repro.verdicts.finding import count_runs

# The cause finder's variants that serve as simulated versions: the end of their ids, and what differs.
_SIMULATED = {"epsilon-1e-3": "Adam's epsilon of 1e-3", "glorot": "other initial weights: Glorot's uniform"}


class State(Enum):
    """Whether an environment has the runs to compare."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed runs"
    OUTDATED = "out of date"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One environment in the comparison."""

    name: str
    state: State
    detail: str  #: what is missing, in words; empty where it is complete
    result: EnvironmentResult | None  #: None where it has no runs of today's protocols
    probe: Probe | None  #: what was measured of the version itself; None where nothing was

    @property
    def is_session(self) -> bool:
        """Whether its runs were made by a graph session, as the documents' were, rather than by Keras."""
        return self.result is not None and self.result.environment.keras.startswith("none")


@dataclass(frozen=True, kw_only=True)
class VersionsResult:
    """All versions, compared."""

    columns: tuple[Column, ...]  #: from the oldest to the newest
    reference: EnvironmentResult  #: the environment with the most runs, with which the others are compared
    histories: tuple[History, ...]  #: the verdicts of all versions on each reported result
    processors: tuple[str, ...]  #: kinds of processor on which the compared runs were made, one for an experiment
    drift: Drift  #: comparisons of the versions, seed by seed
    equivalences: tuple[Equivalence, ...]  #: how nearly equal they are, by experiment
    sensitivity: VersionSensitivity  #: what these tests find of known differences

    @property
    def compared(self) -> tuple[Column, ...]:
        """The columns that have runs."""
        return tuple(column for column in self.columns if column.result)

    @property
    def probed(self) -> dict[str, Probe]:
        """What was measured of the versions themselves, by environment."""
        return {column.name: column.probe for column in self.columns if column.probe}


def summarize_versions(
    results: Iterable[EnvironmentResult],
    *,
    expected: Sequence[str],
    outdated: Iterable[str],
    code: AbstractSet[str],
    protocols: Mapping[str, Protocol],
) -> VersionsResult | None:
    """Compare the published environments.

    Parameters
    ----------
    expected
        Names of the environments to compare, from the oldest version to the newest.
    outdated
        Names of those whose records are all of earlier protocols.
    code
        Hashes of today's training code, one for each backend.

    Returns
    -------
    VersionsResult or None
        None where there are fewer than two environments.
    """
    published = {result.name: result for result in results if result.is_published}
    late = set(outdated)
    names = dict.fromkeys([*expected, *sorted(published), *sorted(late)])
    if not published or len(names) < 2:  # noqa: PLR2004 - nothing to compare
        return None
    columns = [_build_column(name, published.get(name), late=name in late, code=code) for name in names]
    reference = max(published.values(), key=lambda result: len(result.records))
    runs = _select_runs([column.result for column in columns if column.result])
    # The reference is the first of its pairs: differences are from it.
    drift = measure_drift({reference.name: runs[reference.name], **runs}, protocols=protocols)
    return VersionsResult(
        columns=tuple(columns),
        reference=reference,
        histories=follow_claims(
            {column.name: column.result.findings for column in columns if column.result}, reference=reference.name
        ),
        processors=tuple(
            sorted({r.environment.processor for found in runs.values() for kept in found.values() for r in kept})
        ),
        drift=drift,
        equivalences=measure_equivalence(drift),
        sensitivity=measure_version_sensitivity(
            runs[reference.name], variants=_collect_simulated(reference), drift=drift, protocols=protocols
        ),
    )


def _select_runs(results: Sequence[EnvironmentResult]) -> dict[str, RunsByExperiment]:
    """Return each environment's runs by experiment, all made on the kind of processor that most environments have.

    Runs from the same start that two kinds of processor made differ by more than the version.
    """
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for each in result.experiments:
            kinds[each.protocol.id].update({r.environment.processor for r in each.records})
    return {
        result.name: {
            each.protocol.id: _select_made_on(kinds[each.protocol.id].most_common(1)[0][0], each, result=result)
            for each in result.experiments
            if kinds[each.protocol.id]
        }
        for result in results
    }


def _select_made_on(processor: str, experiment: ExperimentResult, *, result: EnvironmentResult) -> Sequence[RunRecord]:
    """Return an experiment's runs on one kind of processor, whether its verdicts are of these or of others."""
    if all(record.environment.processor == processor for record in experiment.records):
        return experiment.records
    written = result.store.read()
    return pool_runs(written, protocol=experiment.protocol, store=result.store, processor=processor).records


def _build_column(name: str, result: EnvironmentResult | None, *, late: bool, code: AbstractSet[str]) -> Column:
    state, detail = State.COMPLETE, ""
    if result is None and late:
        state, detail = State.OUTDATED, "its runs are of earlier protocols"
    elif result is None:
        state, detail = State.MISSING, f"`python3 -m tox run -e {name}` makes its runs"
    elif any(record.training_sha256 not in code for record in result.records):
        state, detail = State.OUTDATED, "its runs were made by earlier code"
    elif incomplete := sum(len(experiment.unfinished) for experiment in result.experiments):
        state, detail = State.FAILED, f"{count_runs(incomplete)} did not complete"
    elif missing := sum(
        max(0, experiment.protocol.seeds[VERSIONS_PROFILE] - len(experiment.completed))
        for experiment in result.experiments
    ):
        state, detail = State.INCOMPLETE, f"{count_runs(missing)} of the profile `{VERSIONS_PROFILE}` missing"
    probe = read_probe(result.store.folder) if result else None
    return Column(name=name, state=state, detail=detail, result=result, probe=probe)


def _collect_simulated(reference: EnvironmentResult) -> dict[str, dict[str, tuple[RunRecord, ...]]]:
    """Return the runs of the variants that serve as simulated versions, by what differs and by experiment."""
    found: dict[str, dict[str, tuple[RunRecord, ...]]] = {}
    for causes in reference.causes:
        for variant, records in causes.records.items():
            change = _SIMULATED.get(variant.rpartition("+")[2]) if variant else None
            if change and records:
                found.setdefault(change, {})[causes.protocol.id] = records
    return found
