"""The verbs that read records: `report`, `verdicts`, `compare`, `export`."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import EXPERIMENT, Call, assert_one_line
from made_up_runs import OTHER_SHA256, make_run, write_store
from small_documents import TINY

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment


def test_report_writes_and_checks(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Pages are named as they are written; a check finds nothing, and after a change names it and ends with 1."""
    arguments = ("report", "--publish", "--records", recorded, "--output", "out")
    page = tmp_path / "out" / "linux.md"

    written, checked = call(*arguments), call(*arguments, "--check")
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    differs = call(*arguments, "--check")

    assert [written.code, checked.code, differs.code] == [0, 0, 1]
    assert written.out.replace(os.sep, "/").splitlines() == [
        "Wrote out/README.md",
        "Wrote out/atlas.md",
        "Wrote out/badge.json",
        "Wrote out/claims.json",
        "Wrote out/claims.schema.json",
        "Wrote out/documents/julia-blog.md",
        "Wrote out/index.html",
        "Wrote out/linux.md",
        "Wrote 5 figures in out/figures",
    ]
    assert checked.out == "out is what the records give.\n"
    assert differs.out.replace(os.sep, "/").splitlines() == [
        "out/linux.md is not what the records give. Write it again with `mnist-repro report --publish`."
    ]
    assert page.read_text(encoding="utf-8").endswith("more\n")
    assert written.err == checked.err == differs.err == ""


def reported_ids() -> list[str]:
    """Return the ids of all curves, single numbers, comparisons and statements of the documents."""
    documents = load_catalogue().documents.values()
    families = dict.fromkeys(claim.family for document in documents for claim in document.claims)
    comparisons = [comparison.id for document in documents for comparison in document.comparisons]
    return [*families, *comparisons, *(statement.id for document in documents for statement in document.statements)]


def test_report_of_own_runs_leaves_the_published_one_alone(
    call: Call, recorded: Path, protocols: dict[str, Protocol], environment: Environment
) -> None:
    """Own runs have a report of their own, which links to the published one; neither shows the other's runs."""
    run = make_run(protocols[EXPERIMENT], seed=0, environment=environment)
    write_store(recorded / "local", [run])
    write_store(recorded / "try-digits", [replace(run, dataset="digits", dataset_sha256=OTHER_SHA256)])
    call("report", "--publish", "--records", recorded)
    before = {file: file.read_bytes() for file in Path("reports").rglob("*") if file.is_file()}

    ended = call("report", "--records", recorded)

    assert ended.code == 0
    assert {file: file.read_bytes() for file in before} == before
    pages = {file.name for file in Path("reports/local").glob("*.md")}
    assert pages == {"README.md", "atlas.md", "local.md", "try-digits.md"}
    front = Path("reports/local/README.md").read_text(encoding="utf-8")
    assert "[the published report](../README.md)" in front
    assert "linux" not in front
    assert "`local`" not in Path("reports/README.md").read_text(encoding="utf-8")
    assert call("report", "--check", "--records", recorded).code == 0


