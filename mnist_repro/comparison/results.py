"""Everything that a report shows, read and computed from the records before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_repro.comparison.gate.summary import GateSummary, summarize_gate
from mnist_repro.comparison.speed.engines import Times, read_speed
from mnist_repro.comparison.speed.studies import MeasuredStudy, read_studies
from mnist_repro.comparison.speed.trials import SpeedGateSummary, summarize_speed_gate
from mnist_repro.comparison.versions.matrix import read_matrix
from mnist_repro.comparison.versions.summary import VersionsResult, summarize_versions
from mnist_repro.documents.catalogue import Catalogue
from mnist_repro.documents.document import Document
from mnist_repro.records import jsonl
from mnist_repro.records.environment import LOCAL_ENVIRONMENT, hash_file, training_code_sha256
from mnist_repro.records.store import RecordStore, open_stores
from mnist_repro.records.variant_runs import FOLDER as VARIANTS
from mnist_repro.studies.artifacts import PICTURED_SEED, find_labels, load_first_weights, load_sample_digits
from mnist_repro.studies.first_layer import Snapshot, find_snapshots
from mnist_repro.verdicts.environment import (
    EnvironmentResult,
    OutdatedRecordsError,
    select_front,
    summarize_environment,
)

# The script of the graph session, relative to the folder of the matrix.
_SESSION = Path("benchmarks/era/tf1_session.py")


@dataclass(frozen=True, kw_only=True, eq=False)
class Artifacts:
    """What lies beside the records of an environment: images, weights and measured times."""

    #: images of shape (36, 784) and labels of shape (36,), uint8; None where none were kept
    sample_digits: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None
    #: first-layer weights after the run with seed 0, of shape (784, units), by experiment
    first_weights: Mapping[str, NDArray[np.floating[Any]]] = field(default_factory=dict)
    snapshots: Mapping[str, tuple[Snapshot, ...]] = field(default_factory=dict)  #: the first layer in time, likewise
    times: Times = field(default_factory=dict)  #: times of training steps; empty where none were measured
    busy_times: Times = field(default_factory=dict)  #: the same with another core busy
    studies: tuple[MeasuredStudy, ...] = ()  #: times of whole studies
    busy_studies: tuple[MeasuredStudy, ...] = ()  #: the same with another core busy


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """The results of all environments, complete: a report only formats them."""

    documents: Mapping[str, Document]  #: by id
    environments: Sequence[EnvironmentResult]  #: all of them, a user's own first
    shown: Sequence[EnvironmentResult]  #: those that the front page shows in full, at least one
    artifacts: Mapping[str, Artifacts] = field(default_factory=dict)  #: of the environments shown, by name
    #: SHA-256 sums of the files of records, by their names in the folder; by the name of the environment
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    baseline_sources: Mapping[str, str] = field(default_factory=dict)  #: likewise, of the baseline's files
    versions: VersionsResult | None = None  #: None where fewer than two environments are compared
    gate: GateSummary | None = None  #: None without a baseline
    speed_gate: SpeedGateSummary | None = None  #: None without a baseline
    atlas: EnvironmentResult | None = None  #: the environment of the front, beside all documents; None leaves it out
    atlas_documents: Mapping[str, Document] = field(default_factory=dict)  #: all of them, by id

    @property
    def timed(self) -> EnvironmentResult | None:
        """The first environment shown in which training steps were timed; None without any."""
        return next((result for result in self.shown if self.artifacts[result.name].times), None)


def load_results(
    records: Path,
    *,
    catalogue: Catalogue,
    stores: Sequence[RecordStore] | None = None,
    baseline: Path | None = None,
    matrix: Path | None = None,
    atlas: Catalogue | None = None,
) -> Results:
    """Read the records of all environments and compute every result of a report.

    Parameters
    ----------
    records
        Folder with a folder of records for each environment.
    stores
        Those of them that are reported; None reports all.
    baseline
        Folder of the baseline of the gates; None leaves the gates out.
    matrix
        The `tox.ini` that names the environments to compare; None compares those with records.
    atlas
        All documents, whose runs have a page of their own; None leaves that out.

    Raises
    ------
    ReproError
        If there are no records of today's protocols, a file is broken, or the gate was measured with another baseline.
    """
    expected = read_matrix(matrix) if matrix else ()
    documents, protocols = catalogue.documents, catalogue.protocols
    environments, outdated = _summarize_all(
        open_stores(records) if stores is None else stores, records=records, catalogue=catalogue
    )
    # Many versions side by side have a page of their own; the front page shows the environments outside the matrix.
    shown = [result for result in environments if result.name not in expected] or environments[-1:]
    front = select_front(shown) or shown[0]
    return Results(
        documents=documents,
        environments=environments,
        shown=shown,
        artifacts={result.name: _load_artifacts(result) for result in shown},
        sources={result.name: _hash_sources(result.store.folder) for result in environments},
        baseline_sources=_hash_sources(baseline) if baseline else {},
        versions=summarize_versions(
            environments, expected=expected, outdated=outdated, code=_todays_code(matrix), protocols=protocols
        ),
        gate=summarize_gate(baseline, records=records, faults=catalogue.faults, protocols=protocols)
        if baseline
        else None,
        speed_gate=summarize_speed_gate(baseline) if baseline else None,
        atlas=_summarize_atlas(front, records=records, atlas=atlas) if atlas else None,
        atlas_documents=atlas.documents if atlas else {},
    )


def _summarize(store: RecordStore, *, records: Path, catalogue: Catalogue) -> EnvironmentResult:
    return summarize_environment(
        store,
        documents=catalogue.documents,
        protocols=catalogue.protocols,
        alternatives=catalogue.alternatives,
        labels=find_labels(store, folder=records),
        others=catalogue.others,
    )


def _summarize_atlas(front: EnvironmentResult, *, records: Path, atlas: Catalogue) -> EnvironmentResult:
    result = _summarize(front.store, records=records, catalogue=atlas)
    # Runs of the front are judged alike here; what they find out on demand, they find out once.
    judged = {run.id: run for run in front.runs}
    return replace(result, runs=tuple(judged.get(run.id, run) for run in result.runs))


def _summarize_all(
    stores: Iterable[RecordStore], *, records: Path, catalogue: Catalogue
) -> tuple[list[EnvironmentResult], list[str]]:
    """Summarize every environment, a user's own first; name those with records of earlier protocols only.

    Raises
    ------
    ReproError
        If no environment has runs of today's protocols.
    """
    results: list[EnvironmentResult] = []
    outdated: dict[str, OutdatedRecordsError] = {}
    for store in stores:
        try:
            results.append(_summarize(store, records=records, catalogue=catalogue))
        except OutdatedRecordsError as error:  # noqa: PERF203 - each environment may have earlier records
            outdated[store.environment] = error
    if not results:
        raise next(iter(outdated.values()))
    results.sort(key=lambda result: (result.name != LOCAL_ENVIRONMENT, result.name))
    return results, list(outdated)


def _todays_code(matrix: Path | None) -> frozenset[str]:
    """Return the hashes of today's training code: the package's and the graph session's."""
    session = matrix.parent / _SESSION if matrix else None
    found = [hash_file(session)] if session and session.is_file() else []
    return frozenset([training_code_sha256(), *found])


def _hash_sources(folder: Path) -> dict[str, str]:
    """Return the SHA-256 sums of the files of records in a folder, and of the variants' in it."""
    files = [file for part in (folder, folder / VARIANTS) for file in sorted(part.glob("*.json*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): jsonl.hash_file(file) for file in files}


def _load_artifacts(result: EnvironmentResult) -> Artifacts:
    folder = result.store.folder
    run = [experiment for experiment in result.experiments if experiment.completed]
    weights = {
        record.experiment: load_first_weights(folder, record=record)
        for experiment in run
        for record in experiment.completed
        if record.seed == PICTURED_SEED
    }
    snapshots = {e.protocol.id: find_snapshots(folder, records=e.completed, protocol=e.protocol) for e in run}
    return Artifacts(
        sample_digits=load_sample_digits(folder, dataset_sha256=result.records[0].dataset_sha256),
        first_weights={name: kept for name, kept in weights.items() if kept is not None},
        snapshots={name: found for name, found in snapshots.items() if found},
        times=read_speed(folder),
        busy_times=read_speed(folder, is_busy=True),
        studies=read_studies(folder),
        busy_studies=read_studies(folder, is_busy=True),
    )
