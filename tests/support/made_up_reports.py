"""What the tests of the report share: whose runs are reported, a front page, and what a folder holds."""

from __future__ import annotations

from pathlib import Path

from mnist_repro.comparison.results import Results, load_results
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.reporting import checking, report

EXPERIMENT = "julia-linear-lr0.02"
HOSTILE = "ValueError: a | b\n\n# `c` <script>alert(1)</script> [d](e.md) </details>\n| --- |"
PAGE = """# A page

Results:
<!-- results -->
Old results.
<!-- end of results -->
The end.
"""


def read_tree(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def _load(records: Path, *, baseline: Path | None = None, matrix: Path | None = None) -> Results:
    return load_results(records, catalogue=load_catalogue(), baseline=baseline, matrix=matrix)


def write_report(output: Path, *, records: Path, readme: Path | None = None, **beside: Path) -> list[Path]:
    """Write the report of the records in a folder, with what is `beside`: baseline and matrix."""
    return report.write_report(_load(records, **beside), output, readme=readme)


def check_report(
    output: Path, *, records: Path, readme: Path | None = None, lock: Path | None = None, **beside: Path
) -> list[str]:
    """Compare a report with the records in a folder, with what is `beside`: baseline and matrix."""
    return checking.check_report(
        _load(records, **beside), output, readme=readme, lock=lock, beside=[records, *beside.values()]
    )
