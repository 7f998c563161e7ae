"""Every claim stands in its document, and no number that a document prints is left out.

The documents themselves are not part of this repository. The tests that read them look beside a document's claims, then
in the folder that the environment variable `MNIST_REPRO_DOCUMENTS` names, and are skipped where it is unset.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest
from evidence_checks import find_typed_measurements
from recorded_runs import choose_by

from mnist_repro.documents.catalogue import load_atlas, load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.text import TEXTS_VARIABLE, check_text, find_text

_CELL = re.compile(r"(In \[\d+\]|Out\[\d+\]):")


def _read(document: Document) -> bytes:
    """Return the stored text; skip without a folder, fail without the file: absence is no success.

    The atlas's texts are skipped one by one: whoever works on one document has no reason to have them all.
    """
    text = find_text(document)
    if text is None and not os.environ.get(TEXTS_VARIABLE):
        pytest.skip(f"The documents are not part of this repository: {TEXTS_VARIABLE} names no folder with them.")
    if text is None and document.atlas_only:
        pytest.skip(f"{document.file} is not part of this repository: save it from {document.url} to check its claims.")
    assert text, f"{TEXTS_VARIABLE} must name the folder that holds {document.file}."
    return text.read_bytes()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a stored document once for every document of the package."""
    if "stored" in metafunc.fixturenames:
        documents = load_atlas().documents
        metafunc.parametrize("stored", documents.values(), ids=documents.keys())


def test_stored_document_agrees_with_its_claims(stored: Document) -> None:
    """The stored text is the one that the claims were taken from, and nothing is wrong between them."""
    assert check_text(stored, _read(stored)) == []


def test_stored_notebook_cells_have_their_own_names(stored: Document) -> None:
    """Where a document names cells, each output follows the label of its own, and so does each claim."""
    lines = _read(stored).decode().replace("\N{NO-BREAK SPACE}", " ").split("\n")
    labels = {number: label[1] for number, line in enumerate(lines, 1) if (label := _CELL.match(line))}
    if not labels:
        pytest.skip(f"No line of {stored.file} is the label of a cell.")

    for output in stored.outputs:
        above = [label for number, label in labels.items() if number <= output.first_line]
        assert output.cell in {None, above[-1] if above else ""}, output
    for claim in stored.claims:
        inside = [output.cell for output in stored.outputs if claim.line in output]
        below = [f"text before {label}" for number, label in labels.items() if number > claim.line]
        assert claim.cell in {None, *(inside or below[:1])}, claim


def test_stored_document_or_its_code_gives_each_number_of_the_evidence(stored: Document) -> None:
    """What a reconstruction says for itself are facts of the document; what was measured is read from records."""
    catalogue = load_atlas()
    protocols = [catalogue.protocols[name] for name in dict.fromkeys(c.experiment for c in stored.claims) if name]
    settings = [*protocols, *(variant.protocol for variant in catalogue.alternatives)]
    text = _read(stored).decode()

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
