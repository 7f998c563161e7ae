"""Since when each number of a file stands, and which source beside it changed after that."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from mnist_repro.drafting.promises import find_promises
from mnist_repro.drafting.reading import read_content
from mnist_repro.drafting.series import MINI_BATCH, read_series
from mnist_repro.drafting.versions import FileHistory, Version, find_history
from mnist_repro.errors import ReproError

_MOST_LINES = 20
_MOST_COLUMNS = 100

# What is counted and measured, of which images, after which period, and how it is printed.
Key = tuple[str, str, int | None, str]


@dataclass(frozen=True, kw_only=True)
class NumberAge:
    """Since when a number stands."""

    line: int  #: of the text that a draft stores, counted from 1
    text: str  #: as printed
    printed: str  #: date of the commit that brought it
    commit: str  #: its hash, shortened
    changed_after: tuple[str, ...]  #: later commits that changed source, the first of them first


@dataclass(frozen=True, kw_only=True)
class SourceChange:
    """A commit that changed source after numbers were printed."""

    date: str
    commit: str
    printed: str  #: since when the oldest of the numbers stands
    numbers: int  #: how many numbers stayed
    lines: tuple[str, ...]  #: removed and added lines of source, the first of them
    sentence: str  #: the same in words


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What the history of a file says of its numbers."""

    file: str
    numbers: tuple[NumberAge, ...]
    changes: tuple[SourceChange, ...]  #: the first of them first
    notes: tuple[str, ...]  #: what limits the answer


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """The numbers and the source of a version."""

    version: Version
    numbers: Counter[Key]
    lines: dict[int, list[Key]]
    source: tuple[str, ...]


def trace_numbers(file: Path) -> Provenance:
    """Return since when each number of a file stands, by its git history.

    Raises
    ------
    ReproError
        If there is no history, or no number.
    """
    history = find_history(file)
    readings = [reading for version in history.versions() if (reading := _read(version)) is not None]
    if not readings or not readings[0].numbers:
        msg = f"FILE prints results, or states an accuracy; {file} as it is committed does neither. Name another file."
        raise ReproError(msg)
    newest = readings[0]
    ages: list[NumberAge] = []
    since = {key: _find_age(key, readings) for key in newest.numbers}
    changed = [i for i in range(len(readings) - 1) if readings[i].source != readings[i + 1].source]
    for line, keys in sorted(newest.lines.items()):
        for key in keys:
            version = readings[since[key]].version
            later = tuple(readings[i].version.commit for i in reversed(changed) if i < since[key])
            ages.append(
                NumberAge(line=line, text=key[-1], printed=version.date, commit=version.commit, changed_after=later)
            )
    changes = [_describe_change(readings, i, ages) for i in reversed(changed)]
    return Provenance(
        file=str(file),
        numbers=tuple(ages),
        changes=tuple(change for change in changes if change is not None),
        notes=tuple(_list_notes(file, history, readings)),
    )


def _read(version: Version) -> _Reading | None:
    """Return the numbers and the source of a version; None where it cannot be read."""
    try:
        text = read_content(version.content, suffix=Path(version.path).suffix.lower())
    except (ReproError, ValueError, RecursionError):
        return None
    lines: dict[int, list[Key]] = {}
    findings = read_series(text)
    for result in findings.results:
        key = (result.metric, result.evaluation_set or result.value.name, result.mark, result.value.text)
        lines.setdefault(result.line, []).append(key)
    for number, line in findings.lines.items():
        # No claims, but printed all the same.
        for start, stop, reason in line.excused:
            if reason == MINI_BATCH:
                lines.setdefault(number, []).append((reason, "", line.step, line.text[start:stop]))
    for promise in find_promises(text):
        lines.setdefault(promise.line, []).append(("promise", "", None, promise.printed))
    source = (
        line.rstrip()
        for _, code in text.sources()
        for line in code.split("\n")
        # Neither comments nor sentences of a docstring decide a run.
        if line.strip() and not re.match(r"\s*(?:#|//)", line) and re.search(r"[=()\[\]{}:]", line)
    )
    numbers = Counter(key for keys in lines.values() for key in keys)
    return _Reading(version=version, numbers=numbers, lines=lines, source=tuple(source))


def _find_age(key: Key, readings: Sequence[_Reading]) -> int:
    """Return the index of the oldest version from which on a number stands in each."""
    age = 0
    while age + 1 < len(readings) and key in readings[age + 1].numbers:
        age += 1
    return age


def _describe_change(readings: Sequence[_Reading], index: int, ages: Sequence[NumberAge]) -> SourceChange | None:
    """Return what a commit changed in the source, if numbers are older."""
    version = readings[index].version
    stayed = [age for age in ages if version.commit in age.changed_after]
    if not stayed:
        return None
    difference = unified_diff(readings[index + 1].source, readings[index].source, lineterm="", n=0)
    lines = [line for line in difference if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    printed = min(age.printed for age in stayed)
    were = "1 number was" if len(stayed) == 1 else f"{len(stayed)} numbers were"
    return SourceChange(
        date=version.date,
        commit=version.commit,
        printed=printed,
        numbers=len(stayed),
        lines=tuple(line[:_MOST_COLUMNS] for line in lines[:_MOST_LINES]),
        sentence=f"Printed {printed}; source was changed {version.date} ({version.commit}), {were} not.",
    )


def _list_notes(file: Path, history: FileHistory, readings: Sequence[_Reading]) -> list[str]:
    notes = []
    if history.is_shallow:
        notes.append(
            "The clone is shallow: what stands in its oldest commit may be older. Run git fetch --unshallow to see."
        )
    if not history.is_complete:
        notes.append(f"Only the last {len(history.commits)} commits of the file were looked at.")
    if unread := len(history.commits) - len(readings):
        notes.append(f"{unread} of {len(history.commits)} versions cannot be read, and were passed over.")
    if file.read_text(encoding="utf-8", errors="replace") != readings[0].version.content:
        notes.append("The file has changes that are not committed: they were not looked at.")
    return notes


def format_revisions(found: Provenance) -> str:
    """Return what changed after the numbers as entries ``[[revision]]`` of `claims.toml`."""
    entries = []
    for change in found.changes:
        # Of a rebased history a change may be dated before what it follows.
        changed = max(change.date, change.printed)
        stayed = "1 number" if change.numbers == 1 else f"{change.numbers} numbers"
        text = f"{change.commit}, {stayed}: {'; '.join(change.lines[:4])}"
        entries.append(
            f"[[revision]]\nprinted = {change.printed}\nchanged = {changed}\n"
            f"text = {json.dumps(text, ensure_ascii=False)}\n"
        )
    return "\n".join(entries)
