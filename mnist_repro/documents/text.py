"""A document's text, held against its claims: each number stands where it is claimed, and none is left out.

Any text will do: a notebook's, a README, a log. What is found quotes the text, and so is for the terminal alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from mnist_repro.datasets.places import cache_folder
from mnist_repro.documents.document import Document
from mnist_repro.documents.statement import ImageRange
from mnist_repro.documents.toml_schema import Traversable
from mnist_repro.documents.validation import name_some

TEXTS_VARIABLE = "MNIST_REPRO_DOCUMENTS"

# A number of any form, and what is printed in place of one; the 0 of Julia's 0.9f0 belongs to the number before it.
_NUMBER = re.compile(r"(?!(?<=\df)0\b)\d(?:[\d.,:]*\d)?(?:[eE][+-]?\d+)?|(?<![a-z])(?:nan|inf)(?![a-z])", re.IGNORECASE)
# Where a number may start, and what makes the number before it longer.
_START, _LONGER = re.compile(r"(?<![\d.-])(?<!\d:)"), re.compile(r"[\d:]|\.\d|[eE][+-]?\d|f(?!0\b)[+-]?\d")
# A result outside the output: what is measured, and a number with a point, a comma or a percent sign.
_MEASURED = re.compile(r"accurac|(?<![a-z])(?:acc|loss|err|errors?|cost|score)(?![a-z])", re.IGNORECASE)
_RESULT = re.compile(r"(?<![\w.,])\d*[.,]\d+(?:[eE][+-]?\d+)?(?=f0\b|[^\w.]|$)|\d+(?=\s?%| percent)")
# What names a number in code.
_NAMED = re.compile(r"(\w+)\s*=\s*\Z")
# A number as a setting is written: 0.01, .01, 1e-2, 10000 or 10,000; `7..9` are two.
_PLAIN, _GROUPED = re.compile(r"(?:\d+(?:\.\d+)?|(?<!\.)\.\d+)(?:[eE][+-]?\d+)?"), re.compile(r"\d{1,3}(?:,\d{3})+")
# Rules whose value, or each of whose values, stands as a number on each line of a statement.
_PRINTED_RULES = frozenset({"batch_size", "periods", "hidden_units", "learning_rate"})


def text_cache() -> Path:
    """Return the folder of the user's own cache that `fetch_text` brings texts to, whether it exists or not."""
    return cache_folder() / "documents"


def find_text(document: Document) -> Traversable | None:
    """Return the stored text; None without one.

    It is looked for beside its claims, then in the folder that `TEXTS_VARIABLE` names, then in the user's cache.
    """
    return next((place / document.file for place in _list_places(document) if (place / document.file).is_file()), None)


def _list_places(document: Document) -> Iterator[Traversable]:
    yield document.folder
    if named := os.environ.get(TEXTS_VARIABLE):
        yield Path(named)
    yield text_cache()


def check_text(document: Document, content: bytes) -> list[str]:
    """Return what is wrong between a text and the claims about it, in a few sentences each."""
    actual = hashlib.sha256(content).hexdigest()
    wrong_sum = (
        f"sha256 must be that of {document.file}. Received: {document.sha256:.12}...; the file has {actual}. "
        "Write this, if it is the text that the claims were taken from."
    )
    try:
        # Not str.splitlines, which also parts lines at characters that editors and grep count as text.
        lines = content.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as error:
        return [f"{document.file} must be UTF-8, but is not: {error}. Save it again as UTF-8."]
    text = _Text(document=document, lines=tuple(lines))
    checks = (_check_claims, _check_numbers, _check_patterns, _check_places)
    return [*([wrong_sum] if actual != document.sha256 else []), *(found for check in checks for found in check(text))]


