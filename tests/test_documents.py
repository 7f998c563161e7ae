"""Every claim stands in its document, and no number that a document prints is left out.

The documents themselves are not part of this repository. The tests that read them look beside a document's claims, then
in the folder that the environment variable `MNIST_REPRO_DOCUMENTS` names, and are skipped where it is unset. The others
show that each check finds what it is there for, on made-up documents.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_documents import TINY

from mnist_repro.claims import Document, load_document, load_documents
from mnist_repro.document_folders import add_document_folders, find_document_folders
from mnist_repro.reported.statements import BatchSize, ImageRange

FOLDER_VARIABLE = "MNIST_REPRO_DOCUMENTS"

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


def _read_lines(path: Path) -> list[str]:
    # Not str.splitlines, which also parts lines at characters that editors and grep count as text.
    return path.read_text(encoding="utf-8").split("\n")


def _stored_text(document: Document) -> Path:
    """Return the path of the stored document, beside its claims or in the folder of all.

    Skip without a folder, fail without the file.
    """
    for place in find_document_folders():
        if load_document(place.path).id == document.id and (place.path / document.file).is_file():
            return Path(str(place.path)) / document.file
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        pytest.skip(f"The documents are not part of this repository: {FOLDER_VARIABLE} names no folder with them.")
    path = Path(folder) / document.file
    if not path.is_file():
        pytest.fail(
            f"{FOLDER_VARIABLE} must name the folder that holds {document.file}. Received: {folder}. "
            f"Put the file there, or unset the variable to skip these tests.",
            pytrace=False,
        )
    return path


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a stored document once for every document of the package."""
    if "stored" in metafunc.fixturenames:
        documents = load_documents()
        metafunc.parametrize("stored", documents.values(), ids=documents.keys())


def test_stored_document_has_the_recorded_bytes(stored: Document) -> None:
    """The stored text is byte for byte the one that the claims were taken from."""
    assert is_recorded_text(stored, content=_stored_text(stored).read_bytes())


@pytest.mark.parametrize("check", CHECKS)
def test_stored_document_agrees_with_its_claims(stored: Document, *, check: Check) -> None:
    """The check finds nothing wrong between the stored text and its claims."""
    assert check(stored, lines=_read_lines(_stored_text(stored))) == []


SMALL_CLAIMS = """\
id = "small"
title = "A small document"
file = "small.txt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

remarks = [{ line = 8, text = "Nothing gives this." }]

[statement.comment]
experiments = ["small-net"]
lines = [3]
says = "A comment: batches of 12."
batch_size = 12

[statement.range]
experiments = ["small-net"]
lines = [3]
says = "Validation is on 7 to 9."
images = { evaluation_set = "validation", source = "train", first = 7, last = 9 }

[statement.name]
experiments = ["small-net"]
lines = [2]
says = "It is called a training loss."
trained_on = "validation"

[quantity.loss]
metric = "loss"
unit = "nat"

[quantity.promise]
metric = "accuracy_promise"
unit = "fraction"

[[group]]
experiment = "small-net"
cell = "In [1]"
claims.loss = [
    { period = 1, line = 5, printed = "0.5" },
    { period = 2, line = 6, printed = "0.25" },
]
claims.promise = [{ cell = "text before In [2]", line = 8, printed = "0.9" }]

[output]
regions = [{ cell = "In [1]", first_line = 4, last_line = 6 }]
not_claims = [
    { pattern = '^period \\d+', reason = "Number of the period." },
    { pattern = '@\\d+', reason = "Address." },
]
"""

SMALL_TEXT = """\
In [1]:
print("period", period, loss)
# batches of 12, images (7:9)
Object @16
period 1: 0.5
period 2: 0.25

This gives 0.9 accuracy.
In [2]:
period = 3
"""


def _small(folder: Path, *, claims: str = SMALL_CLAIMS) -> Document:
    (folder / "claims.toml").write_text(claims, encoding="utf-8")
    return load_document(folder)


@pytest.mark.parametrize("check", CHECKS)
def test_check_small_document_in_order_finds_nothing(tmp_path: Path, *, check: Check) -> None:
    """A document that agrees with its claims passes every check."""
    assert check(_small(tmp_path), lines=SMALL_TEXT.split("\n")) == []


