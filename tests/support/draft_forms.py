"""The files of every form that `draft` reads, what a person reads in them, and the table of both in docs/draft.md.

python tests/support/draft_forms.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from mnist_repro.drafting.draft import draft_file
from mnist_repro.errors import ReproError

try:
    import tomllib
except ImportError:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "drafting" / "files"
PAGE = ROOT / "docs" / "draft.md"
# Their numbers have no unit in `claims.toml`, and the draft says so.
REFUSED = frozenset({"nielsen_counts.log"})
_TABLE = re.compile(r"(?<=<!-- forms -->\n).*?(?=<!-- /forms -->)", re.DOTALL)


class Form(NamedTuple):
    """A file, and the claims that a person finds in it with the best guesses."""

    file: Path
    form: str
    claims: list[str]  #: such as "test-loss.2 0.125": quantity, period, printed


def read_forms() -> list[Form]:
    """Return all of them."""
    expected = tomllib.loads((FILES / "expected.toml").read_text(encoding="utf-8"))
    return [Form(FILES / name, entry["form"], sorted(entry["claims"])) for name, entry in expected.items()]


def read_claims(file: Path) -> list[str]:
    """Return the claims that `draft` finds in a file; none where it refuses the file."""
    try:
        claims = draft_file(file, answers={}).claims
    except ReproError:
        return []
    return sorted(f"{c.quantity}{f'.{c.period}' if c.period else ''} {c.printed}" for c in claims)


def renew(page: str) -> str:
    """Return the page with the table of today's readings."""
    rows = ["| form | file | numbers | read rightly | read wrongly |", "|---|---|--:|--:|--:|"]
    for form in read_forms():
        found = read_claims(form.file)
        right = sum(claim in form.claims for claim in found)
        rows.append(
            f"| {form.form} | `{form.file.name}` | {len(form.claims)} | {right} of {len(form.claims)} "
            f"| {len(found) - right} |"
        )
    return _TABLE.sub(lambda _: "\n" + "\n".join(rows) + "\n\n", page)


if __name__ == "__main__":
    PAGE.write_text(renew(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