def _find_spans(line: str, *, printed: str) -> list[tuple[int, int]]:
    """Return where `printed` stands in `line` as a whole number: nothing makes it longer."""
    starts = (match.start() for match in _START.finditer(line) if line.startswith(printed, match.start()))
    return [(start, end) for start in starts if not _LONGER.match(line, end := start + len(printed))]


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A text with the claims about it."""

    document: Document
    lines: tuple[str, ...]

    def quote(self, number: int, *, column: int = 0) -> str:
        """Return line `number`, counted from 1, in words, of a long line what stands around a column."""
        if number > len(self.lines):
            return f"{self.document.file} ends with line {len(self.lines)}."
        line = self.lines[number - 1][max(0, column - 120) :].strip()
        return f'Line {number} of {self.document.file}: "{line:.160}".'

    def is_output(self, number: int) -> bool:
        """Return whether line `number` was printed; without regions, all lines were."""
        return not self.document.outputs or any(number in output for output in self.document.outputs)

    def excused(self, number: int) -> set[int]:
        """Return the columns of line `number` that patterns cover."""
        found = (re.finditer(entry.pattern, self.lines[number - 1]) for entry in self.document.not_claims)
        return {column for matches in found for match in matches for column in range(*match.span())}

    @cached_property
    def claimed(self) -> dict[int, set[int]]:
        """The columns that claims cover, by line: claims of the same print on one line take its places in turn."""
        return {line: columns for line, (columns, _) in self._placed.items()}

    @cached_property
    def misplaced(self) -> list[tuple[str, int, str]]:
        """Claims that do not stand on their line: id, line and printed text."""
        return [claim for _, claims in self._placed.values() for claim in claims]

    @cached_property
    def _placed(self) -> dict[int, tuple[set[int], list[tuple[str, int, str]]]]:
        found: dict[int, tuple[set[int], list[tuple[str, int, str]]]] = {}
        for number, claims in groupby(sorted(self.document.claims, key=lambda each: each.line), lambda each: each.line):
            line = self.lines[number - 1] if number <= len(self.lines) else ""
            taken = self.excused(number) if line else set()
            columns, missing = set[int](), []
            for claim in claims:
                spans = (range(*span) for span in _find_spans(line, printed=claim.printed))
                if (free := next((span for span in spans if taken.isdisjoint(span)), None)) is None:
                    missing.append((claim.id, number, claim.printed))
                else:
                    taken.update(free)
                    columns.update(free)
            found[number] = columns, missing
        return found


def _check_claims(text: _Text) -> Iterator[str]:
    for id_, number, printed in text.misplaced:
        lines = enumerate(text.lines, 1)
        others = [place for place, line in lines if printed in line and _find_spans(line, printed=printed)]
        if number in others:
            step = "Another claim or a pattern covers it; remove one, or narrow the pattern."
        elif others:
            step = f"It stands on line {name_some(list(map(str, others)))}; correct line."
        else:
            step = "It stands nowhere in the text; correct printed."
        yield f"Claim {id_}: {printed} must stand on line {number}, for itself. {text.quote(number)} {step}"


def _check_numbers(text: _Text) -> Iterator[str]:
    for number, line in enumerate(text.lines, 1):
        is_output = text.is_output(number)
        if not is_output and not (_MEASURED.search(line) and _RESULT.search(line)):
            continue
        covered = text.claimed.get(number, set()) | text.excused(number)
        pattern = _NUMBER if is_output else _RESULT
        found = (match for match in pattern.finditer(line) if is_output or not _is_setting(line[: match.start()]))
        left = next((match for match in found if not covered.issuperset(range(*match.span()))), None)
        if left:
            where = "printed" if is_output else "a result outside [output]"
            yield (
                f"{left[0]} is {where}, and neither claimed nor excused. {text.quote(number, column=left.start())} "
                "Claim it, or excuse it in not_claims by a pattern with the reason."
            )


def _is_setting(before: str) -> bool:
    """Return whether a number is that of a setting, such as a learning rate, by what stands before it in its line."""
    named = _NAMED.search(before)
    return named is not None and not _MEASURED.search(named[1])


def _check_patterns(text: _Text) -> Iterator[str]:
    for entry in text.document.not_claims:
        if not any(re.search(entry.pattern, line) for line in text.lines):
            yield f"A pattern of not_claims must find something. Received: {entry.pattern!r}. Correct or remove it."


def _check_places(text: _Text) -> Iterator[str]:
    """Yield what is wrong with the lines of statements, remarks and regions."""
    document, last = text.document, len(text.lines)
    for output in document.outputs:
        if output.last_line > last:
            yield f"A region of [output] must end within the text. {text.quote(output.last_line)} Correct last_line."
    for statement in document.statements:
        lines = {number: "".join(text.lines[number - 1 : number]) for number in statement.lines}
        empty = [number for number, line in lines.items() if not line.strip()]
        wrong, rule = [], ""
        if statement.rule in _PRINTED_RULES:
            values = statement.value if isinstance(statement.value, tuple) else (statement.value,)
            wrong = [place for place, line in lines.items() if not _holds(line, *values)]
            rule = f"{' and '.join(f'{each:g}' for each in dict.fromkeys(values))} must stand on each of its lines"
        elif isinstance(said := statement.value, ImageRange):
            wrong = [] if any(_holds(line, said.first, said.last) for line in lines.values()) else list(lines)
            rule = f"{said.first} and {said.last} must stand on one of its lines"
        if found := [*empty, *wrong]:
            said = "its lines must not be empty" if empty else rule
            yield f"Statement {statement.id}: {said}. {text.quote(found[0])} Correct lines, or the rule."
    for remark in document.remarks:
        if not "".join(text.lines[remark.line - 1 : remark.line]).strip():
            yield f"A remark must stand on a line with text. {text.quote(remark.line)} Correct line."


def _holds(line: str, *numbers: float) -> bool:
    """Return whether all the numbers stand in a line, however they are written."""
    written = [*_PLAIN.findall(line), *(each.replace(",", "") for each in _GROUPED.findall(line))]
    return {float(each) for each in written}.issuperset(numbers)
