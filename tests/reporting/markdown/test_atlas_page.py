"""The page of the atlas has every reported run of every document, those of the front first."""

from __future__ import annotations

from pathlib import Path

from mnist_repro.comparison.results import load_results
from mnist_repro.documents.catalogue import load_atlas, load_catalogue
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.wording import atlas as rows
from mnist_repro.verdicts.reported_run import list_reported_runs

RECORDS = Path(__file__).parents[3] / "reports" / "records"


def test_atlas_page_has_a_row_for_each_reported_run() -> None:
    """Runs stand in the order of the documents, and what is left out of other pages stands here alone."""
    atlas = load_atlas()
    runs = [r for d in atlas.documents.values() for r in list_reported_runs(d, protocols=atlas.protocols)]
    results = load_results(RECORDS, stores=[RecordStore(RECORDS / "py311-tf221")], catalogue=atlas.front, atlas=atlas)
    page = load_templates().get_template("atlas.md.j2")
    text = page.render(atlas=results.atlas, known=results.atlas_documents, documents=results.documents, rows=rows)
    table = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    of_front = load_catalogue().documents

    assert [row[-4] for row in table] == [run.experiment for run in runs]
    # A document's name stands once, before its runs.
    assert [row[0] for row in table if row[0]] == [
        f"**{each.name}** {each.framework}{f', {each.year}' if each.year else ''}" for each in atlas.documents.values()
    ]
    assert {each.document for each in results.shown[0].runs} == set(of_front)
    (lisa,) = [row for row in table if "lisa-logreg" in row]
    assert lisa[1:5] == ["\\= exact", "lisa-logreg", "test error 7.49 %", "equal in all printed digits"]
