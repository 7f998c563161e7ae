"""The command line: what each verb prints and returns, and one clear line for whatever cannot be done."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from made_up_runs import make_run, make_unfinished, write_store

from mnist_repro import environment as environments, training_verbs, worker
from mnist_repro.claims import load_documents
from mnist_repro.cli import main
from mnist_repro.datasets import Dataset, load_dataset
from mnist_repro.environment import Environment, describe_environment, training_code_sha256
from mnist_repro.options import parse_environment, parse_seeds, parse_workers
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.reporting.terminal import STAND_IN_WARNING
from mnist_repro.study import PROFILES

ROOT = Path(__file__).parent.parent
REAL_FOLDER = os.environ.get("MNIST_REPRO_DATA")
needs_mnist = pytest.mark.skipif(not REAL_FOLDER, reason="MNIST_REPRO_DATA does not name a folder with MNIST")
# Importing it takes seconds, and a study that reuses all its runs never does.
needs_tensorflow = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")

# The document's shortest experiment: 100 steps.
EXPERIMENT = "julia-linear-lr0.02"

STUDY_OPTIONS = {"--profile", "--seeds", "--workers", "--records", "--environment"}
DATA_OPTIONS = {"--data", "--dataset"}
WHERE = {"--workers", "--records", "--environment"}
DOCUMENT = {"--document"}
OPTIONS = {
    "list": DOCUMENT,
    "data": DATA_OPTIONS,
    "plan": WHERE | {"--profile"} | DOCUMENT,
    "run": STUDY_OPTIONS | DATA_OPTIONS | {"--keep-models", "--timing", "--cluster"} | DOCUMENT,
    "explain": WHERE | DATA_OPTIONS | {"--seeds"} | DOCUMENT,
    "faults": WHERE | DATA_OPTIONS,
    "confirm": {"--records", "--environment", "--dataset", "--data"} | DOCUMENT,
    "verdicts": {"--records", "--environment", "--format"} | DOCUMENT,
    "baseline": {"--records", "--environment", "--baseline"} | DOCUMENT,
    "compare": {"--records", "--format", "--speed"} | DOCUMENT,
    "report": {"--records", "--baseline", "--matrix", "--output", "--readme", "--check"} | DOCUMENT,
    "export": set(),
    "export benchmark-json": {"--records", "--environment", "--output"} | DOCUMENT,
    "export mlflow": {"--uri", "--records", "--environment"} | DOCUMENT,
}

IMAGES_HEADER = bytes.fromhex("00000803 0000ea60 0000001c 0000001c")
IMAGES_BYTES = len(IMAGES_HEADER) + 60_000 * 28 * 28
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Return a function that calls the command line in an empty folder, where its output is no terminal."""
    for variable in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)

    def call_main(*arguments: object) -> Ended:
        try:
            code: Any = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return Ended(code, *capsys.readouterr())

    return call_main


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """Return the stand-in."""
    return load_dataset("digits")


@pytest.fixture
def make_today(digits: Dataset, protocols: dict[str, Protocol]) -> Callable[..., RunRecord]:
    """Return a function that makes a run on the stand-in under the conditions that a study would have now."""

    def make(seed: int, **changes: Any) -> RunRecord:
        conditions = {
            "dataset": digits.name,
            "dataset_sha256": digits.sha256,
            "training_sha256": training_code_sha256(),
            "environment": describe_environment(threads=1),
        }
        return make_run(protocols[EXPERIMENT], seed=seed, **{**conditions, **changes})

    return make


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder that hold anything, with their content."""
    return {str(f): f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.stat().st_size}


def assert_one_line(ended: Ended, *parts: str, code: int = 2) -> None:
    """See that a command ended with one line on stderr that says all of `parts`, and nothing like a traceback."""
    assert ended.code == code
    assert ended.err.endswith("\n")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    for part in parts:
        assert part in ended.err


@pytest.mark.parametrize("verb", OPTIONS)
def test_help_of_verb_is_complete(call: Call, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Each option of a verb has a line of help that says something."""
    monkeypatch.setenv("COLUMNS", "200")

    ended = call(*verb.split(), "--help")

    assert (ended.code, ended.err) == (0, "")
    described = re.findall(r"^  (?:-h, )?(--[a-z-]+)(?: [A-Z{][^ ]*)? {2,}\w.+$", ended.out, flags=re.MULTILINE)
    assert set(described) == OPTIONS[verb] | {"--help"}


