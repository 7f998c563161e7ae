"""The page of the gate: it says what was measured, and that what was not is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_up_gate import ERRORS, Measure, stub_measurements, write_six_runs
from made_up_reports import check_report, write_report

from mnist_repro.comparison.gate.baseline import write_baseline
from mnist_repro.comparison.gate.summary import summarize_gate
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.wording.gates import format_false_alarms, list_detection_cells


@pytest.fixture
def records(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with an environment that has six runs of every experiment."""
    return write_six_runs(tmp_path / "records", protocols=protocols, environment=environment)


@pytest.fixture
def baseline(records: Path, tmp_path: Path) -> Path:
    """Return the folder of a baseline with these runs."""
    write_baseline(RecordStore(records / "linux").read(), folder=tmp_path / "baseline")
    return tmp_path / "baseline"


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Measure:
    """Measure nothing: what is written is made up."""
    return stub_measurements(monkeypatch)


def test_summarize_gate_without_baseline_is_none(tmp_path: Path, protocols: dict[str, Protocol]) -> None:
    """There is nothing to say of no baseline."""
    assert summarize_gate(tmp_path, records=tmp_path, faults=(), protocols=protocols) is None


@pytest.mark.usefixtures("few_lines")
def test_write_report_without_baseline_has_no_page_of_the_gate(records: Path, tmp_path: Path) -> None:
    """Neither a page nor a link to one is written."""
    written = write_report(tmp_path / "report", records=records, baseline=tmp_path / "nowhere")

    assert "gate.md" not in {file.name for file in written}
    assert "gate.md" not in (tmp_path / "report" / "README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("few_lines")
def test_write_report_baseline_not_measured_is_said(records: Path, baseline: Path, tmp_path: Path) -> None:
    """A baseline of which nothing was measured has a page that says so, and which is reached from the first one."""
    write_report(tmp_path / "report", records=records, baseline=baseline)

    page = (tmp_path / "report" / "gate.md").read_text(encoding="utf-8")
    assert "Not measured with this baseline. `mnist-repro baseline` does." in page
    assert "The baseline has 36 runs" in page
    assert "(gate.md)" in (tmp_path / "report" / "README.md").read_text(encoding="utf-8")
    assert check_report(tmp_path / "report", records=records, baseline=baseline) == []


@pytest.mark.usefixtures("few_lines")
def test_write_report_page_shows_what_was_measured(
    records: Path, baseline: Path, protocols: dict[str, Protocol], measure: Measure, tmp_path: Path
) -> None:
    """Rate, interval, each fault with its share and its remedy, misses and broken rules too, and what was not run."""
    faults = load_catalogue().faults
    measure(baseline, faults_of=RecordStore(records / "linux"), faults=faults, protocols=protocols)

    write_report(tmp_path / "report", records=records, baseline=baseline)

    page = (tmp_path / "report" / "gate.md").read_text(encoding="utf-8")
    words = " ".join(page.split())
    assert format_false_alarms(ERRORS.false_alarms) in words
    assert "no other environment has any to stand for today's" in words
    rows = [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in page.splitlines() if line.startswith("| tf1-basic")]
    for detection, title in zip(ERRORS.detections, ("ReLU \\| for sigmoid", "slow", "bad"), strict=True):
        assert ["tf1-basic", title, *list_detection_cells(detection)] in rows
    # Beside the faults' rows there is one of the experiment itself.
    assert sorted(map(len, rows)) == [6, 7, 7, 7]
    # Faults without runs are named.
    assert "Planted but not run in `linux`, or with too few seeds:" in page
    assert "- tf1-basic+pixels-0-to-1" in page


@pytest.mark.usefixtures("few_lines", "measure")
def test_check_report_finds_another_page_of_the_gate(records: Path, baseline: Path, tmp_path: Path) -> None:
    """A page that is not what the baseline gives is found, and so is a missing one."""
    write_report(tmp_path / "report", records=records, baseline=baseline)
    page = tmp_path / "report" / "gate.md"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert check_report(tmp_path / "report", records=records, baseline=baseline) == [
        f"{page} is not what the records give. Write it again with `mnist-repro report --publish`."
    ]

    page.unlink()

    assert check_report(tmp_path / "report", records=records, baseline=baseline) == [
        f"{page} is missing. Write it with `mnist-repro report --publish`."
    ]
