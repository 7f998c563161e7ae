"""What a terminal shows of a printed text: later writing covers earlier, and colours are no letters."""

from __future__ import annotations

import re

# Control sequences (colours, cursor), and titles of windows.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_ERASE_LINE = re.compile(r"\x1b\[[012]?K")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def apply_controls(text: str) -> list[str]:
    """Return the lines that a terminal shows of `text`.

    A carriage return goes back to the start of the line and a backspace one letter, and what follows covers what stood
    there. Escape sequences, other control characters and halves of surrogate pairs are dropped.
    """
    return [_overwrite(line) for line in text.replace("\r\n", "\n").split("\n")]


def _overwrite(line: str) -> str:
    if line.isprintable():
        return line
    # A line that is erased is written anew.
    line = _ESCAPE.sub("", _ERASE_LINE.split(line)[-1] if line.count("\r") else line)
    shown: list[str] = []
    for part in line.split("\r"):
        column = 0
        for run in re.split("(\b+)", part):
            if run.startswith("\b"):
                column = max(0, column - len(run))
            else:
                shown[column : column + len(run)] = run
                column += len(run)
    return _INVISIBLE.sub("", "".join(shown))
