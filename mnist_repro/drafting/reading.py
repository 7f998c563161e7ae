"""Files of every kind become one text with cells. Nothing of them is run, and reading has limits."""

from __future__ import annotations

import re
from pathlib import Path

from mnist_repro.documents.toml_schema import read_bounded
from mnist_repro.drafting.markup import read_html, read_markdown, read_restructured
from mnist_repro.drafting.notebooks import read_notebook
from mnist_repro.drafting.terminal import apply_controls
from mnist_repro.drafting.text import StoredText
from mnist_repro.drafting.transcripts import is_transcript, read_transcript
from mnist_repro.errors import ReproError

MOST_BYTES = 32 << 20
MOST_LINES = 50_000
MOST_COLUMNS = 20_000

_PROGRAMS = frozenset({".py", ".jl", ".rs", ".r"})
_MARKUP = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".rst": read_restructured,
}

# What a text is whose name does not say it.
_SIGNS = (
    (re.compile(r"^\.\. [\w-]+::", re.MULTILINE), read_restructured),
    (re.compile(r"^```", re.MULTILINE), read_markdown),
)


def read_file(file: Path) -> StoredText:
    """Read a notebook, Markdown, HTML, reStructuredText, a text with cells, or a log.

    Raises
    ------
    ReproError
        If the file cannot be read, is too large, or is not what its name says.
    """
    try:
        content = read_bounded(file, most_bytes=MOST_BYTES).removeprefix("\ufeff")
        text = read_content(content, suffix=file.suffix.lower())
    except UnicodeDecodeError as error:
        msg = f"A file is read as UTF-8; {file} is not: {error}. Save it again as UTF-8."
        raise ReproError(msg) from error
    except OSError as error:
        msg = f"FILE names a notebook, a page or a log; {file} cannot be read: {error}. Correct the path."
        raise ReproError(msg) from error
    except RecursionError:
        msg = f"{file} is nested too deeply to be read. Draft the part of it that has the results."
        raise ReproError(msg) from None
    except ValueError as error:
        msg = f"{file} cannot be read: {error}. Draft the part of it that has the results, as a file of its own."
        raise ReproError(msg) from error
    if not text.lines or not any(line.text.strip() for line in text.lines):
        msg = f"FILE has printed output; {file} is empty. Store its outputs first."
        raise ReproError(msg)
    return text


def check_size(lines: list[str]) -> list[str]:
    """Return the lines, or raise a ValueError if they are too many or too long."""
    if len(lines) > MOST_LINES:
        msg = f"at most {MOST_LINES:,} lines are read; it has {len(lines):,}"
        raise ValueError(msg)
    if (longest := max(map(len, lines), default=0)) > MOST_COLUMNS:
        msg = f"a line has at most {MOST_COLUMNS:,} letters; one of its lines has {longest:,}"
        raise ValueError(msg)
    return lines


def read_content(content: str, *, suffix: str) -> StoredText:
    """Read the content of a file whose name ends with `suffix`.

    Raises
    ------
    ReproError, ValueError
        If it is not what its name says, or is too large.
    """
    if suffix == ".ipynb":
        text = read_notebook(content)
    elif suffix in _MARKUP:
        check_size(content.split("\n"))
        text = _MARKUP[suffix](content)
    elif suffix in _PROGRAMS:
        text = StoredText()
        text.add_cell("program")
        text.add(check_size(apply_controls(content)), kind="source")
    elif kind := next((reader for sign, reader in _SIGNS if sign.search(content)), None):
        check_size(content.split("\n"))
        text = kind(content)
    else:
        lines = content.split("\n")
        if not is_transcript(content):
            lines = apply_controls(content)
        check_size(lines)
        text = read_transcript(lines) if is_transcript(content) else _read_log(lines)
    check_size([line.text for line in text.lines])
    return text


def _read_log(lines: list[str]) -> StoredText:
    text = StoredText()
    text.add_cell("log", language="none")
    text.add(lines, kind="output")
    return text
