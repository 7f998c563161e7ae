"""Claims are loaded as they stand in `claims.toml`, of one document and of several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_documents import GROUPED_CLAIMS, refusal, write_document

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Material, Remark, load_document


def test_load_document_small_file_gives_all_it_says(tmp_path: Path) -> None:
    """Document, output and patterns come back as they were written; what is not given is None."""
    document = load_document(write_document(tmp_path))

    assert (document.id, document.title, document.file, document.sha256, document.url) == (
        "small",
        "A small document",
        "small.txt",
        "0" * 64,
        None,
    )
    assert [(out.cell, out.first_line, out.last_line) for out in document.outputs] == [("In [1]", 11, 14)]
    assert [line for line in range(20) if line in document.outputs[0]] == [11, 12, 13, 14]
    assert [(pattern.pattern, pattern.reason) for pattern in document.not_claims] == [
        (r"^Epoch \d+", "Number of the period.")
    ]


def test_load_document_again_gives_what_the_file_says_then(tmp_path: Path) -> None:
    """An unchanged file is checked once; what it says after a change, or in another folder, is read anew."""
    first = load_document(write_document(tmp_path / "here"))

    assert load_document(tmp_path / "here") is first
    assert load_document(write_document(tmp_path / "there")).folder == tmp_path / "there"
    changed = GROUPED_CLAIMS.replace("A small document", "A large document")
    assert load_document(write_document(tmp_path / "here", changed)).title == "A large document"


@pytest.mark.parametrize("name", ["small.txt", ".small", "a small one.txt", "X"])
def test_load_document_file_may_have_any_name_without_folder(tmp_path: Path, name: str) -> None:
    """Names with spaces, or a point in front, or of one letter, are names of files."""
    assert load_document(write_document(tmp_path, GROUPED_CLAIMS.replace("small.txt", name))).file == name


def test_load_document_address_and_remarks_come_back(tmp_path: Path) -> None:
    """Where a document was published, and where it is at odds with itself, is given as it was written."""
    added = (
        'url = "https://example.org/small"\nremarks = [{ line = 3, text = "Odd." }, { line = 5, text = "Odder." }]\n'
    )

    document = load_document(write_document(tmp_path, added + GROUPED_CLAIMS))

    assert document.url == "https://example.org/small"
    assert document.remarks == (Remark(line=3, text="Odd."), Remark(line=5, text="Odder."))


def test_load_document_says_what_is_material_to_it(tmp_path: Path) -> None:
    """What it leaves out is what is material anywhere."""
    claims = GROUPED_CLAIMS.replace("[output]", "[material]\nweak_beyond = 0.1\n\n[output]")

    assert load_document(write_document(tmp_path / "own", claims)).material == Material(weak_beyond=0.1)
    assert load_document(write_document(tmp_path / "usual")).material == Material()


def test_load_document_broken_remark_is_named_by_its_place(tmp_path: Path) -> None:
    """Of two remarks the error names the one that lacks its line."""
    added = 'remarks = [{ line = 3, text = "Odd." }, { text = "Odder." }]\n'

    assert refusal(write_document(tmp_path, added + GROUPED_CLAIMS)) == (
        f"{tmp_path / 'claims.toml'}: remarks, entry 2 needs line. Received: text. Correct it there."
    )


def test_load_document_output_of_one_line_is_a_region(tmp_path: Path) -> None:
    """A region may begin and end with the same line."""
    claims = GROUPED_CLAIMS.replace("last_line = 14", "last_line = 11")

    (region,) = load_document(write_document(tmp_path, claims)).outputs

    assert [line for line in range(20) if line in region] == [11]


def test_load_document_groups_expand_to_complete_claims(tmp_path: Path) -> None:
    """A claim has what its quantity, its group and its entry say, and the entry has the last word."""
    first, second, error, time, other = load_document(write_document(tmp_path)).claims

    assert first == Claim(
        id="small-net.loss.1",
        document="small",
        experiment="small-net",
        cell="In [1]",
        line=11,
        printed="0.50",
        metric="loss",
        unit="nat",
        period=1,
        evaluation_set="validation",
    )
    assert second == replace(first, id="small-net.loss.2", line=12, printed="0.25", period=2)
    assert (error.id, error.unit, error.printed_unit, error.note, error.period) == (
        "small-net.error",
        "fraction",
        "percent",
        "odd",
        None,
    )
    assert time.value == 67.0
    assert (other.id, other.experiment, other.cell) == ("small-example.loss", None, "Out[3]")


def test_load_document_invalid_toml_names_file_and_line(tmp_path: Path) -> None:
    """A file that is no TOML is refused with its name and the line."""
    message = refusal(write_document(tmp_path, GROUPED_CLAIMS.replace('title = "A', "title = A")))

    assert str(tmp_path / "claims.toml") in message
    assert "line 2" in message


def test_load_document_other_encoding_names_file(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with its name."""
    (tmp_path / "claims.toml").write_bytes('id = "Zürich"'.encode("latin-1"))

    message = refusal(tmp_path)

    assert str(tmp_path / "claims.toml") in message
    assert "UTF-8" in message


def test_load_document_missing_file_says_what_to_write(tmp_path: Path) -> None:
    """A folder without claims.toml is refused with the path of the file to write."""
    message = refusal(tmp_path)

    assert str(tmp_path / "claims.toml") in message
    assert "Write the file" in message
