"""The accuracy gates and the cases of claims, seen from outside: they pass, fail and are skipped when they should.

Each test session is a process of its own, started in the checkout. Its store has every run that it needs: none trains.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from made_up_runs import make_run, make_unfinished, write_store
from tiny_documents import TINY, copy_tiny

from mnist_repro.claims import load_documents
from mnist_repro.datasets import Dataset
from mnist_repro.document_folders import add_document_folders
from mnist_repro.environment import describe_environment, training_code_sha256
from mnist_repro.protocols import Protocol, load_protocols
from mnist_repro.records import RecordStore, RunRecord

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="a run's conditions name the version of TensorFlow"
)

TESTS = Path(__file__).parent
EXPERIMENTS = tuple(load_protocols())
GOOD, LOW, DIVERGED, SINGLE = "julia-linear-lr0.02", "julia-linear-lr0.003", "julia-mlp-100x100", "tf1-basic"

# A session with this plugin has blank images, which are called what its name says.
PLUGIN = """
from test_benchmarks import blank_images
from mnist_repro import datasets

datasets.load_dataset = lambda *_, **__: blank_images({name!r})
"""


class Session(NamedTuple):
    """How a test session ended, and the properties of its cases, by their ids, as its JUnit file has them."""

    code: int
    out: str
    err: str
    properties: dict[str, dict[str, str]]

    def outcome_of(self, experiment: str) -> str:
        """Return what was said of an experiment's gate in the summary of all tests."""
        (said,) = re.findall(rf"^([A-Z]+) .*\[{re.escape(experiment)}\]", self.out, flags=re.MULTILINE)
        return str(said)

    def line_of(self, experiment: str) -> str:
        """Return an experiment's line in the summary of the gates."""
        summary = self.out.partition("accuracy gates =")[2].partition("\n=====")[0]
        (line,) = (line for line in summary.splitlines() if line.startswith(f"{experiment}: "))
        return line


def blank_images(name: Literal["mnist", "digits"]) -> Dataset:
    """Return a hundred blank images of each kind under the name of a dataset."""
    images, labels = np.zeros((100, 784), dtype=np.uint8), np.zeros(100, dtype=np.uint8)
    return Dataset(
        name=name,
        train_images=images,
        train_labels=labels,
        test_images=images.copy(),
        test_labels=labels.copy(),
        source="made up for the tests",
    )


def run_today(protocol: Protocol, seed: int, *, name: Literal["mnist", "digits"], accuracy: float) -> RunRecord:
    """Return a run under the conditions that a session's own runs would have."""
    return make_run(
        protocol,
        seed=seed,
        environment=describe_environment(threads=1),
        accuracy=accuracy,
        dataset=name,
        dataset_sha256=blank_images(name).sha256,
        training_sha256=training_code_sha256(),
    )


def run_gates(
    folder: Path, *arguments: str, name: Literal["mnist", "digits"] = "mnist", file: str = "test_accuracy.py"
) -> Session:
    """Run the accuracy gates, or another file of benchmarks, on the records in a folder."""
    (folder / "blank_images_plugin.py").write_text(PLUGIN.format(name=name), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"benchmarks/{file}", "-p", "blank_images_plugin"]
    junit = folder / "junit.xml"
    options = ["-p", "no:cacheprovider", "--color=no", f"--records={folder}", f"--basetemp={folder / 'temporary'}"]
    options.append(f"--junitxml={junit}")
    ended = subprocess.run(  # noqa: S603 - our own program
        [*command, *options, *arguments],
        cwd=TESTS.parent,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (TESTS.parent, TESTS, folder))),
            "COLUMNS": "200",
            "PYTEST_ADDOPTS": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Session(ended.returncode, ended.stdout, ended.stderr, read_properties(junit))


