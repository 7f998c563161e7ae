"""The page of the atlas has every reported run of every document, those of the front first."""

from __future__ import annotations

from pathlib import Path

from mnist_repro.comparison.results import load_results
from mnist_repro.documents.catalogue import load_atlas
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
    table = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]

    assert [row[3] for row in table] == [run.experiment for run in runs]
    assert {each.document for each in results.shown[0].runs} == set(atlas.front.documents)
    (lisa,) = [row for row in table if row[3] == "lisa-logreg"]
    assert lisa[1:3] == ["2013", "Theano"]
    assert lisa[6] == "exact"
