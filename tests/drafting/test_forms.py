"""Every form of printed output is read as a person reads it, and no number is left without a claim or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from draft_forms import Form, read_claims, read_forms

from mnist_repro.documents.document import load_document
from mnist_repro.documents.text import check_text
from mnist_repro.drafting.draft import draft_file, write_draft

pytest.importorskip("nbformat")
pytest.importorskip("docutils")

FORMS = {form.file.name: form for form in read_forms()}
READ = [pytest.param(form, id=name) for name, form in FORMS.items()]


def test_every_file_of_the_folder_is_expected() -> None:
    """No file is there that nothing is expected of."""
    folder = Path(__file__).parent / "files"

    assert {file.name for file in folder.iterdir()} == {*FORMS, "expected.toml"}


@pytest.mark.parametrize("form", READ)
def test_draft_reads_what_a_person_reads(form: Form) -> None:
    """Quantity, period and number of every claim are those that a person finds, and there is no other."""
    assert read_claims(form.file) == form.claims


@pytest.mark.parametrize("form", READ)
def test_drafted_folder_accounts_for_every_printed_number(form: Form, tmp_path: Path) -> None:
    """The folder loads; each number of the stored output is a claim once, or covered by a pattern that is apart."""
    write_draft(draft_file(form.file, answers={}), tmp_path)
    document = load_document(tmp_path)

    assert check_text(document, (tmp_path / document.file).read_bytes()) == []
