"""Accuracies that prose states: what a reader is promised, or asked to reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mnist_repro.drafting.text import StoredText
from mnist_repro.drafting.vocabulary import look_up

_STATED = re.compile(
    r"(?<![\w.:-])(?P<number>\d{1,3}(?:\.\d+)?)\s*(?P<percent>%|percent\b)?(?!\d|:\d|\.\d|\s*(?:times|points))"
)
_ACCURACY = re.compile(r"\baccura(?:cy|te)\b", re.IGNORECASE)
_TARGET = re.compile(r"\bor (?:better|more|higher)\b|\bat least\b|\btry to\b|\bmore than\b|>=?\s*\d", re.IGNORECASE)
_CHANGE = re.compile(r"(?:\bby|\bfrom|relative|dropout|keep)\W*$", re.IGNORECASE)
_NEAR = 60
_WORDS = 3


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A number in prose that states an accuracy."""

    line: int  #: of the stored text, counted from 1
    printed: str
    unit: str  #: "fraction" or "percent"
    is_target: bool  #: whether it is asked for, and not said to come
    evaluation_set: str | None  #: where the sentence says it
    cell: int  #: of the line


def find_promises(text: StoredText) -> Iterator[Promise]:
    """Yield the accuracies that prose and comments state."""
    for number, line in enumerate(text.lines, 1):
        is_comment = line.kind == "source" and _is_words(line.text)
        if (line.kind != "prose" and not is_comment) or not _ACCURACY.search(line.text):
            continue
        for match in _STATED.finditer(line.text):
            near = line.text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
            value = float(match["number"])
            is_fraction = not match["percent"] and "." in match["number"] and 0 < value < 1
            is_percent = bool(match["percent"]) and 0 < value <= 100  # noqa: PLR2004
            is_change = _CHANGE.search(line.text[: match.start()])
            if _ACCURACY.search(near) and (is_fraction or is_percent) and not is_change:
                meaning = look_up(" ".join(re.findall(r"\b(?:test|validation|training)\b", near)) + " accuracy")
                yield Promise(
                    line=number,
                    printed=match["number"],
                    unit="percent" if is_percent else "fraction",
                    is_target=_TARGET.search(near) is not None,
                    evaluation_set=meaning.evaluation_set if meaning else None,
                    cell=line.cell,
                )


def _is_words(text: str) -> bool:
    """Return whether a line of source is a comment or a sentence of a docstring."""
    if re.match(r"\s*(?:#|//)", text):
        return True
    return not re.search(r"[=()\[\]{}]", text) and len(re.findall(r"\b[A-Za-z]+\b", text)) > _WORDS
