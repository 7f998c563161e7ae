"""The front page: the part of it that shows results."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_reports import EXPERIMENT, PAGE, read_tree, write_report
from made_up_runs import MakeRecord, make_unfinished, write_store
from markdown_pages import targets_of

from mnist_repro.errors import ReproError


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
def test_write_report_readme_shows_the_largest_published_study(records: Path, make: MakeRecord, tmp_path: Path) -> None:
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
def test_write_report_readme_passes_over_what_did_not_complete(records: Path, make: MakeRecord, tmp_path: Path) -> None:
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
