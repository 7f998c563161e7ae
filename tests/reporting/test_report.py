"""The pages of the report: what is written, where links lead, and what each page says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_reports import EXPERIMENT, HOSTILE, read_tree, write_report
from made_up_runs import MakeRecord, make_unfinished, write_store
from markdown_pages import anchor_of, headings_of, parse, tables_of, targets_of

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.exports.claims_json import read_schema
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING

ROOT = Path(__file__).parent.parent.parent
# What only runs on MNIST can say of a number.
ANY_JUDGEMENT = re.compile(r"\b(inside|outside|equal|different|reproduced|inconclusive)\b")


def test_write_report_returns_what_it_wrote(records: Path, tmp_path: Path) -> None:
    """The files that are named exist, are all that there is, and none of the records was touched."""
    before = read_tree(records)

    written = write_report(tmp_path / "report", records=records)

    assert sorted(written) == sorted(f for f in (tmp_path / "report").rglob("*") if f.is_file())
    assert {file.relative_to(tmp_path / "report").as_posix() for file in written} == {
        *("README.md", "badge.json", "claims.json", "claims.schema.json", "index.html"),
        *(f"{name}.md" for name in ("linux", "local")),
        "figures/preview.png",
        *(
            f"figures/{name}/{figure}.svg"
            for name in ("linux", "local")
            for figure in ("overview", f"{EXPERIMENT}-curves", f"{EXPERIMENT}-confusion")
        ),
    }
    assert before == read_tree(records)


def test_write_report_links_and_images_lead_somewhere(records: Path, tmp_path: Path) -> None:
    """Every file that a page names exists, every anchor is a heading there, and every figure is shown."""
    written = write_report(tmp_path / "report", records=records)

    targets = [target for page in written if page.suffix == ".md" for target in targets_of(page)]

    assert targets
    for file, anchor in targets:
        assert file.is_file()
        assert not anchor or anchor in map(anchor_of, headings_of(file))
    figures = {file.resolve() for file in written if file.suffix == ".svg"}
    assert figures == {file.resolve() for file, _ in targets if file.suffix == ".svg"}


def test_write_report_again_has_the_same_bytes(records: Path, tmp_path: Path) -> None:
    """The same records give the same report, wherever and whenever it is written."""
    write_report(tmp_path / "once", records=records)
    write_report(tmp_path / "again" / "deeper", records=records)

    assert read_tree(tmp_path / "once") == read_tree(tmp_path / "again" / "deeper")


@pytest.mark.usefixtures("few_lines")
def test_write_report_over_an_old_one_replaces_it(records: Path, tmp_path: Path) -> None:
    """What was there under a page's name is gone."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "README.md").write_text("old\n" * 1_000, encoding="utf-8")

    write_report(tmp_path / "report", records=records)

    assert "old" not in (tmp_path / "report" / "README.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.usefixtures("few_lines")
def test_write_report_own_runs_come_first(records: Path, make: MakeRecord, tmp_path: Path) -> None:
    """A user's environment stands before the published ones, which are in the order of their names."""
    write_store(records / "a-published-one", [make(0)])
    write_report(tmp_path, records=records)

    text = (tmp_path / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"Every claim in (\S+)</summary>", text) == ["local", "a-published-one", "linux"]


def test_write_report_tables_have_a_cell_for_each_heading(undrawn: Path) -> None:
    """No number, no missing one and no reason of a failure adds or takes a cell."""
    for page in ("README.md", "linux.md", "local.md"):
        for table in tables_of(undrawn / page):
            assert {len(row) for row in table} == {len(table[0])}


@pytest.mark.usefixtures("few_lines")
def test_write_report_every_claim_stands_on_the_page(
    protocols: dict[str, Protocol], make: MakeRecord, tmp_path: Path
) -> None:
    """Where all was run, the tables of all numbers have one row for each claim, with its line and its print."""
    runs = [make(seed, experiment=name) for name in protocols for seed in range(3)]
    write_store(tmp_path / "records" / "linux", runs)
    write_report(tmp_path, records=tmp_path / "records")
    claims = [claim for document in load_catalogue().documents.values() for claim in document.claims]

    def rows_of(*heading: str) -> list[list[str]]:
        tables = [table for table in tables_of(tmp_path / "linux.md") if table[0][: len(heading)] == list(heading)]
        return [row for table in tables for row in table[2:]]

    of_experiments = Counter(
        (line, printed.split()[0]) for _, _, line, printed, *_ in rows_of("claim", "period", "line", "printed")
    )
    of_no_run = [row[1] for row in rows_of("document", "claim", "line", "printed")]
    assert of_experiments == Counter((str(claim.line), claim.printed) for claim in claims if claim.experiment)
    assert sorted(of_no_run) == sorted(claim.id for claim in claims if not claim.is_of_run)


def test_write_report_experiment_without_runs_is_said_to_be_missing(undrawn: Path) -> None:
    """Each experiment has its part on the page; five of six say that they were not run."""
    text = (undrawn / "linux.md").read_text(encoding="utf-8")

    assert text.count("**Not run here.**") == 5
    # What was run, the experiments, comparisons, statements, how sure, and what is no number of a run.
    assert text.count("\n## ") == 1 + 6 + 4


def test_write_report_unfinished_run_is_listed_with_its_reason(undrawn: Path) -> None:
    """A run that diverged stands in the count and in the list, and its reason is text whatever it holds."""
    page = undrawn / "linux.md"

    tokens = parse(page)
    (listed,) = (token for token in tokens if token.type == "inline" and token.content.startswith("seed 2: diverged"))
    shown = "".join(child.content for child in listed.children or [])

    assert shown == f"seed 2: diverged: {' '.join(HOSTILE.split())}"
    assert not [token for token in tokens if token.type.startswith("html") and "script" in token.content]
    assert "e.md" not in {target.name for target, _ in targets_of(page)}
    (counts,) = (row for table in tables_of(page) for row in table if row[0].startswith(f"[{EXPERIMENT}]"))
    assert counts[1:5] == ["3", "2", "1", "0"]


@pytest.mark.usefixtures("few_lines")
def test_write_report_hostile_environment_stays_text(store: RecordStore, make: MakeRecord, tmp_path: Path) -> None:
    """Names of a processor or a flag are text too."""
    hostile = replace(make(0).environment, processor=HOSTILE, flags={"XLA_FLAGS": HOSTILE}, commit="<b>|`")
    write_store(store.folder, [make(3, environment=hostile, started="2025-03-01T00:00:00+00:00")])

    write_report(tmp_path, records=store.folder.parent)

    for page in (tmp_path / "linux.md", tmp_path / "README.md"):
        assert "alert" in page.read_text(encoding="utf-8")
        assert not [token for token in parse(page) if token.type.startswith("html") and "<b>" in token.content]
        assert "e.md" not in {target.name for target, _ in targets_of(page)}
        assert all({len(row) for row in table} == {len(table[0])} for table in tables_of(page))


@pytest.mark.usefixtures("few_lines")
def test_write_report_experiments_made_differently_are_told(
    store: RecordStore, make: MakeRecord, tmp_path: Path
) -> None:
    """Each page that names versions says what differs between experiments; the environment's own says where."""
    write_report(tmp_path / "alike", records=store.folder.parent)
    other = replace(make(0).environment, flags={"ONEDNN_MAX_CPU_ISA": "SSE41"})
    write_store(store.folder, [make(0), make(0, "tf1-basic", environment=other)])

    write_report(tmp_path / "differently", records=store.folder.parent)

    for page in ("linux.md", "README.md", "index.html"):
        alike, differently = ((tmp_path / name / page).read_text("utf-8") for name in ("alike", "differently"))
        assert "experiments differ in" not in alike
        assert "experiments differ in flags" in differently
    assert "not made alike: flags" in (tmp_path / "differently" / "linux.md").read_text("utf-8")


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize("name", ["README", "versions", "Speed-Gate"])
def test_write_report_environment_of_another_pages_name_is_refused(
    store: RecordStore, make: MakeRecord, tmp_path: Path, name: str
) -> None:
    """No page is lost under another: the folder to rename is named, and nothing is written."""
    write_store(store.folder.parent / name, [make(0)])

    with pytest.raises(ReproError, match=rf"{name} is that of another\. Rename .*{name}"):
        write_report(tmp_path / "report", records=store.folder.parent)

    assert not (tmp_path / "report").exists()


def test_write_report_no_run_completed_is_reported(make: MakeRecord, tmp_path: Path) -> None:
    """An environment in which every run failed has its pages, with reasons, without figures, and judges nothing."""
    runs = [make_unfinished(make(seed), status="failed", reason="OSError: no such file") for seed in range(2)]
    write_store(tmp_path / "records" / "linux", runs)

    written = write_report(tmp_path / "report", records=tmp_path / "records")

    page = tmp_path / "report" / "linux.md"
    names = ("README.md", "badge.json", "claims.json", "claims.schema.json", "index.html")
    assert sorted(written) == [*(tmp_path / "report" / name for name in names), page]
    text = page.read_text(encoding="utf-8")
    assert not [cell for table in tables_of(page) for row in table for cell in row if ANY_JUDGEMENT.search(cell)]
    assert "**No run completed here.**" in text
    assert "- seed 0: failed: OSError: no such file" in text
    assert "- seed 1: failed: OSError: no such file" in text
    assert all(file.is_file() for file, _ in targets_of(tmp_path / "report" / "README.md"))


@pytest.mark.usefixtures("few_lines")
def test_write_report_stand_in_is_said_on_top_and_judges_nothing(make: MakeRecord, tmp_path: Path) -> None:
    """Page and index begin with the warning, and no number of a document gets a place or a verdict."""
    write_store(tmp_path / "records" / "local", [make(seed, dataset="digits") for seed in range(20)])

    write_report(tmp_path, records=tmp_path / "records")

    for page in (tmp_path / "local.md", tmp_path / "README.md"):
        paragraphs = page.read_text(encoding="utf-8").split("\n\n")
        assert paragraphs[1].startswith("> **")
        assert STAND_IN_WARNING in paragraphs[1]
        cells = [cell for table in tables_of(page) for row in table for cell in row]
        assert not [cell for cell in cells if ANY_JUDGEMENT.search(cell)]
        assert any(cell == "not run" for cell in cells)


def test_write_report_mnist_has_no_warning(undrawn: Path) -> None:
    """Runs on MNIST are not called a stand-in's."""
    assert "stand-in" not in (undrawn / "README.md").read_text(encoding="utf-8")
    assert "stand-in" not in (undrawn / "linux.md").read_text(encoding="utf-8")


def test_write_report_claims_of_all_environments_are_written(undrawn: Path) -> None:
    """Other programs find every environment in one file, the published ones apart, and its schema beside it."""
    content = json.loads((undrawn / "claims.json").read_bytes())
    assert [entry["environment"] for entry in content["published"]] == ["linux"]
    assert [entry["environment"] for entry in content["unpublished"]] == ["local"]
    assert (undrawn / content["$schema"]).read_text(encoding="utf-8") == read_schema()


def test_report_without_tensorflow_is_written(records: Path, tmp_path: Path) -> None:
    """The command writes the report where importing TensorFlow or Keras is an error."""
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
        "from mnist_repro.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["report", "--publish", "--records", str(records), "--output", str(tmp_path / "report")]

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "report" / "linux.md").is_file()