@pytest.fixture
def beside_the_packages(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with own records of the tiny document's experiment and of one of the package's."""
    with add_document_folders([TINY]):
        tiny = load_catalogue().protocols["tiny-linear"]
    runs = [make_run(each, seed=0, environment=environment) for each in (tiny, protocols[EXPERIMENT])]
    return write_store(tmp_path / "records" / "local", runs).folder.parent


def test_verdicts_of_one_document_are_its_own_among_all(call: Call, beside_the_packages: Path) -> None:
    """A document that is named alone has the verdicts that it has among all; nothing is said of the others' runs."""
    options = ("--document", TINY, "--records", beside_the_packages)

    alone, among_all = call("verdicts", "tiny", *options), call("verdicts", *options)

    rows = [line.split() for line in alone.out.splitlines() if line.startswith("tiny")]
    assert (alone.code, alone.err) == (0, "")
    assert len(rows) == 3
    assert rows == [line.split() for line in among_all.out.splitlines() if line.startswith("tiny")]
    assert EXPERIMENT not in alone.out
    assert "no document has" not in alone.out


def test_verdicts_of_unknown_document_is_refused(call: Call, recorded: Path) -> None:
    """The error names the documents that there are."""
    assert_one_line(
        call("verdicts", "tiny", "--records", recorded), "Unknown document: tiny. Known: julia-blog, tf1-notebook, "
    )


def test_report_of_one_document_has_a_folder_of_its_own(call: Call, beside_the_packages: Path) -> None:
    """It is about nothing else, and the next step that it names is about that document's experiments."""
    ended = call("report", "tiny", "--document", TINY, "--records", beside_the_packages)

    assert (ended.code, ended.err) == (0, "")
    assert {file.parts[:3] for file in Path("reports").rglob("*") if file.is_file()} == {("reports", "local", "tiny")}
    front = Path("reports/local/tiny/README.md").read_text(encoding="utf-8")
    assert "[the published report](../../README.md)" in front
    assert "tiny-linear" in front
    assert EXPERIMENT not in front
    assert "mnist-repro run tiny-linear --profile full" in ended.out


@pytest.mark.parametrize("option", ["--publish", "--check"])
def test_report_published_has_no_document_of_ones_own(call: Call, recorded: Path, option: str) -> None:
    """The published pages are the package's: a document of one's own is refused before any is changed."""
    options = ("report", option, "--records", recorded)

    assert_one_line(call(*options, "--document", TINY), "no other", f"Received: {TINY}. Leave that out")
    assert_one_line(call(*options, "tf1-notebook"), "Received: tf1-notebook. Leave that out")
    assert not Path("reports").exists()


@pytest.mark.parametrize(
    ("name", "option", "said"),
    [
        pytest.param("linux", (), "or write the report of the others with --publish.", id="published ones"),
        pytest.param("local", ("--publish",), "`mnist-repro run --environment NAME`.", id="own ones"),
    ],
)
def test_report_without_runs_of_its_kind_is_refused(
    call: Call,
    tmp_path: Path,
    protocols: dict[str, Protocol],
    environment: Environment,
    *,
    name: str,
    option: tuple[str, ...],
    said: str,
) -> None:
    """A folder with runs of the other kind alone is told apart from an empty one, with what to do."""
    write_store(tmp_path / "records" / name, [make_run(protocols[EXPERIMENT], seed=0, environment=environment)])

    assert_one_line(call("report", *option, "--records", "records"), "records has none", said)


def test_verdicts_json_is_the_report_of_claims(call: Call, recorded: Path, tmp_path: Path) -> None:
    """Other programs get of one environment what the report's `claims.json` says of all."""
    ended = call("verdicts", "--records", recorded, "--environment", "linux", "--format", "json")
    call("report", "--publish", "--records", recorded, "--output", "out")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (tmp_path / "out" / "claims.json").read_text(encoding="utf-8")
    (environment,) = json.loads(ended.out)["published"]
    assert sorted(entry["id"] for entry in environment["claims"]) == sorted(reported_ids())


def test_verdicts_markdown_is_a_table(call: Call, recorded: Path) -> None:
    """All that is reported is a row with a cell for each heading."""
    ended = call("verdicts", "--records", recorded, "--environment", "linux", "--format", "markdown")

    tables = [
        [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
        for table in ended.out.strip().split("\n\n")
    ]
    assert (ended.code, ended.err) == (0, "")
    assert tables[0][0] == ["document", "run", "verdict", "within", "tells apart", "p", "n", "reason"]
    assert [table[0] for table in tables[1:]] == [
        [heading, "verdict", "p", "p, adjusted", "runs", "reason"] for heading in ("claim", "fact")
    ]
    assert all(len(row) == len(table[0]) for table in tables for row in table)
    assert sorted(row[0] for table in tables[1:] for row in table[2:]) == sorted(reported_ids())


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
    call("report", "--publish", "--records", recorded, "--output", "out")

    said = f"runs.jsonl, line {len(lines) + 1}: excluded, of another protocol than today's."
    assert ended.out.splitlines()[-1] == f"{file.parent}{os.sep}{said}"
    assert f"- {said}\n" in (tmp_path / "out" / "linux.md").read_text(encoding="utf-8")


def test_verdicts_other_environment_is_refused(call: Call, recorded: Path) -> None:
    """An environment without records is named, beside those that there are."""
    ended = call("verdicts", "--records", recorded, "--environment", "mac")

    assert_one_line(ended, f"{recorded} has no records of an environment 'mac'. It has: linux.")


@pytest.mark.parametrize(("own", "named"), [(False, "many"), (True, "local")], ids=["fresh clone", "own runs"])
def test_verdicts_without_a_name_are_of_own_runs_or_the_most_published(
    call: Call, tmp_path: Path, protocols: dict[str, Protocol], environment: Environment, *, own: bool, named: str
) -> None:
    """In a fresh clone the published environment with the most runs is judged; with runs of one's own, these are."""
    for name, seeds in (("few", 2), ("many", 3), *([("local", 1)] if own else [])):
        runs = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(seeds)]
        write_store(tmp_path / "records" / name, runs)

    ended = call("verdicts", "--records", "records")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Runs of {named}:")


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
