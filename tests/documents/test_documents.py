"""Every claim stands in its document, and no number that a document prints is left out.

The documents themselves are not part of this repository. The tests that read them look beside a document's claims, then
in the folder that the environment variable `MNIST_REPRO_DOCUMENTS` names, and are skipped where it is unset.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from evidence_checks import find_typed_measurements
from recorded_runs import choose_by
from small_documents import CHECKED_TEXT, TINY, load_checked
from text_checks import CHECKS, Check, is_recorded_text, read_lines

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document, load_document
from mnist_repro.documents.folders import add_document_folders, find_document_folders

FOLDER_VARIABLE = "MNIST_REPRO_DOCUMENTS"


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
        documents = load_catalogue().documents
        metafunc.parametrize("stored", documents.values(), ids=documents.keys())


def test_stored_document_has_the_recorded_bytes(stored: Document) -> None:
    """The stored text is byte for byte the one that the claims were taken from."""
    assert is_recorded_text(stored, content=_stored_text(stored).read_bytes())


@pytest.mark.parametrize("check", CHECKS)
def test_stored_document_agrees_with_its_claims(stored: Document, *, check: Check) -> None:
    """The check finds nothing wrong between the stored text and its claims."""
    assert check(stored, lines=read_lines(_stored_text(stored))) == []


def test_stored_document_or_its_code_gives_each_number_of_the_evidence(stored: Document) -> None:
    """What a reconstruction says for itself are facts of the document; what was measured is read from records."""
    catalogue = load_catalogue()
    protocols = [catalogue.protocols[name] for name in dict.fromkeys(c.experiment for c in stored.claims) if name]
    settings = [*protocols, *(variant.protocol for variant in catalogue.alternatives)]
    text = "\n".join(read_lines(_stored_text(stored)))

    assert find_typed_measurements(protocols, settings=settings, text=text) == []


@pytest.mark.parametrize(
    ("evidence", "found"),
    [
        pytest.param("In [3] divides by 255; see the paper (March 2019).", 0, id="facts"),
        pytest.param("The final loss comes out near 0.31 where 0.421 is printed.", 1, id="a number of our runs"),
        pytest.param("All twenty lie within one standard deviation.", 1, id="a measure in words"),
        pytest.param("The basic net ends three points higher.", 1, id="a difference in words"),
    ],
)
def test_find_typed_measurements_names_what_only_runs_could_tell(evidence: str, found: int) -> None:
    """Numbers of the document's text pass, and so do the dates of what is cited."""
    protocols = choose_by(protocols=load_catalogue().protocols).values()
    typed = [replace(p, reconstructions=(replace(p.reconstructions[0], evidence=evidence),)) for p in protocols]

    assert len(find_typed_measurements(typed, settings=(), text="In [3]: x / 255 # 0.421")) == found


def test_stored_text_without_folder_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable, the tests of the stored documents are skipped for the reason that names it."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)

    with pytest.raises(pytest.skip.Exception, match=FOLDER_VARIABLE):
        _stored_text(load_checked(tmp_path))


def test_stored_text_without_file_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable but without the file, they fail and name the file: absence is no success."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    with pytest.raises(pytest.fail.Exception, match=r"small\.txt"):
        _stored_text(load_checked(tmp_path))


def test_stored_text_beside_its_claims_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that was added may bring its text along: the tiny one does, and it is the recorded text."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    document = load_document(TINY)

    with add_document_folders([TINY]):
        text = _stored_text(document)

    assert text == TINY / "tiny.txt"
    assert is_recorded_text(document, content=text.read_bytes())


def test_stored_text_with_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable and the file, they read that file."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "small.txt").write_text(CHECKED_TEXT, encoding="utf-8")

    assert _stored_text(load_checked(tmp_path)) == tmp_path / "small.txt"
