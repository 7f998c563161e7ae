"""The gates beside other plugins of pytest, without some, and from other folders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gate_sessions import GOOD, ROOT, SINGLE, run_gates, run_pytest, run_today
from installed import needs_tensorflow
from made_up_runs import write_store

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.store import RecordStore

pytestmark = needs_tensorflow


@pytest.fixture
def folder(protocols: dict[str, Protocol], tmp_path: Path) -> Path:
    """Return a folder with a run of two experiments."""
    runs = [run_today(protocols[name], 0, name="mnist", accuracy=0.95) for name in (GOOD, SINGLE)]
    write_store(tmp_path / "local", runs)
    return tmp_path


@pytest.mark.parametrize(
    ("processes", "options"),
    [
        pytest.param(2, ("--seeds=0-2", "--dist=loadscope"), id="another order"),
        pytest.param(3, ("--seeds=0-2", "-k", SINGLE), id="some cases"),
    ],
)
def test_gates_processes_of_xdist_train_one_study_and_print_one_table(
    tmp_path: Path, processes: int, options: tuple[str, ...]
) -> None:
    """The process that comes first trains, the others find its runs, and the table of verdicts is printed once."""
    session = run_gates(tmp_path, f"-n{processes}", "-pblank_session", *options, file="test_claims.py")

    trained = (tmp_path / "local.trained").read_text(encoding="utf-8").split()[1::2]
    assert sorted(map(int, trained))[:-1] == [0] * (len(trained) - 1)
    records = RecordStore(tmp_path / "local").read()
    assert len({(record.experiment, record.seed) for record in records}) == len(records) == max(map(int, trained)) > 0
    assert session.out.count("= verdicts =") == 1
    table = session.out.partition("= verdicts =")[2]
    assert re.search(rf"^{SINGLE}$", table, flags=re.MULTILINE) or re.search(rf"^{SINGLE} ", table, flags=re.MULTILINE)
    assert "Verdicts: " in table


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        pytest.param("capture", "1 passed", id="capture"),
        pytest.param("terminal", "", id="terminal"),
        pytest.param("benchmark", "1 passed", id="benchmark"),
        pytest.param("logging", "1 passed", id="logging"),
    ],
)
def test_gates_without_a_plugin_are_the_same(folder: Path, plugin: str, said: str) -> None:
    """Where a plugin is switched off, what needs it is left out, and the gates decide."""
    session = run_gates(folder, f"-pno:{plugin}", "-k", GOOD, "--seeds=0")

    assert (session.code, session.err) == (0, "")
    assert said in session.out


def test_gates_without_benchmark_skip_the_timing(folder: Path) -> None:
    """Timings are skipped by name where pytest-benchmark is switched off."""
    session = run_gates(folder, "-pno:benchmark", "-k", GOOD, file="test_training_speed.py")

    assert session.code == 0
    assert "pytest-benchmark, which is switched off" in session.out


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="another folder"),
        pytest.param(("--rootdir=.",), id="another root"),
        pytest.param(("-cown.ini",), id="other settings"),
    ],
)
def test_session_elsewhere_finds_the_records_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """From another folder, and with another root, records and baseline are those of the checkout, and none is made."""
    shared = ", ".join(f"{str(ROOT / folder)!r}" for folder in ("tests/support", "benchmarks/speed"))
    (tmp_path / "own.ini").write_text("[pytest]\nmarkers =\n    nightly: later\n", encoding="utf-8")
    (tmp_path / "where.py").write_text(
        f"import sys\n\nsys.path += [{shared}]\n\n\ndef pytest_collection_finish(session):\n"
        "    print('found', session.config.option.records, session.config.option.baseline)\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    gates = str(ROOT / "benchmarks" / "test_regression.py")
    code, out, err = run_pytest(gates, "--import-mode=importlib", "--collect-only", "-pwhere", *options, cwd=tmp_path)

    assert (code, err) == (0, "")
    assert f"found {ROOT / 'reports' / 'records'} {ROOT / 'reports' / 'baseline'}" in out
    assert not (tmp_path / "reports").exists()
