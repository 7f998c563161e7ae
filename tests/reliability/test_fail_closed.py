"""Gates with each of their inputs broken: none of them passes. docs/reliability.md has the table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gate_sessions import Session, run_gates, run_today
from installed import needs_tensorflow
from made_up_runs import write_store

from mnist_repro.comparison.gate.baseline import write_baseline
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.run import SCHEMA_VERSION, RunRecord, format_record, parse_record
from mnist_repro.studies import study as studies

EXPERIMENT = "julia-linear-lr0.02"
ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "reports"


def good_runs(count: int = 3, **changes: Any) -> list[RunRecord]:
    """Return runs with which an experiment's gate of accuracy passes."""
    protocol = load_catalogue().protocols[EXPERIMENT]
    runs = [run_today(protocol, seed, name="mnist", accuracy=protocol.gate.minimum + 0.01) for seed in range(count)]
    return [run if not changes else make_changed(run, **changes) for run in runs]


def make_changed(run: RunRecord, **changes: Any) -> RunRecord:
    """Return a record with some of its tables changed."""
    tree = {**json.loads(format_record(run)), **changes}
    return parse_record(json.dumps(tree))


def passed(session: Session) -> int:
    """Return how many cases of a session passed."""
    last = session.out.strip().splitlines()[-1]
    words = last.replace(",", " ").split()
    return int(words[words.index("passed") - 1]) if "passed" in words else 0


def run_session(folder: Path, file: str, *options: str, keyword: str = EXPERIMENT) -> Session:
    """Run the gates of one file, on the records in a folder, with a baseline beside them."""
    return run_gates(folder, "--seeds=0-2", "-k", keyword, f"--baseline={folder / 'baseline'}", *options, file=file)


def write_good(folder: Path) -> None:
    """Write runs with which the gates of accuracy and of regression pass."""
    write_store(folder / "local", good_runs())


def write_broken(folder: Path) -> None:
    """Write good runs, and a line that is no record."""
    write_good(folder)
    with (folder / "local" / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"schema": 1}\n')


def write_unmeasured(folder: Path) -> None:
    """Write runs that say completed and lack what the gate asks for."""
    write_store(folder / "local", good_runs(final_accuracy={"another set": 0.99}))


def write_newer(folder: Path) -> None:
    """Write runs of a newer schema."""
    write_good(folder)
    file = folder / "local" / "runs.jsonl"
    file.write_text(
        file.read_text(encoding="utf-8").replace('"schema": 1', f'"schema": {SCHEMA_VERSION + 1}'), encoding="utf-8"
    )


def write_folder(folder: Path) -> None:
    """Put a folder where the file of records belongs."""
    (folder / "local" / "runs.jsonl").mkdir(parents=True)


@needs_tensorflow
@pytest.mark.parametrize("file", ["test_accuracy.py", "test_claims.py", "test_regression.py"])
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(write_broken, id="broken record"),
        pytest.param(write_newer, id="newer schema"),
        pytest.param(write_folder, id="folder in place of the records"),
        pytest.param(write_unmeasured, id="figures missing"),
    ],
)
def test_gate_on_broken_records_does_not_pass(tmp_path: Path, file: str, write: Callable[[Path], None]) -> None:
    """With records that are no records, or lack what is judged, the session fails and no case of the runs passes."""
    write(tmp_path)

    session = run_session(tmp_path, file, keyword=f"{EXPERIMENT} and not promise")

    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert passed(session) == 0, session.out


@needs_tensorflow
@pytest.mark.parametrize("file", ["test_accuracy.py", "test_claims.py", "test_regression.py"])
def test_gate_without_seeds_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    """A profile that has no seed of an experiment is no run, and no verdict."""
    monkeypatch.setattr(studies, "profile_seeds", lambda protocols, **_: {protocol.id: () for protocol in protocols})

    session = run_gates(tmp_path, "-k", EXPERIMENT, f"--baseline={tmp_path / 'baseline'}", file=file)

    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert passed(session) == 0, session.out


@needs_tensorflow
@pytest.mark.parametrize("file", ["test_accuracy.py", "test_claims.py", "test_regression.py", "test_detection.py"])
def test_gate_with_every_case_filtered_out_does_not_pass(tmp_path: Path, file: str) -> None:
    """A session in which no case is left has an exit code of its own, not 0."""
    session = run_session(tmp_path, file, keyword="no-such-case")

    assert session.code == pytest.ExitCode.NO_TESTS_COLLECTED


