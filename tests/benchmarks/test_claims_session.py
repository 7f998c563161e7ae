"""The cases of claims pass, fail and are skipped when they should, and say why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gate_sessions import EXPERIMENTS, GOOD, SINGLE, Session, run_gates, run_today
from installed import needs_tensorflow
from made_up_runs import write_store
from small_documents import TINY, copy_tiny

from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.exports.junit import describe_finding
from mnist_repro.verdicts.environment import summarize_environment

pytestmark = needs_tensorflow


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session of the cases of claims, on three runs of each experiment that get half of all images right."""
    folder = tmp_path_factory.mktemp("claims")
    protocols = load_atlas().usual.protocols.values()
    runs = [run_today(protocol, seed, name="mnist", accuracy=0.5) for protocol in protocols for seed in range(3)]
    write_store(folder / "local", runs)
    return run_gates(folder, "--seeds=0-2", "-rA", file="test_claims.py")


def test_claims_have_a_case_for_all_that_is_reported(claims: Session) -> None:
    """Each curve or number, each comparison and each statement has one case, and one outcome."""
    documents = load_atlas().usual.documents.values()
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
    ],
)
def test_claims_outcome_is_that_of_the_verdict(claims: Session, family: str, expected: str) -> None:
    """What is contradicted or not comparable passes, what is not reproduced fails."""
    assert claims.outcome_of(family) == expected


def test_claims_too_few_runs_are_skipped_with_the_number_that_would_decide(claims: Session) -> None:
    """Curves, values, promises and comparisons of three runs are skipped, and it is said how many it takes."""
    assert "inconclusive: too few runs: 3 of at least 19; 59 can always refute it" in claims.out
    assert "inconclusive: 3 runs of each cannot tell; it takes 19" in claims.out
    assert "inconclusive: kept by 0 of our 3 runs; it takes 19 to decide" in claims.out


def test_claims_session_ends_with_a_table_of_verdicts(claims: Session) -> None:
    """A row for each run, then one for each curve or number, below its experiment or document; a count ends it."""
    table = claims.out.partition(" verdicts =")[2].partition("\n=====")[0].splitlines()
    rows = [re.split(r"  +", line.strip()) for line in table]
    assert rows[1] == ["document", "run", "verdict", "within", "tells apart", "p", "n"]
    assert [row[1] for row in rows[2 : 2 + len(EXPERIMENTS)]] == list(EXPERIMENTS)
    rows = rows[rows.index(["experiment, claim", "document", "our mean", "one run, 95 %", "runs", "verdict"]) :]
    claimed = [claim for document in load_atlas().usual.documents.values() for claim in document.claims]

    assert {row[0] for row in rows if len(row) == 1} >= {*EXPERIMENTS, "julia-blog"}
    assert sum(len(row) > 1 for row in rows[1:-2]) == len({claim.family for claim in claimed})
    assert ["test accuracy", "88.99 %", "50.00 %"] in [row[:3] for row in rows]
    (label,) = (row for row in rows if row[0] == "* label")
    assert label == ["* label", "7", "not reproduced"]
    assert table[-1].startswith(f"Verdicts: Of {len(EXPERIMENTS)} reported runs ")
    assert "6 are inconclusive" in table[-1]
    beside = table[-1].partition("Beside them, of ")[2]
    assert sum(map(int, re.findall(r" (\d+) ", beside))) == int(beside.partition(" ")[0])
    assert "\x1b" not in claims.out


def test_claims_session_on_a_terminal_has_colours_and_only_its_own_rows(
    protocols: dict[str, Protocol], tmp_path: Path
) -> None:
    """Where pytest shows colours the table has them; claims without a case in this session have no row."""
    runs = [run_today(protocols[GOOD], seed, name="mnist", accuracy=0.83) for seed in range(60)]
    write_store(tmp_path / "local", runs)

    session = run_gates(
        tmp_path, "-k", f"{GOOD}.validation-accuracy", "--seeds=0-59", "--color=yes", file="test_claims.py"
    )

    table = session.out.partition("verdicts")[2]
    assert "\x1b[31mnot reproduced (p = " in table
    assert "Verdicts: Of 1 reported run none reproduces; 1 is not reproduced." in table
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
        "runs_needed": "59",
        "run": "tf1-basic",
    }
    assert claims.properties["tf1-basic.total-seconds"]["verdict"] == "not comparable"


def test_claims_junit_ranked_case_has_its_p_value(protocols: dict[str, Protocol], tmp_path: Path) -> None:
    """Of sixty runs of an experiment the JUnit file has the exact p-value and the adjusted one."""
    write_store(
        tmp_path / "local", [run_today(protocols[GOOD], seed, name="mnist", accuracy=0.83) for seed in range(60)]
    )

    session = run_gates(tmp_path, "-k", f"{GOOD}.validation-accuracy", "--seeds=0-59", file="test_claims.py")

    properties = session.properties[f"{GOOD}.validation-accuracy"]
    assert (properties["claim"], properties["n"]) == (f"{GOOD}.validation-accuracy", "60")
    # It lies among ours, and the losses that its run printed do not.
    assert properties["verdict"] == "not reproduced"
    assert 1 / 61 - 1e-6 <= float(properties["p"]) <= float(properties["adjusted_p"]) <= 1


def test_claims_added_document_has_its_cases(tmp_path: Path) -> None:
    """A document that --document names is asserted like the others: one wrong number fails all that its run shows."""
    with add_document_folders([TINY]):
        protocol = load_atlas().usual.protocols["tiny-linear"]
    write_store(tmp_path / "local", [run_today(protocol, seed, name="mnist", accuracy=0.7) for seed in range(39)])

    session = run_gates(
        tmp_path, f"--document={TINY}", "-k", "tiny-linear", "--seeds=0-38", "-rA", file="test_claims.py"
    )

    assert session.outcome_of("tiny-linear.held-out-accuracy") == "FAILED"
    assert session.outcome_of("tiny-linear.held-out-loss") == "FAILED"
    (counted,) = re.findall(r"collected (\d+) items / (\d+) deselected", session.out)
    assert int(counted[0]) - int(counted[1]) == len(("held-out-accuracy", "held-out-loss"))


@pytest.mark.parametrize("seeds", ["0-18", "0-19", "0-58"])
def test_claims_verdict_is_that_of_all_recorded_runs(
    protocols: dict[str, Protocol], tmp_path: Path, seeds: str
) -> None:
    """Whatever a session selects, and however few seeds, the verdict is that of all runs in the records."""
    runs = [run_today(protocols[name], seed, name="mnist", accuracy=0.83) for name in protocols for seed in range(59)]
    write_store(tmp_path / "local", runs)

    session = run_gates(tmp_path, "-k", f"{GOOD}.validation-accuracy", f"--seeds={seeds}", "-rA", file="test_claims.py")

    result = summarize_environment(
        RecordStore(tmp_path / "local"),
        documents=load_atlas().front.documents,
        protocols=protocols,
        alternatives=(),
        labels={},
    )
    (expected,) = (each for each in result.findings if each.family == f"{GOOD}.validation-accuracy")
    described = {name: str(value) for name, value in describe_finding(expected).items()}
    assert described.items() <= session.properties[expected.family].items()
    assert (described["verdict"], described["n"]) == ("not reproduced", "59")
    assert session.outcome_of(expected.family) == "FAILED"


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
