"""A report that is compared with its records: what differs is found, and what may differ is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_reports import EXPERIMENT, PAGE, check_report, read_tree, write_report
from made_up_runs import MakeRecord, write_store


def test_check_report_untouched_report_passes(records: Path, tmp_path: Path) -> None:
    """What was just written is what the records give, with its figures and its front page."""
    readme = tmp_path / "README.md"
    readme.write_text(PAGE, encoding="utf-8")
    write_report(tmp_path / "report", records=records, readme=readme)
    before = read_tree(tmp_path)

    assert check_report(tmp_path / "report", records=records, readme=readme) == []
    assert before == read_tree(tmp_path)


def test_check_report_changed_figure_on_the_page_is_found(records: Path, report: Path) -> None:
    """A figure on the page that the same libraries drew otherwise is a difference."""
    page = report / "index.html"
    page.write_bytes(page.read_bytes().replace(b'stroke="#0072b2"', b'stroke="#0072b3"', 1))

    (difference,) = check_report(report, records=records)

    assert difference.startswith(f"{page} is not what the records give.")


@pytest.mark.parametrize(
    "name", ["README.md", "linux.md", "local.md", "claims.json", "claims.schema.json", "index.html"]
)
@pytest.mark.parametrize(
    "change", [b"?", b"<dc:title>Another</dc:title></cc:Agent>"], ids=["character", "like a figure"]
)
def test_check_report_changed_page_is_found(records: Path, undrawn: Path, name: str, change: bytes) -> None:
    """A change to any page is named, and it alone, also where the page says like a figure who drew it."""
    page = undrawn / name
    content = page.read_bytes()
    page.write_bytes(change + content[1:])

    (difference,) = check_report(undrawn, records=records)

    assert difference.startswith(f"{page} is not what the records give.")


@pytest.mark.parametrize("name", ["linux.md", "figures/linux/overview.svg"], ids=["page", "figure"])
def test_check_report_missing_file_is_found(records: Path, undrawn: Path, name: str) -> None:
    """What is not there is named, and is not written."""
    (undrawn / name).unlink()

    assert check_report(undrawn, records=records) == [
        f"{undrawn / name} is missing. Write it with `mnist-repro report --publish`."
    ]
    assert not (undrawn / name).exists()


def test_check_report_new_record_makes_a_difference(records: Path, make: MakeRecord, undrawn: Path) -> None:
    """After one more run the pages that show it are not what the records give, and the others still are."""
    write_store(records / "local", [make(1)])

    differences = check_report(undrawn, records=records)

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
