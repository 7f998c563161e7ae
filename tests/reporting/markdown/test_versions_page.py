"""The page of versions: every environment that there should be is on it, and what it says is what the records say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_reports import check_report, write_report
from made_up_runs import make_unfinished, write_store
from made_up_studies import SPREAD, Study, make_study

from mnist_repro.cli.main import main
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment, training_code_sha256
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.figures import report as figures

TOX = """[tox]
labels =
    matrix = old, odd, session, never, failed, late, few
"""


@pytest.fixture(scope="module")
def study(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return a function that makes 20 runs of every experiment by today's code."""

    def make(*, keras: str = "3.10.0", seeds: range = range(20), **options: float) -> list[RunRecord]:
        made_in = replace(environment, keras=keras)
        return [
            replace(run, training_sha256=training_code_sha256())
            for protocol in protocols.values()
            for run in make_study(protocol, seeds, environment=made_in, **options)  # type: ignore[arg-type]
        ]

    return make


@pytest.fixture(scope="module", autouse=True)
def _no_own_figures() -> Iterator[None]:
    """Draw no environment's own figures, which are none of these tests' matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "list_environment_figures", lambda *_, **__: {})
        yield


@pytest.fixture(scope="module")
def written(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with records of six environments, the file of the matrix that names seven, and the report."""
    folder = tmp_path_factory.mktemp("versions")
    records = folder / "reports" / "records"
    runs = study()
    stores = {
        "reference": study(seeds=range(22)),
        "old": runs,
        "odd": study(stream=1, shift=-4 * SPREAD),
        "session": [replace(run, training_sha256="b" * 64) for run in study(keras="none, a graph session")],
        "failed": [make_unfinished(runs[0], status="failed", reason="out of memory"), *runs[1:]],
        "late": [replace(run, protocol_sha256="0" * 64) for run in runs],
        "few": runs[3:],
    }
    for name, made in stores.items():
        write_store(records / name, made)
    (folder / "tox.ini").write_text(TOX, encoding="utf-8")
    write_report(folder / "reports", records=records, matrix=folder / "tox.ini")
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return tmp_path


def keep_stores(folder: Path, *names: str) -> Path:
    """Remove the records of all other environments, and return the folder of the records."""
    records = folder / "reports" / "records"
    for store in records.iterdir():
        if store.name not in names:
            shutil.rmtree(store)
    return records


