"""The shapes that one line does not show: tables with columns, matrices, and values whose name is in the source.

Blocks, the third special shape, are read by `mnist_repro.drafting.series`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mnist_repro.drafting.grammar import EPOCH_WORDS, UNNAMED, ParsedLine, Value
from mnist_repro.drafting.vocabulary import Meaning, look_up

_CELL = re.compile(r"[^\s|│]+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?")
_EMPTY = frozenset({"#na#", "None", "nan", "NaN", "-"})
_MATRIX = re.compile(r"^\s*\[*\s*\[[\s\d,]+\]*,?\s*\]*$")
_REPORT = re.compile(r"^\s*precision\s+recall\s+f1-score\s+support\s*$")
_BARE = re.compile(r"^[\s\[({]*[-+\d.eE%]+(?:\s*,\s*[-+\d.eE%]+)*[\s\])}]*$")
_MOST_BARE = 4


def read_shapes(lines: Sequence[ParsedLine], *, results: Sequence[Meaning], example: int | None) -> int | None:
    """Read the tables, matrices and bare values among the lines that one cell printed.

    Parameters
    ----------
    results
        What the last statement of the cell's source returns, one number after the other.
    example
        The training image whose label that is, counted from 1.

    Returns
    -------
    int or None
        The line whose value is the label of `example`.
    """
    columns: list[str] = []
    inside_report = False
    labelled = None
    for line in lines:
        columns = _read_header(line) or columns
        if _REPORT.match(line.text):
            inside_report = True
        elif inside_report and line.values:
            _read_report_row(line)
        elif _MATRIX.match(line.text) and len(line.values) > 1 and "." not in line.text:
            _excuse_all(line, "Confusion matrix.")
        elif columns and _read_row(line, columns):
            continue
        elif _BARE.match(line.text) and line.values:
            labelled = _name_bare(line, results, example) or labelled
    return labelled


def _read_header(line: ParsedLine) -> list[str]:
    names = _CELL.findall(line.text)
    if len(names) < 2 or not {name.lower() for name in names} & (EPOCH_WORDS | {"iteration", "step"}):  # noqa: PLR2004
        return []
    is_header = not any(_NUMBER.fullmatch(name) for name in names) and any(look_up(name) for name in names)
    return names if is_header else []


def _read_row(line: ParsedLine, columns: Sequence[str]) -> bool:
    """Read a row under its heading; return whether it is one."""
    cells = list(_CELL.finditer(line.text))
    if len(cells) != len(columns) or not all(
        _NUMBER.fullmatch(cell[0]) or cell[0] in _EMPTY or re.fullmatch(r"[\d:]+", cell[0]) for cell in cells
    ):
        return False
    line.values, line.excused, line.epoch, line.step, line.bar = [], [], None, None, None
    for cell, name in zip(cells, columns, strict=True):
        meaning = look_up(name)
        text = cell[0].rstrip("%")
        span = (cell.start(), cell.start() + len(text))
        if name.lower() in EPOCH_WORDS:
            line.epoch = int(float(text))
            line.excuse(span, "Number of the period.")
        elif name.lower() in ("iteration", "step"):
            line.step, line.step_word = int(float(text)), name.lower()
            line.excuse(span, "Number of the step.")
        elif meaning and text not in _EMPTY:
            unit = "%" if cell[0].endswith("%") else ""
            line.values.append(Value(start=span[0], stop=span[1], text=text, name=name, meaning=meaning, unit=unit))
        elif re.search(r"\d", text):
            line.excuse(span, "Time." if "time" in name.lower() else UNNAMED)
    return True


def _read_report_row(line: ParsedLine) -> None:
    """Keep the accuracy of scikit-learn's classification report."""
    values = list(line.values)
    if line.text.split()[0] == "accuracy":
        line.excuse_value(values[-1], "Number of images.")
    else:
        _excuse_all(line, "Precision, recall, F1 and number of images of a class: no experiment measures them.")


def _name_bare(line: ParsedLine, results: Sequence[Meaning], example: int | None) -> int | None:
    values = list(line.values)
    if example is not None and len(values) == 1:
        line.values = [replace(values[0], name="label", meaning=Meaning("label"))]
        return line.number
    if len(values) > _MOST_BARE or len(values) > len(results):
        _excuse_all(line, "A printed value that its source gives no name that is known.")
        return None
    names = [replace(value, meaning=meaning, name="value") for value, meaning in zip(values, results, strict=False)]
    line.values = names
    return None


def _excuse_all(line: ParsedLine, reason: str) -> None:
    line.excused.clear()
    line.values.clear()
    line.epoch = line.step = None
    for digits in re.finditer(r"\d+(?:\.\d*)?", line.text):
        line.excuse(digits.span(), reason)