@needs_tensorflow
def test_gate_of_regression_good_baseline_passes(tmp_path: Path) -> None:
    """With its inputs whole the gate passes: what the other tests see is due to what they break."""
    write_good(tmp_path)
    write_baseline(good_runs(40), folder=tmp_path / "baseline")

    assert run_session(tmp_path, "test_accuracy.py", "--strict-gates").code == 0
    session = run_session(tmp_path, "test_regression.py", "--strict-gates")
    assert session.code == 0
    assert passed(session) == 1, session.out


@needs_tensorflow
@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(None, pytest.ExitCode.OK, id="no baseline"),
        pytest.param("", pytest.ExitCode.OK, id="empty baseline"),
        pytest.param("{}\n", pytest.ExitCode.TESTS_FAILED, id="broken baseline"),
        pytest.param("other", pytest.ExitCode.OK, id="baseline of another experiment"),
        pytest.param("twice", pytest.ExitCode.TESTS_FAILED, id="baseline with a seed twice"),
    ],
)
def test_gate_of_regression_without_a_baseline_does_not_pass(tmp_path: Path, content: str | None, code: int) -> None:
    """Without runs to compare with nothing passes: it is skipped in words, and fails where gates are strict."""
    write_good(tmp_path)
    lines = [format_record(run) for run in good_runs(2)]
    contents = {"other": [line.replace(EXPERIMENT, "tf1-basic") for line in lines], "twice": [lines[0], lines[0]]}
    if content is not None:
        (tmp_path / "baseline").mkdir()
        text = "".join(f"{line}\n" for line in contents[content]) if content in contents else content
        (tmp_path / "baseline" / "runs.jsonl").write_text(text, encoding="utf-8")

    session = run_session(tmp_path, "test_regression.py", "-rs")
    strict = run_session(tmp_path, "test_regression.py", "--strict-gates")

    assert session.code == code
    assert passed(session) == 0, session.out
    assert strict.code == pytest.ExitCode.TESTS_FAILED


@needs_tensorflow
def test_strict_gates_on_the_stand_in_fail(tmp_path: Path) -> None:
    """A session in which every gate is skipped is told from one that passed, where gates are strict."""
    protocol = load_catalogue().protocols[EXPERIMENT]
    runs = [run_today(protocol, seed, name="digits", accuracy=0.9) for seed in range(2)]
    write_store(tmp_path / "local-digits", runs)

    session = run_gates(tmp_path, "-k", EXPERIMENT, "--seeds=0,1", "--strict-gates", name="digits")

    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "Gates: 0 cases passed, 1 were not decided (strict)." in session.out


def _without_trials(errors: dict[str, Any]) -> dict[str, Any]:
    return {**errors, "false_alarms": {"trials": 0, "alarms": 0}}


def _without_detections(errors: dict[str, Any]) -> dict[str, Any]:
    return {**errors, "detections": []}


def _all_not_run(errors: dict[str, Any]) -> dict[str, Any]:
    return {**errors, "detections": [], "not_run": [entry["fault"] for entry in errors["detections"]]}


def _of_other_runs(errors: dict[str, Any]) -> dict[str, Any]:
    return {**errors, "inputs_sha256": "0" * 64}


def _of_newer_schema(errors: dict[str, Any]) -> dict[str, Any]:
    return {**errors, "schema": 3}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the published baseline, in which each test writes what was measured of the gate."""
    return Path(shutil.copytree(PUBLISHED / "baseline", tmp_path_factory.mktemp("published") / "baseline"))


@needs_tensorflow
@pytest.mark.parametrize(
    "change", [_without_trials, _without_detections, _all_not_run, _of_other_runs, _of_newer_schema, None]
)
def test_gate_of_detection_with_broken_errors_does_not_pass(
    tmp_path: Path, baseline: Path, change: Callable[[dict[str, Any]], dict[str, Any]] | None
) -> None:
    """Whatever is wrong with what was measured of the gate, no fault counts as caught."""
    errors = json.loads((PUBLISHED / "baseline" / "errors.json").read_text(encoding="utf-8"))
    file = baseline / "errors.json"
    if change is None:
        file.unlink()
    else:
        file.write_text(json.dumps(change(errors)), encoding="utf-8")
    options = [f"--records={PUBLISHED / 'records'}", f"--baseline={baseline}", "--strict-gates"]

    session = run_gates(tmp_path, *options, file="test_detection.py")

    assert session.code == pytest.ExitCode.TESTS_FAILED
    if change is not _without_trials:  # which says nothing of the faults
        # How often the gate fails by chance is measured apart from them.
        assert passed(session) <= (change in {_without_detections, _all_not_run}), session.out


def test_detection_gate_published_errors_pass(tmp_path: Path) -> None:
    """With what is published the gate passes."""
    options = [f"--records={PUBLISHED / 'records'}", f"--baseline={PUBLISHED / 'baseline'}"]

    assert run_gates(tmp_path, *options, file="test_detection.py").code == 0