def read_rows(folder: Path) -> dict[str, str]:
    """Return the lines of the page of versions, by what they begin with."""
    reports = folder / "reports"
    lines = (reports / "versions.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {row[0].split("]")[0].strip("[`"): " | ".join(row[1:]) for row in reversed(rows)}


def test_versions_page_names_every_environment_with_its_state(written: Path) -> None:
    """What is missing, failed, out of date or has too few runs is on the page, and says so."""
    rows = read_rows(written)

    assert rows["never"].endswith("**missing**: `python3 -m tox run -e never` makes its runs")
    assert rows["failed"].endswith("**failed runs**: 1 run did not complete")
    assert rows["late"].endswith("**out of date**: its runs are of earlier protocols")
    assert rows["session"].endswith("**out of date**: its runs were made by earlier code")
    assert rows["few"].endswith("**incomplete**: 3 runs of the profile `versions` missing")
    assert rows["old"].endswith("120 | complete")
    assert "graph session" in rows["session"]


def test_versions_page_session_of_todays_code_is_complete(folder: Path) -> None:
    """Runs of the graph session are known by the file that stands beside the matrix."""
    script = folder / "benchmarks" / "era" / "tf1_session.py"
    script.parent.mkdir(parents=True)
    script.write_bytes(b"print('a session')\r\n")
    records = keep_stores(folder, "reference", "session")
    store = records / "session" / "runs.jsonl"
    # The hash of the script with the line ends of any system.
    known = "05d6338720467836ca94cee8d86a7692eb04e126369bb14c44dbf4bb0a4bf3db"
    store.write_text(store.read_text(encoding="utf-8").replace("b" * 64, known), encoding="utf-8")

    write_report(folder / "reports", records=records, matrix=folder / "tox.ini")

    assert read_rows(folder)["session"].endswith("complete")


def test_versions_page_odd_version_is_told(written: Path) -> None:
    """A version with other numbers is said to differ, on its own page and on the front page; others are not."""
    page = (written / "reports" / "versions.md").read_text(encoding="utf-8")
    front = (written / "reports" / "README.md").read_text(encoding="utf-8")
    pairs = [line for line in page.splitlines() if line.startswith("| `") and line.endswith("| &lt; 0.01 |")]
    assert pairs
    assert all("`odd`" in line for line in pairs)
    told = [line for line in front.splitlines() if line.startswith("| `odd` |")]
    assert ["**different** in" in line for line in told] == [True]
    assert [line for line in front.splitlines() if line.startswith("| `old` |") and "equal bit for bit" in line]
    assert [line for line in front.splitlines() if line.startswith("| `never` |") and "**missing**" in line]


def test_versions_page_opens_with_what_no_difference_is_worth(written: Path) -> None:
    """The bound stands first, on all three pages; classes, tests and the visible shift are there by experiment."""
    page, front, html = (
        (written / "reports" / name).read_text(encoding="utf-8") for name in ("versions.md", "README.md", "index.html")
    )
    opening = re.compile(
        r"No version moves a final accuracy by more than \S+ points \(95 %, all together\)\. "
        r"These are 6 environments with 1 version of TensorFlow; .* "
        r"Up to rounding they are 2 classes of equal runs in an experiment, whose 6 pairs are tested: "
        r"6 differ significantly \(Holm, 5 %\)\."
    )

    assert opening.match(page.splitlines()[2])
    assert opening.search(front)
    assert opening.search(" ".join(html.split()))
    rows = [line.split(" | ") for line in page.partition("## Differences")[2].splitlines() if line.startswith("| tf1-")]
    bounds = [row for row in rows if len(row) == 4]
    assert len(bounds) == 3
    assert all(re.fullmatch(r"\d\.\d\d points", row[1]) and "sd, " in row[2] and "sd, " in row[3] for row in bounds)
    assert [row[1:4] for row in rows if len(row) == 6] == [["6", "2", "1"]] * 3


def test_versions_page_front_page_shows_the_reference_alone_in_full(written: Path) -> None:
    """The claims of every version would flood the front page: it has those of the environment outside the matrix."""
    front = (written / "reports" / "README.md").read_text(encoding="utf-8")
    assert "Every claim in reference" in front
    assert "Every claim in old" not in front


def test_versions_page_is_the_same_each_time(folder: Path) -> None:
    """Of a second report only the altered page has other bytes, and that is noticed."""
    reports = folder / "reports"
    page = reports / "versions.md"
    page.write_text(page.read_text(encoding="utf-8").replace("complete", "COMPLETE", 1), encoding="utf-8")

    (complaint,) = check_report(reports, records=reports / "records", matrix=folder / "tox.ini")

    assert str(page) in complaint


def test_report_verb_takes_the_matrix_beside_the_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an option, the environments are those of the tox.ini beside the report's folder."""
    reports, records = folder / "reports", keep_stores(folder, "reference")

    assert main(["report", "--publish", "--records", str(records), "--output", str(reports)]) == 0

    assert "`never`" in (reports / "versions.md").read_text(encoding="utf-8")
    assert str(reports / "versions.md") in capsys.readouterr().out


def test_report_verb_broken_matrix_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A matrix that cannot be read ends with one line and exit code 2."""
    reports = folder / "reports"
    (folder / "tox.ini").write_text("no section", encoding="utf-8")

    assert main(["report", "--publish", "--records", str(reports / "records"), "--output", str(reports)]) == 2

    assert "cannot be read" in capsys.readouterr().err


def test_versions_page_has_the_difference_of_each_versions_losses(written: Path) -> None:
    """Beside equal runs there is none; a version that gives other numbers has one of each experiment."""
    page = (written / "reports" / "versions.md").read_text(encoding="utf-8")
    lines = page.partition("Mean difference of the final loss")[2].splitlines()[4:10]
    rows = {line.split("`")[1]: [cell.strip() for cell in line.split("|")[2:-1]] for line in lines if "`" in line}

    assert rows["old"] == ["0"] * 6
    assert all(re.fullmatch(r"\+\S+ \(\+\S+ to \+\S+\)", cell) for cell in rows["odd"]), rows["odd"]
    assert "reference" not in rows
