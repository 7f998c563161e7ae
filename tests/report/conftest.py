"""Runs of a published environment and of a user's own, the folder of their records, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_up_claims import Summarize, make_claims
from made_up_reports import EXPERIMENT, HOSTILE
from made_up_runs import MakeRecord, make_run, make_unfinished, write_store

from mnist_repro.claims import Document, load_documents
from mnist_repro.environment import Environment
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.reporting import rendering
from mnist_repro.reporting.contents import EnvironmentResult
from mnist_repro.reporting.environment_summary import summarize_environment


@pytest.fixture
def make(protocols: dict[str, Protocol], environment: Environment) -> MakeRecord:
    """Return a function that makes a run of the examined experiment, or of another one."""

    def make_one(seed: int, experiment: str = EXPERIMENT, **changes: object) -> RunRecord:
        return make_run(protocols[experiment], seed=seed, **{"environment": environment, **changes})

    return make_one


@pytest.fixture
def store(make: MakeRecord, tmp_path: Path) -> RecordStore:
    """Return a published environment with three runs of one experiment, of which one diverged."""
    runs = [make(0), make(1), make_unfinished(make(2), reason=HOSTILE)]
    return write_store(tmp_path / "records" / "linux", runs)


@pytest.fixture
def records(store: RecordStore, make: MakeRecord) -> Path:
    """Return a folder with that environment and a user's own, which has a single run."""
    write_store(store.folder.parent / "local", [make(0)])
    return store.folder.parent


@pytest.fixture
def few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw each figure as an empty one: for the tests that are about pages, in a fraction of the time."""

    def draw(result: EnvironmentResult, *, folder: Path) -> dict[str, str]:
        run = [experiment.protocol.id for experiment in result.experiments if experiment.completed]
        names = [
            *(["overview"] if run else []),
            *(f"{name}-{kind}" for name in run for kind in ("curves", "confusion")),
        ]
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
        return {name: f"{name}.svg" for name in names}

    monkeypatch.setattr(rendering, "draw_environment", draw)


@pytest.fixture
def made_up_document() -> Document:
    """Return a document with the made-up claims."""
    real = load_documents()["julia-blog"]
    return replace(
        real, id="made-up", claims=make_claims(), outputs=(), not_claims=(), remarks=(), statements=(), comparisons=()
    )


@pytest.fixture
def summarize(protocols: dict[str, Protocol], made_up_document: Document, tmp_path: Path) -> Summarize:
    """Return a function that puts runs into a store and summarizes it by the made-up document."""

    def summarize_runs(*records: RunRecord) -> EnvironmentResult:
        store = write_store(tmp_path / "somewhere", records)
        return summarize_environment(store, documents={"made-up": made_up_document}, protocols=protocols)

    return summarize_runs
