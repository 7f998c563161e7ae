"""Checks of a document's text against its claims: each names what it finds wrong."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_repro.documents.document import Document
from mnist_repro.documents.statement import BatchSize, ImageRange

# Lines that only a run of the documents' programs prints, and prose that states an accuracy.
RESULT_LINE = re.compile(
    r"""Epoch \s \d+ \s Loss | period \s \d+: | \d s/it\] | Errors \s \(%\): \s \d
    | ^Out\[\d+\]: | ccuracy .* \d\.\d | \d\.\d .* ccuracy""",
    re.VERBOSE,
)
CELL = re.compile(r"(In \[\d+\]|Out\[\d+\]):")
DIGIT = re.compile(r"\d")
Check = Callable[..., list[str]]


def find_spans(line: str, *, printed: str) -> list[tuple[int, int]]:
    """Return where `printed` stands in `line` as a whole number: nothing makes it longer."""
    number = rf"(?<![\d.:-]){re.escape(printed)}(?![\d:]|\.\d|[eE][+-]?\d)"
    return [match.span() for match in re.finditer(number, line)]


def covered_columns(document: Document, *, lines: list[str], number: int) -> dict[int, list[str]]:
    """Return for each column of line `number`, counted from 1, which claims and patterns cover it."""
    line = lines[number - 1]
    spans = [
        (claim.id, span)
        for claim in document.claims
        if claim.line == number
        for span in find_spans(line, printed=claim.printed)
    ]
    spans += [
        (f"pattern {entry.pattern}", match.span())
        for entry in document.not_claims
        for match in re.finditer(entry.pattern, line)
    ]
    covers: dict[int, list[str]] = {}
    for name, (start, stop) in spans:
        for column in range(start, stop):
            covers.setdefault(column, []).append(name)
    return covers


def output_lines(document: Document, *, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines in the document's outputs."""
    for number, line in enumerate(lines, 1):
        if any(number in output for output in document.outputs):
            yield number, line


def cell_above(lines: list[str], *, number: int) -> str | None:
    """Return the cell whose label stands on line `number` or last before it."""
    labels = (CELL.match(line.replace("\N{NO-BREAK SPACE}", " ")) for line in reversed(lines[:number]))
    return next((label[1] for label in labels if label), None)


def find_misplaced_claims(document: Document, *, lines: list[str]) -> list[str]:
    """Name the claims whose printed text does not stand exactly once on their line."""
    found = {
        claim.id: len(find_spans("".join(lines[claim.line - 1 : claim.line]), printed=claim.printed))
        for claim in document.claims
    }
    return [f"{id_}: {count} times" for id_, count in found.items() if count != 1]


def find_misnamed_cells(document: Document, *, lines: list[str]) -> list[str]:
    """Name the outputs that begin in another cell, and the claims that name another than their output's."""
    outputs = [
        f"output {output.first_line}: {output.cell}"
        for output in document.outputs
        if output.cell != cell_above(lines, number=output.first_line)
    ]
    claims = []
    for claim in document.claims:
        cells = [output.cell for output in document.outputs if claim.line in output]
        if not cells:
            following = (CELL.match(line.replace("\N{NO-BREAK SPACE}", " ")) for line in lines[claim.line :])
            cells = [f"text before {label[1]}" for label in following if label][:1]
        if cells != [claim.cell]:
            claims.append(f"{claim.id}: {claim.cell}")
    return outputs + claims


def find_unclaimed_numbers(document: Document, *, lines: list[str]) -> list[str]:
    """Name the output lines that hold a digit which neither a claim nor a pattern covers."""
    return [
        f"line {number}: {line}"
        for number, line in output_lines(document, lines=lines)
        if {match.start() for match in DIGIT.finditer(line)}
        - covered_columns(document, lines=lines, number=number).keys()
    ]


def find_contested_claims(document: Document, *, lines: list[str]) -> list[str]:
    """Name what shares a column of the document with a claim: another claim or a pattern."""
    ids = {claim.id for claim in document.claims}
    shared = {
        " / ".join(names)
        for number in sorted({claim.line for claim in document.claims})
        for names in covered_columns(document, lines=lines, number=number).values()
        if len(names) > 1 and not ids.isdisjoint(names)
    }
    return sorted(shared)


def find_unused_patterns(document: Document, *, lines: list[str]) -> list[str]:
    """Name the patterns that match nothing in the output."""
    texts = [line for _, line in output_lines(document, lines=lines)]
    return [entry.pattern for entry in document.not_claims if not any(re.search(entry.pattern, text) for text in texts)]


def find_results_outside_output(document: Document, *, lines: list[str]) -> list[str]:
    """Name the lines that look like a printed result, but lie in no output and carry no claim."""
    known = {number for number, _ in output_lines(document, lines=lines)}
    known |= {claim.line for claim in document.claims}
    return [
        f"line {number}: {line}"
        for number, line in enumerate(lines, 1)
        if number not in known and RESULT_LINE.search(line)
    ]


def find_misplaced_statements(document: Document, *, lines: list[str]) -> list[str]:
    """Name the statements that stand on an empty line, or whose number does not stand on their lines."""
    found = []
    for statement in document.statements:
        texts = ["".join(lines[number - 1 : number]).strip() for number in statement.lines]
        rule = statement.rule
        if isinstance(rule, BatchSize):
            placed = all(re.search(rf"(?<!\d){rule.images}(?!\d)", text) for text in texts)
        elif isinstance(rule, ImageRange):
            placed = all(texts) and any(f"({rule.first}:{rule.last})" in text for text in texts)
        else:
            placed = all(texts)
        found += [] if placed else [statement.id]
    return found


def find_misplaced_remarks(document: Document, *, lines: list[str]) -> list[str]:
    """Name the remarks that stand on an empty line."""
    return [f"line {r.line}" for r in document.remarks if not "".join(lines[r.line - 1 : r.line]).strip()]


def is_recorded_text(document: Document, *, content: bytes) -> bool:
    """Tell whether `content` has the SHA-256 that the document's claims were taken from."""
    return hashlib.sha256(content).hexdigest() == document.sha256


CHECKS = [
    pytest.param(find_misplaced_claims, id="each claim stands once on its line"),
    pytest.param(find_misnamed_cells, id="cells have their own names"),
    pytest.param(find_unclaimed_numbers, id="no number of the output is left out"),
    pytest.param(find_contested_claims, id="no claim shares its place"),
    pytest.param(find_unused_patterns, id="each pattern is used"),
    pytest.param(find_results_outside_output, id="no result lies outside the output"),
    pytest.param(find_misplaced_statements, id="each statement stands on its lines"),
    pytest.param(find_misplaced_remarks, id="each remark stands on its line"),
]


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text as claims count them."""
    # Not str.splitlines, which also parts lines at characters that editors and grep count as text.
    return path.read_text(encoding="utf-8").split("\n")
