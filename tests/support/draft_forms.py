"""What `draft` reads: a log, files of every form, and what docs/draft.md shows of them, a table and commands' output.

python tests/support/draft_forms.py
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from git_files import commit, make_notebook

from mnist_repro.cli.main import main
from mnist_repro.drafting.draft import Draft, draft_file

try:
    import tomllib
except ImportError:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "drafting" / "files"
PAGE = ROOT / "docs" / "draft.md"
_CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)
_TABLE = re.compile(r"(?<=<!-- forms -->\n).*?(?=<!-- /forms -->)", re.DOTALL)


class Form(NamedTuple):
    """A file, and the claims that a person finds in it with the best guesses."""

    file: Path
    form: str
    claims: list[str]  #: such as "test-loss.2 0.125": quantity, period, printed


def draft_log(folder: Path, text: str, **answers: str) -> Draft:
    """Draft a log with this text; in the keys of answers two underscores stand for a point."""
    (folder / "a.log").write_text(text, encoding="utf-8")
    return draft_file(folder / "a.log", answers={key.replace("__", "."): value for key, value in answers.items()})


def read_forms() -> list[Form]:
    """Return all of them."""
    expected = tomllib.loads((FILES / "expected.toml").read_text(encoding="utf-8"))
    return [Form(FILES / name, entry["form"], sorted(entry["claims"])) for name, entry in expected.items()]


def read_claims(file: Path) -> list[str]:
    """Return the claims that `draft` finds in a file."""
    claims = draft_file(file, answers={}).claims
    return sorted(f"{c.quantity}{f'.{c.period}' if c.period else ''} {c.printed}" for c in claims)


def renew(page: str) -> str:
    """Return the page with the table of today's readings, and below each command what it prints."""
    shown = {command: "".join(f"{line.rstrip()}\n" for line in lines) for command, _, lines in run_commands(page)}
    page = _CONSOLE.sub(lambda block: "".join(f"$ {each}\n{shown[each]}" for each in _COMMAND.findall(block[0])), page)
    return _TABLE.sub(lambda _: _format_table(), page)


def run_commands(page: str) -> Iterator[tuple[str, int, list[str]]]:
    """Run the commands of a page in a folder with its files, and yield each with its exit code and what it prints.

    What `list` prints of other documents, and JSON, is left out.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            shutil.copy(FILES / "keras2_bars.ipynb", "notebook.ipynb")
            for date, source in (("2018-03-17", "loss = mean(x)"), ("2018-09-15", "loss = sum(x)")):
                notebook = make_notebook((source, "Test loss: 0.25\nTest accuracy: 0.91\n"))
                commit(Path("clone"), date, notebook__ipynb=notebook)
            for command in (each for block in _CONSOLE.findall(page) for each in _COMMAND.findall(block)):
                with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
                    code = main(shlex.split(command)[1:])
                is_left_out = command.endswith("--json") or command.startswith("mnist-repro list")
                yield command, code, [] if is_left_out else printed.getvalue().splitlines()
        finally:
            os.chdir(before)


def _format_table() -> str:
    rows = ["| form | file | numbers | read rightly | read wrongly |", "|---|---|--:|--:|--:|"]
    for form in read_forms():
        found = read_claims(form.file)
        right = sum(claim in form.claims for claim in found)
        rows.append(
            f"| {form.form} | `{form.file.name}` | {len(form.claims)} | {right} of {len(form.claims)} "
            f"| {len(found) - right} |"
        )
    return "\n" + "\n".join(rows) + "\n\n"


if __name__ == "__main__":
    PAGE.write_text(renew(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
