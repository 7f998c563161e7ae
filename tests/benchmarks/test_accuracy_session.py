"""The accuracy gates pass, fail and are skipped when they should."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest
from gate_sessions import DIVERGED, EXPERIMENTS, GOOD, LOW, SINGLE, Session, run_gates, run_today
from installed import needs_tensorflow
from made_up_runs import make_unfinished, write_store

from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore

pytestmark = needs_tensorflow


def make_three(protocol: Protocol) -> list[RunRecord]:
    """Return an experiment's runs, which reach a tenth of a point less than its threshold, or one point more."""
    accuracy = protocol.gate.minimum + (-0.001 if protocol.id == LOW else 0.01)
    return [run_today(protocol, seed, name="mnist", accuracy=accuracy) for seed in range(3)]


def find_mean(protocol: Protocol) -> float:
    """Return what the runs of an experiment reach on average."""
    return mean(run.final_accuracy[protocol.gate.evaluation_set] for run in make_three(protocol))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session in which one experiment is below its threshold, one has a diverged run, and one a single run."""
    folder = tmp_path_factory.mktemp("mixed")
    runs = []
    for protocol in load_atlas().usual.protocols.values():
        made = make_three(protocol)
        if protocol.id == DIVERGED:
            made[2] = make_unfinished(made[2], reason="the loss was not finite")
        runs += made
    store = write_store(folder / "local", runs)
    session = run_gates(folder, "--seeds=0-2", "-rA")
    assert store.read() == runs, "a session with all its runs makes none"
    return session


def test_gates_good_records_pass(mixed: Session) -> None:
    """Experiments whose mean is above the threshold pass."""
    good = set(EXPERIMENTS) - {LOW, DIVERGED}

    assert {name: mixed.outcome_of(name) for name in good} == dict.fromkeys(good, "PASSED")


def test_gates_mean_below_threshold_fails(mixed: Session) -> None:
    """A tenth of a point below the threshold is a failure, of the gate and of the session."""
    assert mixed.outcome_of(LOW) == "FAILED"
    assert mixed.code == 1


def test_gates_diverged_run_fails(mixed: Session) -> None:
    """A run that diverged fails its gate by name, however good the others are: it is not left out, and not skipped."""
    assert mixed.outcome_of(DIVERGED) == "FAILED"
    assert "seed 2: diverged: the loss was not finite" in mixed.out


def test_gates_records_are_reused(mixed: Session) -> None:
    """All experiments are one study, which says that it trains nothing."""
    assert f"Runs: {3 * len(EXPERIMENTS)} planned, {3 * len(EXPERIMENTS)} in the records, 0 to train." in mixed.out


@pytest.mark.parametrize("name", [GOOD, LOW], ids=["passed", "failed"])
def test_gates_summary_says_what_was_measured(mixed: Session, name: str) -> None:
    """Mean, spread, number of seeds, threshold and the risk of failing by chance are said, also where a gate passed."""
    protocol = load_atlas().usual.protocols[name]
    gate = protocol.gate

    line = mixed.line_of(name)

    assert line.startswith(
        f"{name}: {gate.evaluation_set} accuracy {find_mean(protocol):.4f}, spread 0.0050 over 3 seeds; "
        f"threshold {gate.minimum}, fails by chance with probability "
    )
    assert 0 <= float(line.partition("probability ")[2].split()[0]) <= 1


def test_gates_summary_has_no_line_of_what_was_not_measured(mixed: Session) -> None:
    """Of an experiment with a diverged run there is no mean, and none is shown."""
    assert f"{DIVERGED}: " not in mixed.out.partition("accuracy gates =")[2].partition("\n=====")[0]


@pytest.mark.parametrize(
    ("name", "verdict"), [(GOOD, "reached"), (LOW, "below the threshold")], ids=["passed", "failed"]
)
def test_gates_junit_cases_have_claim_verdict_and_runs(mixed: Session, name: str, verdict: str) -> None:
    """The JUnit file names the claim behind each gate, what came out, over how many runs, and the risk."""
    properties = mixed.properties[name]

    assert float(properties.pop("chance_of_failing")) >= 0
    assert properties.pop("accuracy gate") == mixed.line_of(name)
    protocol = load_atlas().usual.protocols[name]
    assert properties == {
        "experiment": name,
        "claim": f"{name}.validation-accuracy",
        "verdict": verdict,
        "n": "3",
        "mean": f"{find_mean(protocol):.6g}",
        "threshold": str(protocol.gate.minimum),
    }


def test_gates_quiet_session_has_no_summary(protocols: dict[str, Protocol], tmp_path: Path) -> None:
    """Where -q asks for little, a session that passes says little; a single run is enough for a mean."""
    protocol = protocols[SINGLE]
    write_store(tmp_path / "here", [run_today(protocol, 5, name="mnist", accuracy=0.95)])

    session = run_gates(tmp_path, "-q", "-k", SINGLE, "--seeds=5", "--environment=here")

    assert (session.code, session.err) == (0, "")
    assert "1 passed" in session.out
    assert "accuracy gates" not in session.out
    assert "in the records" not in session.out


def test_gates_stand_in_is_skipped_with_its_numbers(protocols: dict[str, Protocol], tmp_path: Path) -> None:
    """On the stand-in nothing is asserted, neither passed nor failed, and the reason has what was measured."""
    runs = [run_today(protocols[GOOD], seed, name="digits", accuracy=0.2) for seed in range(2)]
    write_store(tmp_path / "local-digits", runs)

    session = run_gates(tmp_path, "-k", GOOD, "--seeds=0,1", name="digits")

    assert session.code == 0
    assert "1 skipped" in session.out
    assert "passed" not in session.out
    assert f"thresholds are for MNIST, and this is the stand-in: {GOOD}: validation accuracy 0.1974, " in session.out
    assert "over 2 seeds" in session.line_of(GOOD)
    properties = session.properties[GOOD]
    assert (properties["verdict"], properties["n"]) == ("not judged", "2")
    assert "mean" not in properties


def test_gates_bad_option_is_a_usage_error(tmp_path: Path) -> None:
    """Pytest says in one line what was received and what would be right, and nothing is recorded."""
    session = run_gates(tmp_path, "--seeds=x")

    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err.strip() == (
        "ERROR: seeds are whole numbers and ranges that go up, such as 0-3 or 0,2,5; received 'x'"
    )
    assert not RecordStore(tmp_path / "local").folder.exists()
