"""The report: what is written, that it holds together, and that a check finds whatever differs from the records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_runs import make_run, make_unfinished, write_store
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mnist_repro.claims import load_documents
from mnist_repro.environment import Environment
from mnist_repro.errors import ReproError
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.reporting import rendering
from mnist_repro.reporting.claims_json import read_schema
from mnist_repro.reporting.contents import EnvironmentResult
from mnist_repro.reporting.report import check_report, write_report
from mnist_repro.reporting.terminal import STAND_IN_WARNING

ROOT = Path(__file__).parent.parent
EXPERIMENT = "julia-linear-lr0.02"
HOSTILE = "ValueError: a | b\n\n# `c` <script>alert(1)</script> [d](e.md) </details>\n| --- |"
# What only runs on MNIST can say of a number.
ANY_JUDGEMENT = re.compile(r"\b(inside|outside|equal|different|reproduced|inconclusive)\b")

MakeRun = Callable[..., RunRecord]

PAGE = """# A page

Results:
<!-- results -->
Old results.
<!-- end of results -->
The end.
"""


@pytest.fixture
def make(protocols: dict[str, Protocol], environment: Environment) -> MakeRun:
    """Return a function that makes a run of the examined experiment, or of another one."""

    def make_one(seed: int, experiment: str = EXPERIMENT, **changes: object) -> RunRecord:
        return make_run(protocols[experiment], seed=seed, **{"environment": environment, **changes})

    return make_one


@pytest.fixture
def store(make: MakeRun, tmp_path: Path) -> RecordStore:
    """Return a published environment with three runs of one experiment, of which one diverged."""
    runs = [make(0), make(1), make_unfinished(make(2), reason=HOSTILE)]
    return write_store(tmp_path / "records" / "linux", runs)


@pytest.fixture
def records(store: RecordStore, make: MakeRun) -> Path:
    """Return a folder with that environment and a user's own, which has a single run."""
    write_store(store.folder.parent / "local", [make(0)])
    return store.folder.parent


@pytest.fixture
def few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw each figure as an empty one: for the tests that are about pages, in a fraction of the time."""

    def draw(result: EnvironmentResult, *, folder: Path) -> dict[str, str]:
        run = [experiment.protocol.id for experiment in result.experiments if experiment.completed]
        names = [
            *(["overview"] if run else []),
            *(f"{name}-{kind}" for name in run for kind in ("curves", "confusion")),
        ]
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
        return {name: f"{name}.svg" for name in names}

    monkeypatch.setattr(rendering, "draw_environment", draw)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def parse(page: Path) -> list[Token]:
    """Return what a Markdown reader sees on a page, block by block and within."""
    blocks = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    return [token for block in blocks for token in (block, *(block.children or []))]


def headings_of(page: Path) -> list[str]:
    """Return the headings of a page."""
    tokens = parse(page)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def tables_of(page: Path) -> list[list[list[str]]]:
    """Return the tables of a page as rows of cells, the heading first; cells are parted by bare pipes."""
    lines = page.read_text(encoding="utf-8").splitlines()
    tables: list[list[list[str]]] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if not line.startswith("|"):
            continue
        if not before.startswith("|"):
            tables.append([])
        tables[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return tables


def targets_of(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files within the report that a page links to or shows, with the part behind the hash."""
    for token in parse(page):
        target = str(token.attrs.get("href") or token.attrs.get("src") or "")
        if target and "://" not in target:
            path, _, anchor = target.partition("#")
            yield page.parent / path if path else page, anchor


def anchor_of(heading: str) -> str:
    """Return what code hosts make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_write_report_returns_what_it_wrote(records: Path, tmp_path: Path) -> None:
    """The files that are named exist, are all that there is, and none of the records was touched."""
    before = read_tree(records)

    written = write_report(tmp_path / "report", records=records)

    assert sorted(written) == sorted(f for f in (tmp_path / "report").rglob("*") if f.is_file())
    assert {file.relative_to(tmp_path / "report").as_posix() for file in written} == {
        *("README.md", "badge.json", "claims.json", "claims.schema.json", "index.html"),
        *(f"{name}.md" for name in ("linux", "local")),
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
def test_write_report_own_runs_come_first(records: Path, make: MakeRun, tmp_path: Path) -> None:
    """A user's environment stands before the published ones, which are in the order of their names."""
    write_store(records / "a-published-one", [make(0)])
    write_report(tmp_path, records=records)

    headings = headings_of(tmp_path / "README.md")

    assert [name for name in headings if name in {"local", "linux", "a-published-one"}] == [
        "local",
        "a-published-one",
        "linux",
    ]