def read_properties(junit: Path) -> dict[str, dict[str, str]]:
    """Return the properties of each case in a JUnit file, by the case's id; empty where there is no file."""
    if not junit.is_file():
        return {}
    cases = ET.parse(junit).iter("testcase")  # noqa: S314 - written by the session
    return {
        str(case.get("name")).partition("[")[2].rstrip("]"): {
            str(entry.get("name")): str(entry.get("value")) for entry in case.iter("property")
        }
        for case in cases
    }


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session in which one experiment is below its threshold, one has a diverged run, and one a single run."""
    folder = tmp_path_factory.mktemp("mixed")
    runs = []
    for protocol in load_protocols().values():
        accuracy = protocol.gate.minimum + (-0.001 if protocol.id == LOW else 0.01)
        made = [run_today(protocol, seed, name="mnist", accuracy=accuracy) for seed in range(3)]
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
    """All six experiments are one study, which says that it trains nothing."""
    assert "Runs: 18 planned, 18 in the records, 0 to train." in mixed.out


@pytest.mark.parametrize("name", [GOOD, LOW], ids=["passed", "failed"])
def test_gates_summary_says_what_was_measured(mixed: Session, name: str) -> None:
    """Mean, spread, number of seeds, threshold and the risk of failing by chance are said, also where a gate passed."""
    gate = load_protocols()[name].gate
    mean = gate.minimum + (0.01 if name == GOOD else -0.001)

    line = mixed.line_of(name)

    assert line.startswith(
        f"{name}: {gate.evaluation_set} accuracy {mean:.4f}, spread 0.0050 over 3 seeds; threshold {gate.minimum}, "
        "fails by chance with probability "
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
    gate = load_protocols()[name].gate
    assert properties == {
        "experiment": name,
        "claim": f"{name}.validation-accuracy",
        "verdict": verdict,
        "n": "3",
        "mean": f"{gate.minimum + (0.01 if name == GOOD else -0.001):.6g}",
        "threshold": str(gate.minimum),
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
    assert f"thresholds are for MNIST, and this is the stand-in: {GOOD}: validation accuracy 0.1975, " in session.out
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


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session of the cases of claims, on three runs of each experiment that get half of all images right."""
    folder = tmp_path_factory.mktemp("claims")
    protocols = load_protocols().values()
    runs = [run_today(protocol, seed, name="mnist", accuracy=0.5) for protocol in protocols for seed in range(3)]
    write_store(folder / "local", runs)
    return run_gates(folder, "--seeds=0-2", "-rA", file="test_claims.py")


def test_claims_have_a_case_for_all_that_is_reported(claims: Session) -> None:
    """Each curve or number, each comparison and each statement has one case, and one outcome."""
    documents = load_documents().values()
    reported = {claim.family for document in documents for claim in document.claims}
    reported |= {comparison.id for document in documents for comparison in document.comparisons}
    reported |= {statement.id for document in documents for statement in document.statements}

    assert f"collected {len(reported)} items" in claims.out


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        pytest.param("tf1-notebook.batch-size-comment", "PASSED", id="statement that the code contradicts"),
        pytest.param("tf1-basic.total-seconds", "PASSED", id="time"),
        # The blank images are all labelled 0.
        pytest.param("julia-example-72.label", "FAILED", id="label of other images"),
        pytest.param("julia-linear-lr0.003.accuracy-promise", "FAILED", id="promise that is not kept"),
    ],
)
def test_claims_outcome_is_that_of_the_verdict(claims: Session, family: str, expected: str) -> None:
    """What is contradicted or not comparable passes, what is not reproduced fails."""
    assert claims.outcome_of(family) == expected


def test_claims_too_few_runs_are_skipped_with_the_number_that_would_decide(claims: Session) -> None:
    """Curves, figures and comparisons of three runs are skipped, and it is said how many it takes."""
    assert "inconclusive: 3 runs cannot tell; it takes 19, and 239 decide in any case" in claims.out
    assert "inconclusive: 3 runs of each cannot tell; it takes 19" in claims.out


def test_claims_session_ends_with_a_table_of_verdicts(claims: Session) -> None:
    """A plain row for each curve or number that had a case, below its experiment or document, and a count of all."""
    table = claims.out.partition(" verdicts =")[2].partition("\n=====")[0].splitlines()
    rows = [re.split(r"  +", line.strip()) for line in table]
    claimed = [claim for document in load_documents().values() for claim in document.claims]

    assert rows[1] == ["experiment, claim", "document", "our mean", "one run, 95 %", "runs", "verdict"]
    assert {row[0] for row in rows if len(row) == 1} >= {*EXPERIMENTS, "julia-blog"}
    assert sum(len(row) > 1 for row in rows[2:-1]) == len({claim.family for claim in claimed})
    assert ["test accuracy", "88.99 %", "50.00 %"] in [row[:3] for row in rows]
    (label,) = (row for row in rows if row[0] == "label")
    assert label == ["label", "7.0", "not reproduced"]
    assert re.fullmatch(
        r"Verdicts: 0 of 11 claims that can be judged reproduce \(a curve counts as one\); .*6 not comparable\.",
        table[-1],
    )
    assert sum(int(count) for count in re.findall(r"(\d+) (?:not|inconclusive|contradicted)", table[-1])) == 40
    assert "\x1b" not in claims.out


