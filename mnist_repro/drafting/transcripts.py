"""Texts that were copied from a notebook, with its labels ``In [3]:`` and ``Out[3]:``."""

from __future__ import annotations

import ast
import re
import warnings

from mnist_repro.drafting.text import Kind, StoredText

_IN = re.compile(r"^\s*In[ \xa0]?\[(\d+| )\]:?\s*$", re.MULTILINE)
_OUT = re.compile(r"^\s*Out[ \xa0]?\[\d+\]:")
_HEADING = re.compile(r"#{1,6} \S")
_NUMBER = r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?"
# A marker with its number and then more, a word that names a result before a number, or a progress bar.
_PRINTED = re.compile(
    rf"""^\W*(?:train\s)?(?:epoch|period|iteration|step|minibatch)[\s:\[=]*\d+\b.*[:,=|\d]
       | ^[^"'`\[\]=]*\b(?:acc|accuracy|loss|score|error|errors|cost)\b[^"'`\[\]]*[:=]\s+{_NUMBER}\s*%?\s*$
       | \d+%\|.*\|\s*\d+/\d+\s*\[ | ^\s*\d+/\d+\s+(?:\[[=>.]+\]|━)""",
    re.VERBOSE | re.IGNORECASE,
)
_HEADER = re.compile(r"[A-Z][\w ()]*(?::|\.\.\.)$")
_MOST_TRIES = 50
_PROSE_WORDS = 6


def is_transcript(content: str) -> bool:
    """Return whether a text has the labels of cells."""
    return _IN.search(content) is not None


def looks_printed(line: str) -> bool:
    """Return whether a line is one that training prints, whatever the language."""
    return _PRINTED.search(line) is not None


def is_python(code: str) -> bool:
    """Return whether `code` is Python, which is read here and never run."""
    return _find_error(code) is None


def read_transcript(lines: list[str]) -> StoredText:
    """Read a text with labels: what follows a label is source, then output, then perhaps prose."""
    starts = [number for number, line in enumerate(lines) if _IN.match(line)]
    cells = list(zip(starts, [*starts[1:], len(lines)], strict=True))
    # Of Python, every cell ends with a whole statement.
    pure = [_find_python_end(lines[first + 1 : stop]) for first, stop in cells]
    is_all_python = 2 * sum(end is not None for end in pure) > len(pure)
    text = StoredText()
    text.add_cell("text", order=-1, language="none")
    text.add(lines[: starts[0]], kind="prose")
    for (first, stop), end in zip(cells, pure, strict=True):
        label = lines[first].replace("\xa0", " ").strip().rstrip(":")
        text.add_cell(label, language="python" if is_all_python else "other")
        text.add([lines[first]], kind="label")
        inside = lines[first + 1 : stop]
        printed = _find_printed(inside)
        source = end if is_all_python and end is not None else printed
        _add_cell_lines(text, inside, source=min(source, printed))
    return text


def _find_printed(lines: list[str]) -> int:
    """Return the index of the first line that a program must have printed, with the headings above it."""
    first = next((i for i, line in enumerate(lines) if _OUT.match(line) or looks_printed(line)), len(lines))
    while 0 < first < len(lines) and _HEADER.match(lines[first - 1]):
        first -= 1
    return first


def _find_python_end(lines: list[str]) -> int | None:
    """Return how many of the first lines are Python, up to a blank one; None where the first paragraph is none."""
    end = _find_printed(lines)
    for _ in range(_MOST_TRIES):
        wrong = _find_error("\n".join(lines[:end]))
        if wrong is None:
            return end
        end = next((i for i in range(min(wrong, end) - 1, 0, -1) if not lines[i].strip()), 0)
        if end == 0:
            return None
    return None


def _find_error(code: str) -> int | None:
    """Return the first line, counted from 1, that is no Python; None where all is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        return 1
    return None


def _add_cell_lines(text: StoredText, lines: list[str], *, source: int) -> None:
    text.add(lines[:source], kind="source")
    kind: Kind = "output"
    for line in lines[source:]:
        if looks_printed(line) or _OUT.match(line):
            kind = "output"
        elif _is_prose(line):
            kind = "prose"
        text.add([line], kind="label" if _OUT.match(line) else kind)


def _is_prose(line: str) -> bool:
    """Return whether a line is a heading or words of a person."""
    words = [word for word in line.split() if word.strip("(),.;:!?").isalpha()]
    is_sentence = len(words) >= _PROSE_WORDS and 2 * len(words) > len(line.split()) and line.lstrip()[0].isalpha()
    return bool(_HEADING.match(line)) or (is_sentence and not line.startswith(("WARNING", "INFO")))
