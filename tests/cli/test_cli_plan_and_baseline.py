"""`plan` and `baseline`: what a study would run, and how long; what the gate is held against, and how well it does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_gate import Measure, stub_measurements, write_six_runs

from mnist_repro.cli import baseline as verbs
from mnist_repro.cli.main import main
from mnist_repro.comparison.gate.baseline import read_baseline, write_baseline
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.store import RecordStore


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


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, protocols: dict[str, Protocol]) -> dict[str, Protocol]:
    """Return the protocols with quick profiles of three seeds, which are also those of the command line."""
    changed = {name: replace(protocol, seeds={GATE_PROFILE: 3, "full": 6}) for name, protocol in protocols.items()}
    catalogue = replace(load_catalogue(), protocols=changed)
    monkeypatch.setattr(verbs, "load_catalogue", lambda: catalogue)
    return changed


def words(text: str) -> str:
    """Return a text with single blanks."""
    return " ".join(text.split())


@pytest.mark.usefixtures("few")
def test_baseline_verb_copies_and_measures(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measure: Measure
) -> None:
    """The environment's runs are the baseline, and what was measured is printed and kept."""
    del measure
    monkeypatch.chdir(tmp_path)

    code = main(["baseline", "--records", str(records), "--environment", "linux", "--baseline", "kept"])

    out = capsys.readouterr().out
    assert code == 0
    assert "Baseline: 36 runs of linux, kept" in out
    assert "the tests fail 96 of 100,000 splits" in out
    assert "Real runs: no other environment" in out
    assert "every run of 2 of 3 differs" in out
    kept = [
        run for runs in read_baseline(tmp_path / "kept", protocols=load_catalogue().protocols).values() for run in runs
    ]
    assert sorted(map(repr, kept)) == sorted(map(repr, RecordStore(records / "linux").read()))
    assert (tmp_path / "kept" / "errors.json").is_file()


def test_baseline_verb_too_few_runs_replace_nothing(
    records: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there are too few runs to measure with, one line says so, and the old baseline stays."""
    write_baseline(read_baseline(baseline, protocols=load_catalogue().protocols)["tf1-basic"], folder=baseline)
    before = (baseline / "runs.jsonl").read_bytes()

    code = main(["baseline", "--records", str(records), "--environment", "linux", "--baseline", str(baseline)])

    error = capsys.readouterr().err
    assert code == 2
    assert error.count("\n") == 1
    assert "measured with 40 runs of julia-linear-lr0.02 against others; the baseline would have 6 in all" in error
    assert (baseline / "runs.jsonl").read_bytes() == before


def test_plan_verb_without_records_says_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing has to have been run, and nothing is trained or written."""
    monkeypatch.chdir(tmp_path)

    code = main(["plan", "tf1-basic", "--profile", "full", "--workers", "2"])

    out = words(capsys.readouterr().out)
    assert code == 0
    assert "tf1-basic 119 unknown unknown nobody yet" in out
    assert "julia" not in out
    assert list(tmp_path.iterdir()) == []


def test_plan_verb_times_are_those_of_the_records(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs of three seconds, from the environment that is asked for or, said so, from another one."""
    for environment, said in (("linux", "linux"), ("local", "linux; none here")):
        code = main(["plan", "tf1-basic", "--records", str(records), "--environment", environment, "--workers", "1"])

        out = words(capsys.readouterr().out)
        assert code == 0
        assert re.search(rf"tf1-basic 10 3\.00 30 {said} ", out)
        assert "10 runs, 30 s of one processor core, without tracing and compiling." in out


def test_plan_verb_unknown_experiment_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An experiment that is not there is named, with those that are."""
    assert main(["plan", "nothing"]) == 2
    assert capsys.readouterr().err.startswith("mnist-repro: Unknown experiment: nothing. Known: julia-linear-lr0.02")