@pytest.mark.usefixtures("few_lines")
def test_write_report_tables_have_a_cell_for_each_heading(records: Path, tmp_path: Path) -> None:
    """No number, no missing one and no reason of a failure adds or takes a cell."""
    write_report(tmp_path, records=records)

    for page in ("README.md", "linux.md", "local.md"):
        for table in tables_of(tmp_path / page):
            assert {len(row) for row in table} == {len(table[0])}


@pytest.mark.usefixtures("few_lines")
def test_write_report_every_claim_stands_on_the_page(
    protocols: dict[str, Protocol], make: MakeRun, tmp_path: Path
) -> None:
    """Where all was run, the tables of all numbers have one row for each claim, with its line and its print."""
    runs = [make(seed, experiment=name) for name in protocols for seed in range(3)]
    write_store(tmp_path / "records" / "linux", runs)
    write_report(tmp_path, records=tmp_path / "records")
    claims = [claim for document in load_documents().values() for claim in document.claims]

    def rows_of(*heading: str) -> list[list[str]]:
        tables = [table for table in tables_of(tmp_path / "linux.md") if table[0][: len(heading)] == list(heading)]
        return [row for table in tables for row in table[2:]]

    of_experiments = Counter(
        (line, printed.removesuffix(" %")) for _, _, line, printed, *_ in rows_of("claim", "period", "line", "printed")
    )
    of_no_run = [row[1] for row in rows_of("document", "claim", "line", "printed")]
    assert of_experiments == Counter((str(claim.line), claim.printed) for claim in claims if claim.experiment)
    assert sorted(of_no_run) == sorted(claim.id for claim in claims if not claim.is_of_run)


@pytest.mark.usefixtures("few_lines")
def test_write_report_experiment_without_runs_is_said_to_be_missing(records: Path, tmp_path: Path) -> None:
    """Each experiment has its part on the page; five of six say that they were not run."""
    write_report(tmp_path, records=records)

    text = (tmp_path / "linux.md").read_text(encoding="utf-8")

    assert text.count("**Not run here.**") == 5
    # What was run, the experiments, comparisons, statements, how sure, and what is no number of a run.
    assert text.count("\n## ") == 1 + 6 + 4


@pytest.mark.usefixtures("few_lines")
def test_write_report_unfinished_run_is_listed_with_its_reason(records: Path, tmp_path: Path) -> None:
    """A run that diverged stands in the count and in the list, and its reason is text whatever it holds."""
    write_report(tmp_path, records=records)
    page = tmp_path / "linux.md"

    tokens = parse(page)
    (listed,) = (token for token in tokens if token.type == "inline" and token.content.startswith("seed 2: diverged"))
    shown = "".join(child.content for child in listed.children or [])

    assert shown == f"seed 2: diverged: {' '.join(HOSTILE.split())}"
    assert not [token for token in tokens if token.type.startswith("html") and "script" in token.content]
    assert "e.md" not in {target.name for target, _ in targets_of(page)}
    (counts,) = (row for table in tables_of(page) for row in table if row[0].startswith(f"[{EXPERIMENT}]"))
    assert counts[1:5] == ["3", "2", "1", "0"]


@pytest.mark.usefixtures("few_lines")
def test_write_report_hostile_environment_stays_text(store: RecordStore, make: MakeRun, tmp_path: Path) -> None:
    """Names of a processor or a flag are text too."""
    hostile = replace(make(0).environment, processor=HOSTILE, flags={"XLA_FLAGS": HOSTILE}, commit="<b>|`")
    write_store(store.folder, [make(3, environment=hostile, started="2025-03-01T00:00:00+00:00")])

    write_report(tmp_path, records=store.folder.parent)

    for page in (tmp_path / "linux.md", tmp_path / "README.md"):
        assert "alert" in page.read_text(encoding="utf-8")
        assert not [token for token in parse(page) if token.type.startswith("html") and "<b>" in token.content]
        assert "e.md" not in {target.name for target, _ in targets_of(page)}
        assert all({len(row) for row in table} == {len(table[0])} for table in tables_of(page))


def test_write_report_no_run_completed_is_reported(make: MakeRun, tmp_path: Path) -> None:
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
def test_write_report_stand_in_is_said_on_top_and_judges_nothing(make: MakeRun, tmp_path: Path) -> None:
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


