"""Reports that are false, each by one change of a page, a figure or a record: `report --check` finds it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up_reports import EXPERIMENT, check_report

from mnist_repro.errors import ReproError
from mnist_repro.reporting.figures.style import describe_libraries

OLDER = "Matplotlib 3.0.1, Pillow 6.2"
SCRIPT = b"<script>alert(1)</script>"
HEADING = b"<h2>All claims reproduce</h2>"

Change = Callable[[Path], object]


def edit(name: str, old: str, new: bytes) -> Change:
    """Return a function that replaces the first match of a pattern in a file of the report."""

    def change(report: Path) -> None:
        content, changes = re.subn(old.encode(), lambda _: new, (report / name).read_bytes(), count=1, flags=re.DOTALL)
        assert changes
        (report / name).write_bytes(content)

    return change


def redraw(name: str, old: str, new: bytes, *, by: str = OLDER) -> Change:
    """Return a function that does the same, and lets all figures of the file say that other libraries drew them."""

    def change(report: Path) -> None:
        edit(name, old, new)(report)
        content = (report / name).read_bytes()
        (report / name).write_bytes(content.replace(describe_libraries().encode(), by.encode()))

    return change


def add(name: str, content: bytes = b"# Fine\n") -> Change:
    """Return a function that adds a file to the report."""

    def change(report: Path) -> None:
        (report / name).parent.mkdir(parents=True, exist_ok=True)
        (report / name).write_bytes(content)

    return change


FIGURE = f"figures/local/{EXPERIMENT}-curves.svg"
FALSE_PAGES = {
    "number in words": edit("README.md", "not run", b"reproduced"),
    "number of an environment": edit("linux.md", r"\| 2 \|", b"| 200 |"),
    "verdict for programs": edit("claims.json", '"not run": \\d+', b'"not run": 0'),
    "heading and script in a figure of the page": redraw("index.html", "(?<=<!-- end of figure -->)", HEADING + SCRIPT),
    "script behind a comment that begins a figure": redraw(
        "index.html", "<!-- end of figure -->", HEADING + SCRIPT + b"<!-- end of figure -->"
    ),
    "empty file for a figure": add(FIGURE, b""),
    "figure that says nothing of its libraries": edit(FIGURE, "<dc:creator>.*?</dc:creator>", b""),
    "figure by unknown libraries": redraw(FIGURE, "stroke: #0072b2", b"stroke: #009900", by="A careful hand"),
    "figure with a script": redraw(FIGURE, "</svg>", SCRIPT + b"</svg>"),
    "page of no environment": add("py99-tf9.md"),
    "figure of no environment": add("figures/py99-tf9/overview.svg", b"<svg/>"),
}


@pytest.fixture(params=["as here", "older"])
def lock(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return requirements that pin the libraries that draw here, or older ones, by which the figures pretend to be."""
    matplotlib, pillow = re.findall(r"\d[\w.]*", describe_libraries() if request.param == "as here" else OLDER)
    file = tmp_path / "reference.txt"
    file.write_text(f"matplotlib==2.9.9 \\\nmatplotlib=={matplotlib} \\\npillow=={pillow} \\\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("change", FALSE_PAGES.values(), ids=FALSE_PAGES)
def test_check_report_false_page_is_found(records: Path, report: Path, lock: Path, change: Change) -> None:
    """One change of a page or a figure is found, and it alone, whichever libraries draw."""
    change(report)

    assert len(check_report(report, records=records, lock=lock)) == 1


@pytest.mark.parametrize("name", ["index.html", FIGURE], ids=["page", "file"])
def test_check_report_figures_of_the_published_libraries_may_have_other_shapes(
    records: Path, report: Path, lock: Path, name: str
) -> None:
    """What the locked versions drew is compared by all but its shapes where others draw, and by all where they do."""
    redraw(name, "M 0 0", b"M 0.1 0.1")(report)
    exempt = OLDER.split()[1].rstrip(",") in lock.read_text(encoding="utf-8")

    assert len(check_report(report, records=records, lock=lock)) == (0 if exempt else 1)
    assert check_report(report, records=records) == []


def test_check_report_figure_with_few_shapes_is_found(records: Path, report: Path) -> None:
    """No version draws a figure with less than half of the shapes."""
    redraw(FIGURE, '<g id="figure_1">.*</g>', b"<g/>")(report)

    assert len(check_report(report, records=records)) == 1


def test_check_report_hidden_files_are_nobodys_business(records: Path, undrawn: Path) -> None:
    """What file managers leave is no page."""
    add(".DS_Store")(undrawn)

    assert check_report(undrawn, records=records) == []


def put(*way: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return a function that puts a value into a record, or what a function makes of the one there."""

    def change(tree: Any) -> None:
        *path, last = way
        for key in path:
            tree = tree[key]
        tree[last] = value(tree[last]) if callable(value) else value

    return change


CHANGED_RECORDS = {
    "status": put("status", value="diverged"),
    "reason": put("reason", value="none"),
    "seed": put("seed", value=7),
    "training code": put("training_sha256", value="d" * 64),
    "protocol": put("protocol_sha256", value="d" * 64),
    "dataset": put("dataset", value="digits"),
    "images": put("dataset_sha256", value="d" * 64),
    "started": put("started", value="2024-01-31T12:00:00+00:00"),
    "first call": put("first_call_seconds", value=2.5),
    "evaluation": put("evaluation_seconds", value=0.25),
    "total time": put("total_seconds", value=3.001),
    "period's time": put("periods", 2, "seconds", value=0.249),
    "Python": put("environment", "python", value="3.12.1"),
    "TensorFlow": put("environment", "tensorflow", value="2.20.0"),
    "Keras": put("environment", "keras", value="3.9.0"),
    "NumPy": put("environment", "numpy", value="2.0.0"),
    "SciPy": put("environment", "scipy", value="1.14.0"),
    "scikit-learn": put("environment", "scikit_learn", value="1.5.0"),
    "system": put("environment", "system", value="Darwin arm64"),
    "processor": put("environment", "processor", value="Another"),
    "threads": put("environment", "threads", value=2),
    "flags": put("environment", "flags", value={}),
    "commit": put("environment", "commit", value="f" * 40),
    "changes": put("environment", "dirty", value=True),
    "step": put("periods", 2, "step", value=31),
    "rate": put("periods", 2, "learning_rate", value=0.03),
    "unclaimed accuracy": put("periods", 2, "accuracy", "training images 7501-10000", value=0.8),
    "unclaimed loss": put("periods", 2, "loss", "training images 7501-10000", value=lambda loss: loss + 0.001),
}


@pytest.mark.parametrize("change", CHANGED_RECORDS.values(), ids=CHANGED_RECORDS)
def test_check_report_changed_record_is_found(
    records: Path, undrawn: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    """Whatever field of a record changes, a page says so, or the record is refused."""
    file = records / "linux" / "runs.jsonl"
    first, *others = file.read_text(encoding="utf-8").splitlines(keepends=True)
    tree = json.loads(first)
    change(tree)
    file.write_text("".join([f"{json.dumps(tree)}\n", *others]), encoding="utf-8")

    try:
        found = check_report(undrawn, records=records)
    except ReproError as refused:
        found = [str(refused)]

    assert found


def test_tables_are_as_large_as_documented() -> None:
    """docs/reliability.md tells of 28 changes of a record and 11 of a page."""
    assert (len(CHANGED_RECORDS), len(FALSE_PAGES)) == (28, 11)
