"""The two documents of the package, drafted from their stored texts, have the claims that were taken by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document, load_document
from mnist_repro.drafting.draft import draft_file, write_draft

FOLDER = os.environ.get("MNIST_REPRO_DOCUMENTS")
needs_documents = pytest.mark.skipif(not FOLDER, reason="MNIST_REPRO_DOCUMENTS names no folder with the documents.")
DOCUMENTS = load_catalogue().documents


def _read(claim: Claim) -> tuple[object, ...]:
    """Return all of a claim that a parser can read: neither the ids' names nor a remark of ours."""
    return (
        claim.line,
        claim.printed,
        claim.cell,
        claim.metric,
        claim.unit,
        claim.printed_unit,
        claim.period,
        claim.evaluation_set,
        claim.cut,
        claim.example,
    )


def _runs(document: Document) -> set[frozenset[int]]:
    """Return the lines of each run's claims, which part the document's numbers."""
    experiments = {claim.experiment for claim in document.claims}
    return {frozenset(c.line for c in document.claims if c.experiment == experiment) for experiment in experiments}


@needs_documents
@pytest.mark.parametrize("id_", DOCUMENTS)
def test_drafted_mission_document_has_all_numbers_and_none_wrong(id_: str, tmp_path: Path) -> None:
    """Lines, units, periods, sets and runs are those of the committed claims, by the best guesses alone."""
    committed = DOCUMENTS[id_]
    write_draft(draft_file(Path(str(FOLDER)) / committed.file, answers={}), tmp_path)
    drafted = load_document(tmp_path)

    assert {_read(claim) for claim in drafted.claims} == {_read(claim) for claim in committed.claims}
    assert len(drafted.claims) == len(committed.claims)
    assert _runs(drafted) == _runs(committed)
    assert (drafted.file, drafted.sha256) == (committed.file, committed.sha256)


def test_mission_documents_have_156_numbers() -> None:
    """What is compared is all of it."""
    assert sum(len(document.claims) for document in DOCUMENTS.values()) == 156
