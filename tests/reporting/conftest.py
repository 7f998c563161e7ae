"""Runs of a published environment and of a user's own, the folder of their records, and what is said of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from made_up_pages import make_results
from made_up_reports import HOSTILE, write_report
from made_up_runs import MakeRecord, make_unfinished, write_store

from mnist_repro.comparison.results import Results
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.figures import report as figures
from mnist_repro.reporting.figures.drawing import Draw


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
    monkeypatch.setattr(figures, "draw_all", _draw_empty)


@pytest.fixture
def one_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the curves of the user's environment, which `index.html` shows, and each other figure as an empty one."""
    draw_all = figures.draw_all

    def draw(drawings: Mapping[Path, Draw]) -> None:
        curves = {file: draw for file, draw in drawings.items() if file.match("local/*-curves.svg")}
        draw_all(curves)
        _draw_empty(drawings.keys() - curves.keys())

    monkeypatch.setattr(figures, "draw_all", draw)


def _draw_empty(files: Iterable[Path]) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the reports that tests change: each is written once."""
    return tmp_path_factory.mktemp("written")


def _copy_report(written: Path, records: Path, folder: Path) -> Path:
    """Copy a report to a folder, and write it first where no test before did."""
    if not written.exists():
        write_report(written, records=records)
    return Path(shutil.copytree(written, folder / "report"))


@pytest.fixture
def undrawn(records: Path, written: Path, tmp_path: Path, few_lines: None) -> Path:  # noqa: ARG001 - draws nothing
    """Return a true report, with empty figures."""
    return _copy_report(written / "no figure", records, tmp_path)


@pytest.fixture
def report(records: Path, written: Path, tmp_path: Path, one_figure: None) -> Path:  # noqa: ARG001 - draws little
    """Return a true report, with a single figure that is drawn."""
    return _copy_report(written / "one figure", records, tmp_path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for records and figures."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def results(folder: Path, protocols: dict[str, Protocol], environment: Environment) -> Results:
    """Return the results of a report with something in every part."""
    return make_results(folder, protocols=protocols, environment=environment)