def test_help_names_every_verb(call: Call) -> None:
    """The first help names all verbs with what they do, and no two in one line."""
    ended = call("--help")

    assert (ended.code, ended.err) == (0, "")
    assert re.findall(r"^    (\w+) {2,}\w.+$", ended.out, flags=re.MULTILINE) == [
        verb for verb in OPTIONS if " " not in verb
    ]


def test_list_names_documents_and_experiments(call: Call, protocols: dict[str, Protocol]) -> None:
    """Every document with its number of claims, and every experiment with its seeds and its threshold."""
    ended = call("list")

    assert (ended.code, ended.err) == (0, "")
    for document in load_documents().values():
        assert f"{document.id}: {document.title}; {len(document.claims)} claims" in ended.out
    for protocol in protocols.values():
        (row,) = (line for line in ended.out.splitlines() if line.startswith(f"{protocol.id} "))
        for number in (*(protocol.seeds[profile] for profile in PROFILES), protocol.training.steps):
            assert f" {number} " in row
        assert f"{protocol.gate.evaluation_set} >= {protocol.gate.minimum}" in row


def test_module_lists(tmp_path: Path) -> None:
    """`python -m mnist_repro` is the same command."""
    ended = run_module("list", folder=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert EXPERIMENT in ended.out


def run_module(*arguments: str, folder: Path) -> Ended:
    """Run `python -m mnist_repro` in a folder."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "mnist_repro", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@needs_mnist
def test_data_mnist_says_where_it_is(call: Call) -> None:
    """MNIST is named with its folder, and no word is said of a stand-in."""
    ended = call("data", "--dataset", "mnist", "--data", REAL_FOLDER)

    assert ended == (0, f"Images: mnist, {REAL_FOLDER}\n", "")


def test_data_stand_in_says_so(call: Call) -> None:
    """The stand-in is named, with the warning that it says nothing about any number."""
    ended = call("data", "--dataset", "digits")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Images: digits, ")
    assert STAND_IN_WARNING in ended.out


@needs_mnist
@needs_tensorflow
def test_run_on_mnist_trains_records_and_judges(call: Call, tmp_path: Path) -> None:
    """Two seeds are trained, the table of claims is printed, and the same command again reuses them."""
    arguments = ("run", EXPERIMENT, "--seeds", "0-1", "--workers", 1, "--records", "here", "--data", REAL_FOLDER)

    first, second = call(*arguments), call(*arguments)

    assert (first.code, first.err) == (0, "")
    assert "Runs: 2 planned, 0 in the records, 2 to train." in first.out
    assert "2 of 2 runs, " in first.out
    assert "2 runs planned: 2 trained, 0 reused, 0 of them not completed." in first.out
    assert "Records: here/local/runs.jsonl" in first.out.replace(os.sep, "/")
    (row,) = (line for line in first.out.splitlines() if "  validation accuracy  " in line)
    assert re.search(r" 83\.36 % .* 2 +inconclusive \((inside|outside)\)\s*$", row)
    assert (second.code, second.err) == (0, "")
    assert "Runs: 2 planned, 2 in the records, 0 to train." in second.out
    assert "2 runs planned: 0 trained, 2 reused, 0 of them not completed." in second.out
    assert row in second.out.splitlines()
    assert [record.seed for record in RecordStore(tmp_path / "here" / "local").read()] == [0, 1]


@needs_tensorflow
def test_run_on_stand_in_says_so_and_judges_nothing(call: Call, tmp_path: Path) -> None:
    """The whole path goes through, with the warning before the training and before the table."""
    ended = call("run", EXPERIMENT, "--seeds", "0,1", "--workers", 1, "--dataset", "digits", "--environment", "try")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count(STAND_IN_WARNING) == 2
    assert "2 runs planned: 2 trained, 0 reused, 0 of them not completed." in ended.out
    assert not re.search(r"\b(inside|outside|equal|different|reproduced|inconclusive)\b", ended.out)
    records = RecordStore(tmp_path / "reports" / "records" / "try-digits").read()
    assert {(record.dataset, record.status) for record in records} == {("digits", "completed")}


@needs_tensorflow
def test_run_reused_runs_are_those_of_the_table(
    call: Call, make_today: Callable[..., RunRecord], tmp_path: Path
) -> None:
    """Where the store's newest records are of other images, the table still is about the runs that were asked for."""
    wanted = [make_today(seed) for seed in range(2)]
    others = [make_today(seed, dataset="mnist", dataset_sha256="c" * 64, accuracy=0.5) for seed in range(3)]
    write_store(tmp_path / "here" / "local-digits", [*wanted, *others])

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (0, "")
    (row,) = (line for line in ended.out.splitlines() if "  validation accuracy  " in line)
    assert re.search(r" 89\.75 % .* 2 +not run\s*$", row)
    assert ended.out.count(STAND_IN_WARNING) == 2


@needs_tensorflow
def test_run_paths_that_look_like_markup_are_printed_as_they_are(
    call: Call, make_today: Callable[..., RunRecord], tmp_path: Path
) -> None:
    """A folder may be called whatever its owner likes."""
    write_store(tmp_path / "[b] :boom:" / "local-digits", [make_today(0)])

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits", "--records", "[b] :boom:")

    assert (ended.code, ended.err) == (0, "")
    assert f"Records: {Path('[b] :boom:') / 'local-digits' / 'runs.jsonl'}" in ended.out.splitlines()


@needs_tensorflow
def test_run_recorded_divergence_ends_with_1(call: Call, make_today: Callable[..., RunRecord], tmp_path: Path) -> None:
    """A run that diverged is a result, is not tried again, and is told by the exit code."""
    write_store(tmp_path / "here" / "local-digits", [make_today(0), make_unfinished(make_today(1))])

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (1, "")
    assert f"{EXPERIMENT}, seed 1: diverged: the loss is not finite" in ended.out
    assert "2 runs planned: 0 trained, 2 reused, 1 of them not completed." in ended.out


@needs_tensorflow
def test_run_failure_ends_with_1(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that an exception ends is recorded, told with its reason, and told by the exit code."""

    def refuse(*_: object, **__: object) -> None:
        msg = "no trainer today"
        raise RuntimeError(msg)

    monkeypatch.setattr(worker, "_ready_trainer", refuse)

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--workers", 1, "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (1, "")
    assert f"{EXPERIMENT}, seed 1: failed: RuntimeError: no trainer today" in ended.out
    assert "2 runs planned: 2 trained, 0 reused, 2 of them not completed." in ended.out
    assert [record.status for record in RecordStore(tmp_path / "here" / "local-digits").read()] == ["failed"] * 2


@needs_tensorflow
def test_run_interrupted_says_how_to_go_on(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses Ctrl-C reads that nothing is lost, in place of a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training_verbs, "run_study", interrupt)

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits")

    assert_one_line(ended, "Interrupted. The runs that had ended are recorded; the same command goes on.", code=130)


@needs_tensorflow
def test_run_on_a_cluster_without_dask_names_the_extra(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what a cluster needs and how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits", "--cluster", "tcp://127.0.0.1:9")

    assert_one_line(ended, "--cluster needs Dask", "python -m pip install 'mnist-repro[tensorflow,cluster]'")


@pytest.mark.parametrize(
    "option", [pytest.param(["--workers", "2"], id="workers"), pytest.param(["--keep-models"], id="models")]
)
def test_run_on_a_cluster_refuses_what_a_cluster_decides(call: Call, tmp_path: Path, option: list[str]) -> None:
    """The number of workers is the cluster's, and its workers cannot keep files here: both are said before anything."""
    ended = call("run", EXPERIMENT, "--dataset", "digits", "--cluster", "tcp://127.0.0.1:9", *option)

    assert_one_line(ended, f"leave {option[0]} out, or --cluster")
    assert list(tmp_path.iterdir()) == []


def test_run_without_tensorflow_names_the_extra(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line says what is missing and how to install it."""
    # Its answer is kept for the process: it is asked anew, and finds no package.
    monkeypatch.setattr(environments, "tensorflow_version", environments.tensorflow_version.__wrapped__)
    monkeypatch.setattr(environments, "_installed", lambda _: None)

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits")

    assert_one_line(ended, "Training needs TensorFlow", "python -m pip install 'mnist-repro[tensorflow]'")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def recorded(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with the records of two runs in an environment."""
    runs = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(2)]
    return write_store(tmp_path / "records" / "linux", runs).folder.parent


def test_report_writes_and_checks(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Pages are named as they are written; a check finds nothing, and after a change names it and ends with 1."""
    arguments = ("report", "--records", recorded, "--output", "out")
    page = tmp_path / "out" / "linux.md"

    written, checked = call(*arguments), call(*arguments, "--check")
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    differs = call(*arguments, "--check")

    assert [written.code, checked.code, differs.code] == [0, 0, 1]
    assert written.out.replace(os.sep, "/").splitlines() == [
        "Wrote out/README.md",
        "Wrote out/badge.json",
        "Wrote out/claims.json",
        "Wrote out/claims.schema.json",
        "Wrote out/index.html",
        "Wrote out/linux.md",
        "Wrote 3 figures in out/figures",
    ]
    assert checked.out == "out is what the records give.\n"
    assert differs.out.replace(os.sep, "/").splitlines() == [
        "out/linux.md is not what the records give. Write it again with `mnist-repro report`."
    ]
    assert page.read_text(encoding="utf-8").endswith("more\n")
    assert written.err == checked.err == differs.err == ""


def reported_ids() -> list[str]:
    """Return the ids of all curves, single numbers, comparisons and statements of the documents."""
    documents = load_documents().values()
    families = dict.fromkeys(claim.family for document in documents for claim in document.claims)
    comparisons = [comparison.id for document in documents for comparison in document.comparisons]
    return [*families, *comparisons, *(statement.id for document in documents for statement in document.statements)]


def test_verdicts_json_is_the_report_of_claims(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Other programs get of one environment what the report's `claims.json` says of all."""
    ended = call("verdicts", "--records", recorded, "--environment", "linux", "--format", "json")
    call("report", "--records", recorded, "--output", "out")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (tmp_path / "out" / "claims.json").read_text(encoding="utf-8")
    (environment,) = json.loads(ended.out)["published"]
    assert sorted(entry["id"] for entry in environment["claims"]) == sorted(reported_ids())


def test_verdicts_markdown_is_a_table(call: Call, recorded: Path) -> None:
    """All that is reported is a row with a cell for each heading."""
    ended = call("verdicts", "--records", recorded, "--environment", "linux", "--format", "markdown")

    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ended.out.splitlines()]
    assert (ended.code, ended.err) == (0, "")
    assert rows[0] == ["claim", "verdict", "p", "p, adjusted", "runs", "reason"]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert sorted(row[0] for row in rows[2:]) == sorted(reported_ids())


def test_verdicts_table_names_every_family(call: Call, recorded: Path) -> None:
    """The table has a row for all that is reported."""
    ended = call("verdicts", "--records", recorded, "--environment", "linux")

    assert (ended.code, ended.err) == (0, "")
    for family in reported_ids():
        assert re.search(rf"^{re.escape(family)}  +\w", ended.out, flags=re.MULTILINE)


def test_verdicts_names_the_lines_that_are_not_counted(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Records of another protocol are named by file and line under the table, and on the environment's page."""
    file = recorded / "linux" / "runs.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text(
        "\n".join([*lines, '"protocol_sha256": "0'.join(lines[0].split('"protocol_sha256": "')), ""]), "utf-8"
    )

    ended = call("verdicts", "--records", recorded, "--environment", "linux")
    call("report", "--records", recorded, "--output", "out")

    said = f"runs.jsonl, line {len(lines) + 1}: not counted, of another protocol than today's."
    assert ended.out.splitlines()[-1] == f"{file.parent}{os.sep}{said}"
    assert f"- {said}\n" in (tmp_path / "out" / "linux.md").read_text(encoding="utf-8")


def test_verdicts_other_environment_is_refused(call: Call, recorded: Path) -> None:
    """An environment without records is named, beside those that there are."""
    ended = call("verdicts", "--records", recorded, "--environment", "mac")

    assert_one_line(ended, f"{recorded} has no records of an environment 'mac'. It has: linux.")


@pytest.fixture
def lower(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with the records of an environment that reaches less than `recorded`'s, in 20 runs each."""
    for name, accuracy in (("linux", 0.9), ("mac", 0.85)):
        runs = [make_run(protocols[EXPERIMENT], seed=s, environment=environment, accuracy=accuracy) for s in range(20)]
        write_store(tmp_path / "records" / name, runs)
    return tmp_path / "records"


def test_compare_lower_accuracy_ends_with_1(call: Call, lower: Path) -> None:
    """Five points less are named, with the difference and the verdict; the other way round nothing is worse."""
    worse = call("compare", "linux", "mac", "--records", lower)
    better = call("compare", lower / "mac", lower / "linux")

    assert (worse.code, worse.err, better.code, better.err) == (1, "", 0, "")
    assert worse.out.startswith("A: linux\nB: mac\n")
    (row,) = (line for line in worse.out.splitlines() if " points " in line)
    assert re.search(r"validation +89\.9\d % +84\.9\d % +-5\.00 \(-5\.00 to -5\.00\) points +\S+ +\S+ +lower", row)
    assert worse.out.endswith(f"Worse: {EXPERIMENT}: validation accuracy is lower.\n")
    assert better.out.endswith("Nothing got worse.\n")


def test_compare_same_runs_are_bit_equal(call: Call, recorded: Path) -> None:
    """Two runs beside themselves have the same bits, were made alike, and are too few to tell more."""
    ended = call("compare", "linux", recorded, "--records", recorded, "--speed", "1.5")

    assert (ended.code, ended.err) == (0, "")
    (row,) = (line for line in ended.out.splitlines() if line.startswith(EXPERIMENT) and line.endswith("1.00 to 1.00)"))
    assert row.split()[1:5] == ["2"] * 4
    assert "Both were made with the same versions, processor, protocols and code." in ended.out
    assert f"Not told: {EXPERIMENT}: 2 and 2 runs cannot tell." in ended.out
    assert ended.out.endswith("Nothing of what can be told got worse.\n")


def test_compare_json_has_the_numbers(call: Call, lower: Path) -> None:
    """Other programs get what differs in numbers, and what got worse in words."""
    ended = call("compare", "linux", "mac", "--records", lower, "--format", "json")

    content = json.loads(ended.out)
    (experiment,) = content["experiments"]
    (accuracy,) = experiment["accuracy"]
    assert (ended.code, ended.err) == (1, "")
    assert (content["before"], content["after"], content["stand_in"]) == ("linux", "mac", False)
    assert content["worse"] == [f"{EXPERIMENT}: validation accuracy is lower"]
    assert (experiment["same_seeds"], experiment["bit_equal"], experiment["paired"]) == (20, 0, True)
    assert (accuracy["difference"], accuracy["interval"], accuracy["change"]) == (-0.05, [-0.05, -0.05], "lower")
    assert accuracy["p"] == 1e-05


def test_compare_markdown_is_tables_with_what_a_page_needs(
    call: Call, recorded: Path, protocols: dict[str, Protocol], environment: Environment
) -> None:
    """Every row has a cell for each heading, whatever a processor is called."""
    hostile = replace(environment, processor="a | b <script> `c`")
    write_store(recorded / "mac", [make_run(protocols[EXPERIMENT], seed=0, environment=hostile)])

    ended = call("compare", "linux", "mac", "--records", recorded, "--format", "markdown")

    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in ended.out.splitlines() if line.startswith("|")]
    assert (ended.code, ended.err) == (0, "")
    assert Counter(map(len, rows)) == {3: 3, 8: 6}
    assert "<script>" not in ended.out
    assert "a \\| b &lt;script&gt;" in ended.out


def test_compare_folder_of_several_environments_is_refused(call: Call, lower: Path) -> None:
    """It is said which of them may be meant."""
    ended = call("compare", lower, "linux", "--records", lower)

    assert_one_line(ended, f"{lower} has 2. Name one of: {lower / 'linux'}, {lower / 'mac'}.")


def test_export_benchmark_json_prints_or_writes(call: Call, recorded: Path, tmp_path: Path) -> None:
    """The list goes to standard output, or to the file that is named, which is said."""
    arguments = ("export", "benchmark-json", "accuracy", "--records", recorded, "--environment", "linux")

    printed, written = call(*arguments), call(*arguments, "--output", "list.json")

    assert (printed.code, printed.err, written) == (0, "", (0, "Wrote list.json\n", ""))
    assert (tmp_path / "list.json").read_text(encoding="utf-8") == printed.out
    assert [entry["name"] for entry in json.loads(printed.out)] == [f"{EXPERIMENT}: validation accuracy"]


def test_export_benchmark_json_output_that_cannot_be_written_is_named(call: Call, recorded: Path) -> None:
    """A folder is no file to write to."""
    arguments = ("export", "benchmark-json", "seconds", "--records", recorded, "--environment", "linux")

    ended = call(*arguments, "--output", recorded)

    assert_one_line(ended, f"--output names {recorded}, and that cannot be written")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        pytest.param(["export"], ["the following arguments are required: FORM"], id="no form"),
        pytest.param(["export", "benchmark-json", "x"], ["invalid choice: 'x'", "accuracy"], id="measure"),
        pytest.param(["compare", "a"], ["the following arguments are required: B"], id="one set of records"),
        pytest.param(
            ["compare", "a", "b"], ["'a' is neither", "reports/records has: none", "or another folder"], id="no records"
        ),
        *(
            pytest.param(
                ["compare", "a", "b", f"--speed={text}"], ["at least 1, such as 1.1", repr(text)], id=f"speed {text}"
            )
            for text in ("0.9", "0", "-1", "nan", "inf", "1e3", "1.", "x")
        ),
        pytest.param(["verdicts"], ["reports/records", "mnist-repro run"], id="no records to judge"),
        pytest.param(["verdicts", "--format", "xml"], ["--format: invalid choice: 'xml'", "json"], id="format"),
        pytest.param(["run", "no-such"], ["Unknown experiment: no-such", EXPERIMENT], id="unknown experiment"),
        pytest.param(["run", EXPERIMENT, "a", "b"], ["Unknown experiment: a, b."], id="two unknown experiments"),
        *(
            pytest.param(
                ["run", f"--seeds={text}"], ["such as 0-3", f"received {text!r}"], id=f"seeds {text or 'empty'}"
            )
            for text in ("3-1", "a", "-1", "1.5", "", "0-", "1,,2", "0-3-5", "1e3", "0x1")
        ),
        pytest.param(["run", "--seeds=0-999999999"], ["at most 100000 seeds", "0-999999999"], id="a billion seeds"),
        pytest.param(
            ["data", "--data", "[/b] [red] :boom:"], ["but [/b] [red] :boom: does not exist"], id="folder like markup"
        ),
        pytest.param(["run", "--seeds", "-1"], ["such as 0-3", "received '-1'"], id="seeds that look like an option"),
        pytest.param(["run", "--seeds"], ["--seeds: expected one argument"], id="no seeds"),
        *(
            pytest.param(
                ["run", f"--workers={text}"], ["whole number of at least 1", f"received {text!r}"], id=f"workers {text}"
            )
            for text in ("0", "-1", "x", "1.5", "")
        ),
        *(
            pytest.param(
                ["run", f"--environment={text}"], ["environment's name", f"received {text!r}"], id=f"environment {text}"
            )
            for text in ("../x", "", "a/b", "README", "readme", ".", "..", ".hidden", "a b", "a\\b", "x" * 101)
        ),
        pytest.param(["run", "--profile", "slow"], ["--profile: invalid choice: 'slow'", "quick"], id="profile"),
        pytest.param(["run", "--dataset", "cifar"], ["--dataset: invalid choice: 'cifar'", "mnist"], id="dataset"),
        pytest.param(["data", "--dataset", "cifar"], ["--dataset: invalid choice: 'cifar'"], id="dataset of data"),
        pytest.param(
            ["data", "--data", "nowhere"], ["--data must name", "nowhere does not exist"], id="no data folder"
        ),
        pytest.param(["run", "--data", "nowhere"], ["--data must name", "nowhere does not exist"], id="no data to run"),
        pytest.param(["train"], ["invalid choice: 'train'", "run"], id="unknown verb"),
        pytest.param(["list", "--fast"], ["unrecognized arguments: --fast"], id="unknown option"),
        pytest.param([], ["required: VERB"], id="no verb"),
        pytest.param(["report"], ["reports/records", "mnist-repro run"], id="no records"),
        pytest.param(["report", "--records", "nowhere"], ["nowhere is none", "--records"], id="no folder of records"),
    ],
)
def test_bad_input_gives_one_line_and_writes_nothing(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    """The line says what was received and what would be right; nothing is printed else, and nothing is written."""
    # Were it taken for good input, this test would train for minutes.
    monkeypatch.setattr(training_verbs, "plan_study", None)
    ended = call(*arguments)

    assert_one_line(ended, *parts)
    assert ended.out == ""
    assert list(tmp_path.iterdir()) == []


def test_module_bad_input_has_no_traceback(tmp_path: Path) -> None:
    """Run as a program, too, bad input is one line and exit code 2."""
    assert_one_line(run_module("run", "no-such", folder=tmp_path), "mnist-repro: Unknown experiment: no-such.")


def _write_mnist_with(first: bytes, folder: Path) -> Path:
    """Write four files with MNIST's names, of which the first, which is read first, holds `first`."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"")
    (folder / FILES[0]).write_bytes(first)
    return folder / FILES[0]


@pytest.mark.parametrize("verb", ["data", "run"])
@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param(
            IMAGES_HEADER + bytes(100), [f"Expected {IMAGES_BYTES} bytes", "received only 116"], id="truncated"
        ),
        pytest.param(gzip.compress(IMAGES_HEADER + bytes(100))[:-9], ["Expected a whole gzip"], id="truncated gzip"),
        pytest.param(b"<!DOCTYPE html><title>404</title>", ["2051", "looks like a web page"], id="web page"),
        pytest.param(b"", ["2051", "received an empty file"], id="empty"),
    ],
)
def test_broken_mnist_file_is_named(call: Call, tmp_path: Path, verb: str, content: bytes, parts: list[str]) -> None:
    """The line names the file, what was expected and what was received."""
    file = _write_mnist_with(content, tmp_path / "mnist")
    before = files_in(tmp_path)

    ended = call(verb, "--data", file.parent)

    assert_one_line(ended, str(file), *parts, "Replace the file")
    assert before == files_in(tmp_path)


def test_altered_mnist_file_is_named(call: Call, tmp_path: Path) -> None:
    """A file of the right form and size with other values is told from MNIST by its sum."""
    file = _write_mnist_with(IMAGES_HEADER, tmp_path / "mnist")
    # All its pixels are 0: a hole in the file, which takes no room on the disk.
    os.truncate(file, IMAGES_BYTES)

    ended = call("data", "--data", file.parent)

    assert_one_line(ended, str(file), "was altered: expected the SHA-256 sum ba891046e6505d7a", ", received ")


@pytest.fixture
def broken(recorded: Path) -> Path:
    """Return the file of records, whose second line breaks off."""
    file = recorded / "linux" / "runs.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1][:50] + b"\n")
    return file


def test_report_broken_record_is_named(call: Call, broken: Path, tmp_path: Path) -> None:
    """File and line of the record that cannot be read are said, and no page is written."""
    before = files_in(tmp_path)

    ended = call("report", "--records", broken.parents[1], "--output", "out")

    assert_one_line(ended, f"{broken}, line 2, is no valid record")
    assert before == files_in(tmp_path)


@needs_tensorflow
def test_run_broken_record_is_named(call: Call, broken: Path, tmp_path: Path) -> None:
    """A study does not start on records that it cannot read, and leaves them as they are."""
    file = broken.parent.rename(broken.parents[1] / "linux-digits") / broken.name
    before = files_in(tmp_path)

    arguments = ("--dataset", "digits", "--records", broken.parents[1], "--environment", "linux")
    ended = call("run", EXPERIMENT, *arguments)

    assert_one_line(ended, f"{file}, line 2, is no valid record", "take this line out and run again")
    assert before == files_in(tmp_path)


@pytest.mark.parametrize(
    "make_empty",
    [
        pytest.param(lambda folder: folder.mkdir(), id="empty folder"),
        pytest.param(lambda folder: (folder / "linux").mkdir(parents=True), id="empty environment"),
        pytest.param(lambda folder: RecordStore(folder / "linux").prepare(), id="empty file"),
    ],
)
def test_report_without_records_is_refused(call: Call, tmp_path: Path, make_empty: Callable[[Path], Any]) -> None:
    """A folder that has no record gives no report, and a check of it does not pass."""
    make_empty(tmp_path / "records")

    for check in ((), ("--check",)):
        assert_one_line(call("report", "--records", "records", "--output", "out", *check), "records has no records")
    assert not (tmp_path / "out").exists()


def test_report_records_that_are_a_file_are_refused(call: Call, tmp_path: Path) -> None:
    """A file in place of the folder of records is named."""
    (tmp_path / "file").touch()

    assert_one_line(call("report", "--records", "file"), "file is none", "correct --records")


def test_report_other_protocols_only_is_refused(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Records of none of today's protocols are no report, and the line says what to do with them."""
    store = RecordStore(recorded / "linux")
    store.file.write_bytes(store.file.read_bytes().replace(store.read()[0].protocol_sha256.encode(), b"0" * 64))

    ended = call("report", "--records", recorded, "--output", "out")

    assert_one_line(ended, f"{store.file} has no run of today's protocols; its 2 records are of other ones.")
    assert not (tmp_path / "out").exists()


# A file in place of a folder stands for all that cannot be written: permissions do not stop the superuser.
@needs_tensorflow
@pytest.mark.parametrize("place", ["file", "file/below"])
def test_run_folder_that_cannot_be_written_is_refused(call: Call, tmp_path: Path, place: str) -> None:
    """Where records cannot be kept nothing is trained."""
    (tmp_path / "file").write_text("a file\n", encoding="utf-8")

    ended = call("run", EXPERIMENT, "--dataset", "digits", "--records", place)

    assert_one_line(ended, "Records are written to", "and that cannot be done", "--records")
    assert files_in(tmp_path) == {str(tmp_path / "file"): b"a file\n"}


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_report_folder_that_cannot_be_written_is_refused(
    call: Call, recorded: Path, tmp_path: Path, place: str
) -> None:
    """Where pages cannot be written the line names --output, and nothing is written elsewhere."""
    (tmp_path / "file").write_text("a file\n", encoding="utf-8")
    before = files_in(tmp_path)

    ended = call("report", "--records", recorded, "--output", place)

    assert_one_line(ended, f"{place}", "is a part of the report and cannot be written", "Correct --output or --readme.")
    assert before == files_in(tmp_path)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        pytest.param("# No marks\n", "must have the lines <!-- results -->", id="without marks"),
        pytest.param(None, "The page of --readme, page.md, cannot be read", id="missing"),
    ],
)
def test_report_readme_that_cannot_be_renewed_is_refused(
    call: Call, recorded: Path, tmp_path: Path, content: str | None, part: str
) -> None:
    """A front page without its marks, or none, is said in a line, and nothing is written."""
    if content is not None:
        (tmp_path / "page.md").write_text(content, encoding="utf-8")
    before = files_in(tmp_path)

    ended = call("report", "--records", recorded, "--output", "out", "--readme", "page.md")

    assert_one_line(ended, part, "page.md")
    assert before == files_in(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0", [0], id="one"),
        pytest.param("0-3", [0, 1, 2, 3], id="range"),
        pytest.param("5-5", [5], id="range of one"),
        pytest.param("7,0-2, 1 - 3", [0, 1, 2, 3, 7], id="list that overlaps, with blanks"),
    ],
)
def test_parse_seeds_list_gives_each_seed_once(text: str, expected: list[int]) -> None:
    """Seeds come in order, and none twice."""
    assert expected == parse_seeds(text)


@pytest.mark.parametrize("text", ["1", "2", "64"])
def test_parse_workers_number_is_read(text: str) -> None:
    """Any whole number from 1 is taken as it is."""
    assert int(text) == parse_workers(text)


@pytest.mark.parametrize("text", ["local", "tf2.19-py3.11-linux", "My_computer", "readme2", "x" * 100])
def test_parse_environment_name_is_kept(text: str) -> None:
    """What names a folder and a page everywhere is taken as it is."""
    assert text == parse_environment(text)
