"""What the comparison of versions says, before it is formatted: a column for each environment, run or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from mnist_repro.comparison.versions.pairwise import Drift, RunsByExperiment, measure_drift
from mnist_repro.comparison.versions.probes import Probe, read_probe
from mnist_repro.comparison.versions.sensitivity import PROFILE, Sensitivity, measure_sensitivity
from mnist_repro.comparison.versions.verdict_history import History, follow_claims
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import count_runs

# Changes by the cause finder's variants that pose as a version: by the end of their ids, what readers are told.
_POSING = {"epsilon-1e-3": "Adam's epsilon of 1e-3", "glorot": "other initial weights: Glorot's uniform"}


class State(Enum):
    """Whether an environment has what is compared."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed runs"
    OUTDATED = "out of date"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One environment in the comparison.

    Parameters
    ----------
    name
        The environment's.
    state, detail
        Whether it has all runs, and what is missing in words.
    result
        What its runs say; None where there are none of today's protocols.
    probe
        What was measured of the version itself; None where it was not.
    """

    name: str
    state: State
    detail: str
    result: EnvironmentResult | None
    probe: Probe | None

    @property
    def runs(self) -> RunsByExperiment:
        """Its pooled runs, by experiment."""
        return {e.protocol.id: e.records for e in self.result.experiments} if self.result else {}

    @property
    def is_session(self) -> bool:
        """Whether its runs were made by a graph session, as the documents' were, and not by Keras."""
        return self.result is not None and self.result.environment.keras.startswith("none")


@dataclass(frozen=True, kw_only=True)
class VersionsResult:
    """All versions side by side.

    Parameters
    ----------
    columns
        From the oldest to the newest.
    reference
        The environment that the others are held against: the one with the most runs.
    histories
        What all versions say of each thing that the documents report.
    drift
        Whether they give other numbers.
    sensitivity
        How well known differences are found.
    """

    columns: tuple[Column, ...]
    reference: EnvironmentResult
    histories: tuple[History, ...]
    drift: Drift
    sensitivity: Sensitivity

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
    """Compare the environments that are published.

    Parameters
    ----------
    expected
        Names of the environments that there should be, from the oldest version to the newest.
    outdated
        Names of those whose records are all of earlier protocols.
    code
        Hashes of today's training code, of each way of training.

    Returns
    -------
    VersionsResult or None
        None where there are not two environments to compare.
    """
    published = {result.name: result for result in results if result.is_published}
    late = set(outdated)
    names = dict.fromkeys([*expected, *sorted(published), *sorted(late)])
    if not published or len(names) < 2:  # noqa: PLR2004 - one is not compared
        return None
    columns = [_describe(name, published.get(name), late=name in late, code=code) for name in names]
    reference = max(published.values(), key=lambda result: len(result.records))
    runs = {column.name: column.runs for column in columns if column.result}
    # The reference first: differences are from it.
    runs = {reference.name: runs[reference.name], **runs}
    return VersionsResult(
        columns=tuple(columns),
        reference=reference,
        histories=follow_claims(
            {column.name: column.result.findings for column in columns if column.result}, reference=reference.name
        ),
        drift=measure_drift(runs, protocols=protocols),
        sensitivity=measure_sensitivity(
            runs[reference.name], variants=_posing(reference), versions=len(names), protocols=protocols
        ),
    )


def _describe(name: str, result: EnvironmentResult | None, *, late: bool, code: AbstractSet[str]) -> Column:
    state, detail = State.COMPLETE, ""
    if result is None and late:
        state, detail = State.OUTDATED, "its runs are of earlier protocols"
    elif result is None:
        state, detail = State.MISSING, f"`python3 -m tox run -e {name}` makes its runs"
    elif any(record.training_sha256 not in code for record in result.records):
        state, detail = State.OUTDATED, "its runs were made by earlier code"
    elif unfinished := sum(len(experiment.unfinished) for experiment in result.experiments):
        state, detail = State.FAILED, f"{count_runs(unfinished)} did not complete"
    elif lacking := sum(
        max(0, experiment.protocol.seeds[PROFILE] - len(experiment.completed)) for experiment in result.experiments
    ):
        state, detail = State.INCOMPLETE, f"{count_runs(lacking)} of the profile `{PROFILE}` lacking"
    probe = read_probe(result.store.folder) if result else None
    return Column(name=name, state=state, detail=detail, result=result, probe=probe)


def _posing(reference: EnvironmentResult) -> dict[str, dict[str, tuple[RunRecord, ...]]]:
    """Return the runs of variants that pose as a version, by what was done otherwise and by experiment."""
    found: dict[str, dict[str, tuple[RunRecord, ...]]] = {}
    for causes in reference.causes:
        for variant, records in causes.records.items():
            change = _POSING.get(variant.rpartition("+")[2])
            if change and records:
                found.setdefault(change, {})[causes.protocol.id] = records
    return found
