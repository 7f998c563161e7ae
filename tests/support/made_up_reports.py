"""What the tests of the report share: whose runs are reported, a front page, and what a folder holds."""

from __future__ import annotations

from pathlib import Path

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