def test_claims_session_on_a_terminal_has_colours_and_only_its_own_rows(
    protocols: dict[str, Protocol], tmp_path: Path
) -> None:
    """Where pytest shows colours the table has them; claims without a case in this session have no row."""
    runs = [run_today(protocols[GOOD], seed, name="mnist", accuracy=0.83) for seed in range(20)]
    write_store(tmp_path / "local", runs)

    session = run_gates(
        tmp_path, "-k", f"{GOOD}.validation-accuracy", "--seeds=0-19", "--color=yes", file="test_claims.py"
    )

    table = session.out.partition("verdicts")[2]
    assert "\x1b[32mreproduced (p = " in table
    assert "Verdicts: 1 of 1 claims that can be judged reproduce (a curve counts as one)." in table
    assert "tf1-basic" not in table


@pytest.mark.parametrize("arguments", [("-q",), ("-qq",)], ids=" ".join)
def test_claims_quiet_session_has_no_table(
    protocols: dict[str, Protocol], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Where -q asks for little, there is no table of verdicts."""
    write_store(tmp_path / "local", [run_today(protocols[SINGLE], 5, name="mnist", accuracy=0.95)])

    session = run_gates(tmp_path, *arguments, "-k", f"{SINGLE}.test", "--seeds=5", file="test_claims.py")

    assert session.code == 0
    assert " verdicts =" not in session.out
    assert "Verdicts:" not in session.out


def test_claims_junit_cases_have_claim_verdict_p_and_runs(claims: Session) -> None:
    """Each case of the JUnit file has its claim, its verdict and its runs; what is not known is not there."""
    assert all(properties["claim"] == case for case, properties in claims.properties.items())
    assert claims.properties["tf1-basic.test-accuracy"] == {
        "claim": "tf1-basic.test-accuracy",
        "verdict": "inconclusive",
        "n": "3",
        "runs_needed": "239",
    }
    assert claims.properties["tf1-basic.total-seconds"]["verdict"] == "not comparable"


def test_claims_junit_ranked_case_has_its_p_value(protocols: dict[str, Protocol], tmp_path: Path) -> None:
    """Of twenty runs of an experiment the JUnit file has the exact p-value and the adjusted one."""
    write_store(
        tmp_path / "local", [run_today(protocols[GOOD], seed, name="mnist", accuracy=0.83) for seed in range(20)]
    )

    session = run_gates(tmp_path, "-k", f"{GOOD}.validation-accuracy", "--seeds=0-19", file="test_claims.py")

    properties = session.properties[f"{GOOD}.validation-accuracy"]
    assert (properties["claim"], properties["n"]) == (f"{GOOD}.validation-accuracy", "20")
    assert properties["verdict"] == "reproduced"
    assert 1 / 21 - 1e-6 <= float(properties["p"]) <= float(properties["adjusted_p"]) <= 1


def test_claims_added_document_has_its_cases(
    tmp_path: Path,
) -> None:
    """A document that --document names is asserted like the others: its true number passes, and its wrong one fails."""
    with add_document_folders([TINY]):
        protocol = load_protocols()["tiny-linear"]
    write_store(tmp_path / "local", [run_today(protocol, seed, name="mnist", accuracy=0.7) for seed in range(39)])

    session = run_gates(
        tmp_path, f"--document={TINY}", "-k", "tiny-linear", "--seeds=0-38", "-rA", file="test_claims.py"
    )

    assert session.outcome_of("tiny-linear.held-out-accuracy") == "PASSED"
    assert session.outcome_of("tiny-linear.held-out-loss") == "FAILED"
    assert "collected 42 items / 40 deselected" in session.out


@pytest.mark.parametrize("broken", [False, True], ids=["no folder", "broken experiments"])
def test_gates_document_that_cannot_be_added_is_a_usage_error(tmp_path: Path, *, broken: bool) -> None:
    """Pytest says in one line what is wrong with the folder, and no case is run."""
    folder = tmp_path / "added"
    if broken:
        copy_tiny(folder)
        (folder / "experiments.py").write_text("1 / 0\n", encoding="utf-8")

    session = run_gates(tmp_path, f"--document={folder}")

    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err.startswith("ERROR: ")
    assert session.err.count("\n") == 1 + session.err.endswith("\n\n")
    assert ("ZeroDivisionError" if broken else "where there is nothing") in session.err


def test_claims_stand_in_is_skipped(protocols: dict[str, Protocol], tmp_path: Path) -> None:
    """On the stand-in no case passes or fails, that of the label included."""
    runs = [run_today(protocols[GOOD], seed, name="digits", accuracy=0.9) for seed in range(2)]
    write_store(tmp_path / "local-digits", runs)

    session = run_gates(
        tmp_path, "-k", "julia-linear-lr0.02 or label", "--seeds=0,1", name="digits", file="test_claims.py"
    )

    assert session.code == 0
    assert "3 skipped" in session.out
    assert "passed" not in session.out