@pytest.mark.usefixtures("few_lines")
def test_write_report_mnist_has_no_warning(records: Path, tmp_path: Path) -> None:
    """Runs on MNIST are not called a stand-in's."""
    write_report(tmp_path, records=records)

    assert "stand-in" not in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "stand-in" not in (tmp_path / "linux.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("few_lines")
def test_write_report_readme_is_replaced_between_its_marks(records: Path, tmp_path: Path) -> None:
    """The published environment's numbers stand between the marks, links lead to the report, the rest is as it was."""
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")

    written = write_report(tmp_path / "report", records=records, readme=readme)

    before, _, rest = readme.read_text(encoding="utf-8").partition("<!-- results -->\n")
    part, _, after = rest.partition("<!-- end of results -->\n")
    assert readme in written
    assert (before, after) == ("# A page\n\nResults:\n", "The end.\n")
    assert "Old results." not in part
    assert EXPERIMENT in part
    assert {file.resolve().relative_to(tmp_path.resolve()).as_posix() for file, _ in targets_of(readme)} >= {
        "report/README.md",
        "report/figures/linux/overview.svg",
    }


@pytest.mark.usefixtures("few_lines")
def test_write_report_readme_twice_is_as_once(records: Path, tmp_path: Path) -> None:
    """The marks are kept, so the part can be renewed again and again."""
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")
    write_report(tmp_path / "report", records=records, readme=readme)
    once = readme.read_bytes()

    write_report(tmp_path / "report", records=records, readme=readme)

    assert once == readme.read_bytes()


@pytest.mark.usefixtures("few_lines")
def test_write_report_readme_shows_the_largest_published_study(records: Path, make: MakeRun, tmp_path: Path) -> None:
    """A user's own runs, however many, do not get onto the front page; of others those with the most runs do."""
    write_store(records / "local", [make(seed) for seed in range(1, 20)])
    write_store(records / "the-larger", [make(seed) for seed in range(5)])
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")

    write_report(tmp_path / "report", records=records, readme=readme)

    text = readme.read_text(encoding="utf-8")
    assert "figures/the-larger/overview.svg" in text
    assert "figures/local/" not in text


@pytest.mark.usefixtures("few_lines")
def test_write_report_readme_passes_over_what_did_not_complete(records: Path, make: MakeRun, tmp_path: Path) -> None:
    """An environment without a completed run has nothing to show on the front page, however many runs it has."""
    write_store(records / "the-larger", [make_unfinished(make(seed), status="failed") for seed in range(9)])
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")

    write_report(tmp_path / "report", records=records, readme=readme)

    assert "figures/linux/overview.svg" in readme.read_text(encoding="utf-8")


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("# No marks\n", "must have the lines <!-- results -->", id="no marks"),
        pytest.param("<!-- results -->\n", "must have the lines <!-- results -->", id="one mark"),
        pytest.param(
            "<!-- end of results -->\n<!-- results -->\n", "must have the lines <!-- results -->", id="in wrong order"
        ),
        pytest.param(
            "\udce4 <!-- results -->\n<!-- end of results -->\n", "cannot be read: 'utf-8' codec", id="no UTF-8"
        ),
        pytest.param(None, "The page of --readme, .*, cannot be read", id="no page"),
    ],
)
def test_write_report_readme_without_marks_is_refused(
    records: Path, tmp_path: Path, content: str | None, message: str
) -> None:
    """A page that cannot be renewed is named, and nothing at all is written."""
    readme = tmp_path / "README.md"
    if content is not None:
        readme.write_bytes(content.encode(errors="surrogateescape"))
    before = read_tree(tmp_path)

    with pytest.raises(ReproError, match=message):
        write_report(tmp_path / "report", records=records, readme=readme)

    assert before == read_tree(tmp_path)


@pytest.mark.usefixtures("few_lines")
def test_write_report_claims_of_all_environments_are_written(records: Path, tmp_path: Path) -> None:
    """Other programs find every environment in one file, the published ones apart, and its schema beside it."""
    write_report(tmp_path / "report", records=records)

    content = json.loads((tmp_path / "report" / "claims.json").read_bytes())
    assert [entry["environment"] for entry in content["published"]] == ["linux"]
    assert [entry["environment"] for entry in content["unpublished"]] == ["local"]
    assert (tmp_path / "report" / content["$schema"]).read_text(encoding="utf-8") == read_schema()


def test_check_report_untouched_report_passes(records: Path, tmp_path: Path) -> None:
    """What was just written is what the records give, with its figures and its front page."""
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")
    write_report(tmp_path / "report", records=records, readme=readme)
    before = read_tree(tmp_path)

    assert check_report(tmp_path / "report", records=records, readme=readme) == []
    assert before == read_tree(tmp_path)


