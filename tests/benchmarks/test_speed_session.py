"""The speed gate as a session of pytest, with launches that are made up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from gate_sessions import Session, run_gates
from installed import needs_tensorflow

from mnist_repro.comparison.speed.baseline import SPEED_BASELINE_FILE, add_to_speed_baseline, read_speed_baseline
from mnist_repro.comparison.speed.gate import Launch
from mnist_repro.comparison.speed.trials import SPEED_TRIALS_FILE, SpeedTrials
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import describe_environment
from mnist_repro.studies import revision as revisions

pytestmark = needs_tensorflow
EXPERIMENT = "tf1-basic"


def run_session(folder: Path, *options: str, slower: tuple[float, ...]) -> Session:
    """Run the speed gate of one experiment, with made-up launches: each takes the next number times as long."""
    left = list(slower)

    def measure_launch(protocol: Protocol, **_: object) -> Launch:
        if not left:
            msg = "TensorFlow cannot be loaded"
            raise RuntimeError(msg)
        factor = left.pop(0)
        return make_launch(protocol.id, factor=factor)

    launch = ModuleType("launch")
    launch.measure_launch = measure_launch  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "launch", launch)
        arguments = ["-k", EXPERIMENT, f"--baseline={folder / 'baseline'}", *options]
        return run_gates(folder, *arguments, file="test_speed_regression.py")


def make_launch(experiment: str = EXPERIMENT, *, factor: float = 1.0) -> Launch:
    """Return a launch whose steps take a second, times a factor."""
    steps = tuple(factor * seconds for seconds in (1.0, 1.01, 0.99) * 8)
    return Launch(experiment=experiment, step_seconds=steps, control_seconds=(1.0,) * 24)


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """Return a folder with a baseline of this processor."""
    add_to_speed_baseline(
        tmp_path / "baseline", environment=describe_environment(threads=1), launches=[make_launch()] * 3
    )
    return tmp_path


@pytest.mark.parametrize(
    ("slower", "options", "code", "said"),
    [
        pytest.param((1.0,), (), 0, "not slower: a step takes 1.00 ", id="as quick"),
        pytest.param((1.5, 1.0), (), 0, "inconclusive: a step takes 1.50 ", id="slower once"),
        pytest.param((1.5, 1.5), (), 1, "SLOWER: a step takes 1.50 ", id="slower twice"),
        pytest.param((1.5,), ("--speed-tolerance=1.6",), 0, "1.6 is allowed", id="tolerance of all"),
        pytest.param((1.5,), (f"--speed-tolerance=1.1,{EXPERIMENT}=1.6",), 0, "1.6 is allowed", id="of one"),
        pytest.param((1.5, 1.5), ("--speed-tolerance=julia-mlp-100x100=1.6",), 1, "SLOWER", id="of another"),
        pytest.param((), (), 1, "TensorFlow cannot be loaded", id="nothing measured"),
        pytest.param((1.5,), (), 1, "TensorFlow cannot be loaded", id="second launch not measured"),
        pytest.param((1.0,), ("--speed-tolerance=no-such-net=1.6",), 1, "names no experiment", id="unknown experiment"),
        pytest.param((1.0,), ("--speed-tolerance=fast",), 4, "a ratio of times is a number", id="no tolerance"),
    ],
)
def test_speed_gate_says_what_it_found(
    baseline: Path, slower: tuple[float, ...], options: tuple[str, ...], code: int, said: str
) -> None:
    """Only what is slower twice fails, and what cannot be measured; the line at the end says what was found."""
    session = run_session(baseline, "--strict-gates", *options, slower=slower)

    assert session.code == code, session.out
    assert said in session.out + session.err


def test_speed_gate_says_where_it_was_not_tried(baseline: Path) -> None:
    """Without trials on this kind of processor, the summary says that how often it errs was not measured."""
    here = describe_environment(threads=1)
    untried = f"On {here.processor}, how often the speed gate errs was not measured."
    assert untried in run_session(baseline, slower=(1.0,)).out

    file = baseline / "baseline" / SPEED_TRIALS_FILE
    file.write_text(SpeedTrials(environment=here, trials=()).format(), encoding="utf-8")
    assert untried not in run_session(baseline, slower=(1.0,)).out

    elsewhere = replace(here, processor="another")
    file.write_text(SpeedTrials(environment=elsewhere, trials=()).format(), encoding="utf-8")
    assert untried in run_session(baseline, slower=(1.0,)).out


def test_speed_gate_single_launch_in_the_baseline_is_skipped(baseline: Path) -> None:
    """How much launches differ is unknown: nothing is decided, and the line says what to do."""
    add_to_speed_baseline(baseline / "baseline", environment=describe_environment(threads=1), launches=[make_launch()])

    session = run_session(baseline, "--strict-gates", slower=(3.0,))

    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "1 skipped" in session.out
    assert "Measure another with --new-speed-baseline" in session.out


def test_speed_gate_without_a_baseline_measures_one_of_this_machine(tmp_path: Path) -> None:
    """The first session's launches become a baseline beside this machine's records; the next one is held against them.

    The baseline that is published stays as it is.
    """
    first = run_session(tmp_path, slower=(1.0, 1.0, 1.0))
    entries = read_speed_baseline(tmp_path / "local" / "baseline")
    second = run_session(tmp_path, "--strict-gates", slower=(2.0, 2.0))

    assert first.code == 0
    assert "1 skipped" in first.out
    assert "nothing compared: these 3 launches are the baseline" in first.out
    assert not (tmp_path / "baseline").exists()
    assert [len(entry.launches) for entry in entries.values()] == [3]
    assert second.code == pytest.ExitCode.TESTS_FAILED


def test_speed_gate_without_a_baseline_fails_where_gates_are_strict(tmp_path: Path) -> None:
    """A session that compared nothing is told from one that passed."""
    assert run_session(tmp_path, "--strict-gates", slower=(1.0, 1.0, 1.0)).code == pytest.ExitCode.TESTS_FAILED


def test_speed_gate_published_baseline_goes_before_this_machines(baseline: Path) -> None:
    """Where both have this processor, steps are held against the published launches."""
    add_to_speed_baseline(
        baseline / "local" / "baseline", environment=describe_environment(threads=1), launches=[make_launch(factor=2.0)]
    )

    session = run_session(baseline, "--strict-gates", slower=(2.0, 2.0))

    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "SLOWER: a step takes 2.00 " in session.out


def test_speed_gate_new_baseline_takes_the_place_of_the_old(baseline: Path) -> None:
    """On demand the launches become the baseline, whatever they measured."""
    session = run_session(baseline, "--new-speed-baseline", slower=(2.0, 2.0, 2.0))

    assert "1 skipped" in session.out
    assert run_session(baseline, "--strict-gates", slower=(2.0,)).code == 0


def test_speed_gate_broken_baseline_does_not_pass(baseline: Path) -> None:
    """A broken baseline is an error, and is left as it is."""
    file = baseline / "baseline" / SPEED_BASELINE_FILE
    file.write_text("{}", encoding="utf-8")

    session = run_session(baseline, slower=(1.0,))

    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "cannot be read" in session.out
    assert file.read_text(encoding="utf-8") == "{}"


def test_speed_gate_against_a_revision_needs_no_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Launches of the revision and of today take turns; the line names the revision, and no file is written."""
    trees = []

    @contextmanager
    def check_out(revision: str, *, tree: Path) -> Iterator[Path]:
        assert revision == "v1"
        trees.append(tree)
        yield tree

    hashes = {EXPERIMENT: load_catalogue().protocols[EXPERIMENT].sha256}
    monkeypatch.setattr(revisions, "check_out", check_out)
    monkeypatch.setattr(revisions, "read_protocol_hashes", lambda tree: hashes if tree in trees else {})
    options = "--strict-gates", "--against=v1"

    slower = run_session(tmp_path, *options, slower=(1.0, 1.5) * 3)
    as_quick = run_session(tmp_path, *options, slower=(2.0, 2.0) * 3)
    hashes[EXPERIMENT] = "0" * 64
    other = run_session(tmp_path, *options, slower=())

    assert (slower.code, as_quick.code, other.code) == (1, 0, 1)
    assert "SLOWER: a step takes 1.50 times as long; 1.15 is allowed (beside v1)" in slower.out
    assert "not slower: a step takes 1.00 times as long" in as_quick.out
    assert (
        "nothing compared: the revision does not have this experiment, or with another protocol (beside v1)"
        in other.out
    )
    assert not list(tmp_path.rglob(SPEED_BASELINE_FILE))
