"""The regression gate as a test session, seen from outside: what passes, fails, is skipped, or becomes the baseline."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from gate_sessions import ROOT, Session, blank_images, run_gates
from installed import needs_tensorflow
from made_up_runs import make_unfinished, write_store
from made_up_studies import SPREAD, make_study

from mnist_repro.comparison.gate.baseline import read_baseline, write_baseline
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import describe_environment, training_code_sha256
from mnist_repro.records.run import RunRecord

pytestmark = needs_tensorflow

MOVED, DIVERGED, MISSING, GOOD = "julia-linear-lr0.02", "julia-linear-lr0.003", "julia-mlp-100x100", "tf1-basic"
SHIFTS = {MOVED: 8 * SPREAD, "tf1-dropout-piecewise": 0.0001}
CHANGED = "tf1-dropout-piecewise"


def make_today(
    protocol: Protocol, seeds: Iterable[int], *, name: Literal["mnist", "digits"] = "mnist", shift: float = 0.0
) -> list[RunRecord]:
    """Return runs under the conditions that a session's own runs would have."""
    conditions = {
        "dataset": name,
        "dataset_sha256": blank_images(name).sha256,
        "training_sha256": training_code_sha256(),
    }
    runs = make_study(protocol, seeds, environment=describe_environment(threads=1), shift=shift)
    return [replace(run, **conditions) for run in runs]  # type: ignore[arg-type]


def lines_of(session: Session) -> dict[str, str]:
    """Return what the summary says of the gate, by experiment."""
    section = session.out.partition("regression gates =")[2].partition("\n=====")[0]
    return dict(line.split(": ", 1) for line in section.splitlines() if ": " in line)  # type: ignore[misc]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session with a moved experiment, one with a diverged run, and one that the baseline does not have."""
    folder = tmp_path_factory.mktemp("mixed")
    today, before = [], []
    for protocol in load_catalogue().protocols.values():
        runs = make_today(protocol, range(4), shift=SHIFTS.get(protocol.id, 0.0))
        if protocol.id == DIVERGED:
            runs[3] = make_unfinished(runs[3], reason="the loss was not finite")
        today += runs
        if protocol.id != MISSING:
            before += [replace(run, total_seconds=9.0) for run in make_today(protocol, range(40))]
    write_store(folder / "local", today)
    gone = [replace(run, experiment="tf1-renamed") for run in before if run.experiment == GOOD]
    write_baseline([*before, *gone], folder=folder / "baseline")
    return run_gates(folder, "--seeds=0-3", "-rA", f"--baseline={folder / 'baseline'}", file="test_regression.py")


def test_session_runs_as_in_the_baseline_pass(mixed: Session) -> None:
    """The baseline's own runs pass at once, other runs of the same seeds after a test, with a note of it."""
    assert [mixed.outcome_of(name) for name in (GOOD, CHANGED)] == ["PASSED", "PASSED"]
    assert lines_of(mixed)[GOOD] == "no regression, 4 of 4 runs are the baseline's, bit for bit: nothing changed"
    line = lines_of(mixed)[CHANGED]
    assert line.startswith("no regression, 4 runs against 36 of the baseline; smallest adjusted p ")
    assert line.endswith("; numbers changed: 4 of 4 runs are not the baseline's of the same seed")


def test_session_moved_experiment_fails(mixed: Session) -> None:
    """An experiment that moved fails, with the quantities and their p-values."""
    assert mixed.outcome_of(MOVED) == "FAILED"
    assert "validation accuracy at the end differs from the baseline's: p = " in lines_of(mixed)[MOVED]
    assert mixed.code == 1


def test_session_diverged_run_fails(mixed: Session) -> None:
    """A run that diverged fails its experiment by name."""
    assert mixed.outcome_of(DIVERGED) == "FAILED"
    assert "seed 3: diverged: the loss was not finite" in lines_of(mixed)[DIVERGED]


def test_session_experiment_without_baseline_is_skipped(mixed: Session) -> None:
    """What cannot be decided is neither passed nor failed, and says why."""
    assert "1 skipped" in mixed.out
    assert f"{MISSING}: cannot decide, 4 runs against 0 of the baseline" in mixed.out
    assert "the baseline has no run of it; record a new baseline" in mixed.out


def test_session_experiment_that_is_gone_fails(mixed: Session) -> None:
    """An experiment that the baseline has and nobody declares any more is a failure of its own."""
    assert "FAILED benchmarks/test_regression.py::test_every_experiment_of_the_baseline_is_still_there" in mixed.out


def test_session_without_baseline_records_one_and_says_so(tmp_path: Path) -> None:
    """The runs become the baseline, each case says it, and the next session cannot decide with the same records."""
    today = [run for protocol in load_catalogue().protocols.values() for run in make_today(protocol, range(4))]
    write_store(tmp_path / "local", today)
    option = f"--baseline={tmp_path / 'baseline'}"

    first = run_gates(tmp_path, "--seeds=0-3", option, file="test_regression.py")

    assert first.code == 0
    assert set(lines_of(first)) == set(load_catalogue().protocols)
    assert set(lines_of(first).values()) == {
        f"nothing compared: {tmp_path / 'baseline'} had no baseline, and these 4 runs are it from now on"
    }
    kept = [
        run
        for runs in read_baseline(tmp_path / "baseline", protocols=load_catalogue().protocols).values()
        for run in runs
    ]
    assert sorted(map(repr, kept)) == sorted(map(repr, today))

    second = run_gates(tmp_path, "--seeds=0-3", option, file="test_regression.py")

    assert "1 passed, 6 skipped" in second.out
    assert "today's seeds include all of the baseline's; take others, from 4 on" in second.out


def test_session_without_baseline_and_with_a_diverged_run_records_none(tmp_path: Path) -> None:
    """A run that did not complete makes no baseline, and nothing passes."""
    runs = make_today(load_catalogue().protocols[GOOD], range(3))
    write_store(tmp_path / "local", [*runs[:2], make_unfinished(runs[2])])

    session = run_gates(
        tmp_path, "--seeds=0-2", "-k", GOOD, f"--baseline={tmp_path / 'baseline'}", file="test_regression.py"
    )

    assert session.code == 1
    assert "passed" not in session.out
    assert "these rules are broken: runs that completed" in session.out
    assert not (tmp_path / "baseline").exists()


def test_session_on_the_stand_in_is_skipped(tmp_path: Path) -> None:
    """On the stand-in nothing is compared, and no baseline is made of it."""
    write_store(tmp_path / "local-digits", make_today(load_catalogue().protocols[GOOD], range(2), name="digits"))

    session = run_gates(
        tmp_path,
        "--seeds=0,1",
        "-k",
        GOOD,
        f"--baseline={tmp_path / 'baseline'}",
        name="digits",
        file="test_regression.py",
    )

    assert session.code == 0
    assert "1 skipped" in session.out
    assert "the baseline is of MNIST, and this is the stand-in" in session.out
    assert not (tmp_path / "baseline").exists()


def test_session_started_in_another_folder_finds_the_checkouts_baseline(tmp_path: Path) -> None:
    """Wherever pytest is started, the records and the baseline are those of the checkout, and none are made there.

    This session is a process, as a user starts it.
    """
    command = [sys.executable, "-m", "pytest", str(ROOT / "benchmarks" / "test_regression.py"), "-k", "is_still_there"]

    ended = subprocess.run([*command, "-rs"], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own program

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout, ended.stdout
    assert not (tmp_path / "reports").exists()