@pytest.mark.parametrize(
    ("check", "old", "new", "found"),
    [
        pytest.param(find_misplaced_statements, "of 12", "of 120", ["small.comment"], id="statement of another number"),
        pytest.param(find_misplaced_statements, "(7:9)", "(7:8)", ["small.range"], id="statement of another range"),
        pytest.param(
            find_misplaced_statements, 'print("period", period, loss)', "", ["small.name"], id="statement on nothing"
        ),
        pytest.param(find_misplaced_remarks, "This gives 0.9 accuracy.", "", ["line 8"], id="remark on nothing"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 0.26", ["small-net.loss.2: 0 times"], id="other number"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 0.251", ["small-net.loss.2: 0 times"], id="longer number"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 0.25e-3", ["small-net.loss.2: 0 times"], id="exponent"),
        pytest.param(find_misplaced_claims, "2: 0.25", "2: 10.25", ["small-net.loss.2: 0 times"], id="digit before it"),
        pytest.param(
            find_misplaced_claims, "2: 0.25", "2: 0.25 0.25", ["small-net.loss.2: 2 times"], id="number twice"
        ),
        pytest.param(
            find_misplaced_claims,
            "\n# batches of 12, images (7:9)\nObject",
            "\nObject",
            ["small-net.loss.1: 0 times", "small-net.loss.2: 0 times", "small-net.promise: 0 times"],
            id="lines moved up",
        ),
        pytest.param(find_misnamed_cells, "In [1]:", "In [7]:", ["output 4: In [1]"], id="output of another cell"),
        pytest.param(
            find_misnamed_cells,
            "In [2]:",
            "In [3]:",
            ["small-net.promise: text before In [2]"],
            id="text before another cell",
        ),
        pytest.param(
            find_unclaimed_numbers,
            "0.25",
            "0.25 (7 s)",
            ["line 6: period 2: 0.25 (7 s)"],
            id="number without claim",
        ),
        pytest.param(find_unused_patterns, "@16", "", [r"@\d+"], id="pattern without match"),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "period 3: 0.125",
            ["line 10: period 3: 0.125"],
            id="result after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Accuracy on test set: 0.5",
            ["line 10: Accuracy on test set: 0.5"],
            id="accuracy after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Epoch 2 Loss : 0.125",
            ["line 10: Epoch 2 Loss : 0.125"],
            id="epoch after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "| 1/10 [00:06<01:00,  6.70s/it]",
            ["line 10: | 1/10 [00:06<01:00,  6.70s/it]"],
            id="progress bar after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Errors (%): 10.5 %",
            ["line 10: Errors (%): 10.5 %"],
            id="error after the output",
        ),
        pytest.param(
            find_results_outside_output,
            "period = 3",
            "Out[2]:",
            ["line 10: Out[2]:"],
            id="output of another cell after the output",
        ),
    ],
)
def test_check_altered_text_finds_it(tmp_path: Path, *, check: Check, old: str, new: str, found: list[str]) -> None:
    """A document whose text was altered fails the check, which names the place."""
    assert old in SMALL_TEXT

    assert check(_small(tmp_path), lines=SMALL_TEXT.replace(old, new, 1).split("\n")) == found


@pytest.mark.parametrize(
    ("check", "old", "new", "found"),
    [
        pytest.param(
            find_misplaced_claims,
            "line = 6",
            "line = 60",
            ["small-net.loss.2: 0 times"],
            id="line after the end",
        ),
        pytest.param(
            find_misnamed_cells,
            "line = 6",
            'cell = "In [9]", line = 6',
            ["small-net.loss.2: In [9]"],
            id="claim of another cell",
        ),
        pytest.param(
            find_unclaimed_numbers,
            '    { period = 2, line = 6, printed = "0.25" },\n',
            "",
            ["line 6: period 2: 0.25"],
            id="claim left out",
        ),
        pytest.param(
            find_contested_claims,
            r"@\d+",
            r"0\.2",
            [r"small-net.loss.2 / pattern 0\.2"],
            id="pattern over a claim",
        ),
        pytest.param(
            find_contested_claims,
            'period = 2, line = 6, printed = "0.25"',
            'period = 2, line = 5, printed = "0.5"',
            ["small-net.loss.1 / small-net.loss.2"],
            id="two claims on one number",
        ),
        pytest.param(
            find_unused_patterns,
            r"^period \d+",
            r"^Epoch \d+",
            [r"^Epoch \d+"],
            id="pattern of another document",
        ),
        pytest.param(
            find_results_outside_output,
            'claims.promise = [{ cell = "text before In [2]", line = 8, printed = "0.9" }]',
            "",
            ["line 8: This gives 0.9 accuracy."],
            id="promise left out",
        ),
    ],
)
def test_check_altered_claims_finds_it(tmp_path: Path, *, check: Check, old: str, new: str, found: list[str]) -> None:
    """Claims that were altered fail the check, which names the place."""
    assert old in SMALL_CLAIMS

    document = _small(tmp_path, claims=SMALL_CLAIMS.replace(old, new, 1))

    assert check(document, lines=SMALL_TEXT.split("\n")) == found


def test_is_recorded_text_one_byte_more_is_false(tmp_path: Path) -> None:
    """The recorded bytes pass, and the same bytes with a line end more do not."""
    content = SMALL_TEXT.encode()
    recorded = SMALL_CLAIMS.replace("0" * 64, hashlib.sha256(content).hexdigest())
    document = _small(tmp_path, claims=recorded)

    assert is_recorded_text(document, content=content)
    assert not is_recorded_text(document, content=content + b"\n")


def test_stored_text_without_folder_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable, the tests of the stored documents are skipped for the reason that names it."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)

    with pytest.raises(pytest.skip.Exception, match=FOLDER_VARIABLE):
        _stored_text(_small(tmp_path))


def test_stored_text_without_file_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable but without the file, they fail and name the file: absence is no success."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(pytest.fail.Exception, match=r"small\.txt"):
        _stored_text(_small(tmp_path))


def test_stored_text_beside_its_claims_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that was added may bring its text along: the tiny one does, and it is the recorded text."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    document = load_document(TINY)

    with add_document_folders([TINY]):
        text = _stored_text(document)

    assert text == TINY / "tiny.txt"
    assert is_recorded_text(document, content=text.read_bytes())


@pytest.mark.parametrize("check", CHECKS)
def test_check_tiny_document_finds_nothing(*, check: Check) -> None:
    """The tiny document agrees with its claims."""
    assert check(load_document(TINY), lines=_read_lines(TINY / "tiny.txt")) == []


def test_stored_text_with_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable and the file, they read that file."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "small.txt").write_text(SMALL_TEXT, encoding="utf-8")

    assert _stored_text(_small(tmp_path)) == tmp_path / "small.txt"