@pytest.mark.parametrize("change", [b"Matplotlib 3.0", b"nobody"], ids=["other libraries", "unknown ones"])
def test_check_report_page_with_others_figures_is_compared_without_them(
    records: Path, tmp_path: Path, change: bytes
) -> None:
    """Figures that other libraries drew make no difference to the page, and any other byte does."""
    write_report(tmp_path / "report", records=records)
    page = tmp_path / "report" / "index.html"
    foreign = re.sub(
        rb"(<!-- figure by )[^>]*( -->).*?(<!-- end)", rb"\1%s\2other shapes\3" % change, page.read_bytes()
    )
    assert b"other shapes" in foreign

    page.write_bytes(foreign)
    assert check_report(tmp_path / "report", records=records) == []
    page.write_bytes(foreign.replace(b"reproduce", b"reproduces", 1))
    assert len(check_report(tmp_path / "report", records=records)) == 1
    page.write_bytes(foreign.replace(b"<!-- end of figure -->", b"", 1))
    assert len(check_report(tmp_path / "report", records=records)) == 1


def test_check_report_changed_figure_on_the_page_is_found(records: Path, tmp_path: Path) -> None:
    """A figure on the page that the same libraries drew otherwise is a difference."""
    write_report(tmp_path / "report", records=records)
    page = tmp_path / "report" / "index.html"
    page.write_bytes(page.read_bytes().replace(b'fill="#0072b2"', b'fill="#0072b3"', 1))

    (difference,) = check_report(tmp_path / "report", records=records)

    assert difference.startswith(f"{page} is not what the records give.")


def test_check_report_changed_figure_of_the_same_libraries_is_found(records: Path, tmp_path: Path) -> None:
    """One changed byte in a figure differs; in one that says it is of another Matplotlib it does not count."""
    write_report(tmp_path / "report", records=records)
    changed = tmp_path / "report" / "figures" / "linux" / "overview.svg"
    foreign = tmp_path / "report" / "figures" / "local" / "overview.svg"
    changed.write_bytes(changed.read_bytes() + b"\n")
    foreign.write_bytes(re.sub(rb"Matplotlib [0-9.]+", b"Matplotlib 0.1", foreign.read_bytes()) + b"\n")

    differences = check_report(tmp_path / "report", records=records)

    assert differences == [f"{changed} is not what the records give. Write it again with `mnist-repro report`."]


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize(
    "name", ["README.md", "linux.md", "local.md", "claims.json", "claims.schema.json", "index.html"]
)
@pytest.mark.parametrize(
    "change", [b"?", b"<dc:title>Another</dc:title></cc:Agent>"], ids=["character", "like a figure"]
)
def test_check_report_changed_page_is_found(records: Path, tmp_path: Path, name: str, change: bytes) -> None:
    """A change to any page is named, and it alone, also where the page says like a figure who drew it."""
    write_report(tmp_path / "report", records=records)
    page = tmp_path / "report" / name
    content = page.read_bytes()
    page.write_bytes(change + content[1:])

    (difference,) = check_report(tmp_path / "report", records=records)

    assert difference.startswith(f"{page} is not what the records give.")


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize("name", ["linux.md", "figures/linux/overview.svg"], ids=["page", "figure"])
def test_check_report_missing_file_is_found(records: Path, tmp_path: Path, name: str) -> None:
    """What is not there is named, and is not written."""
    write_report(tmp_path / "report", records=records)
    (tmp_path / "report" / name).unlink()

    assert check_report(tmp_path / "report", records=records) == [
        f"{tmp_path / 'report' / name} is missing. Write it with `mnist-repro report`."
    ]
    assert not (tmp_path / "report" / name).exists()


@pytest.mark.usefixtures("few_lines")
def test_check_report_new_record_makes_a_difference(records: Path, make: MakeRun, tmp_path: Path) -> None:
    """After one more run the pages that show it are not what the records give, and the others still are."""
    write_report(tmp_path / "report", records=records)
    write_store(records / "local", [make(1)])

    differences = check_report(tmp_path / "report", records=records)

    assert [Path(line.split()[0]).name for line in differences] == [
        "README.md",
        "claims.json",
        "index.html",
        "local.md",
    ]


@pytest.mark.usefixtures("few_lines")
def test_check_report_changed_readme_is_found(records: Path, tmp_path: Path) -> None:
    """Numbers on the front page that the records do not give are found; its other text is nobody's business."""
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")
    write_report(tmp_path / "report", records=records, readme=readme)
    text = readme.read_text(encoding="utf-8")

    readme.write_text(text.replace("The end.", "Another end."), encoding="utf-8")
    assert check_report(tmp_path / "report", records=records, readme=readme) == []
    readme.write_text(text.replace(EXPERIMENT, "tf1-basic", 1), encoding="utf-8")
    assert len(check_report(tmp_path / "report", records=records, readme=readme)) == 1


def test_report_without_tensorflow_is_written(records: Path, tmp_path: Path) -> None:
    """The command writes the report where importing TensorFlow or Keras is an error."""
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
        "from mnist_repro.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["report", "--records", str(records), "--output", str(tmp_path / "report")]

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "report" / "linux.md").is_file()
