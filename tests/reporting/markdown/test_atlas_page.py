"""The page of the atlas has every reported run of every document, the front's first, and leads to their pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mnist_repro.comparison.results import Results, load_results
from mnist_repro.documents.catalogue import load_atlas, load_catalogue
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.markdown.pages import render_pages
from mnist_repro.reporting.templating import load_templates
from mnist_repro.verdicts.reported_run import list_reported_runs

RECORDS = Path(__file__).parents[3] / "reports" / "records"


@pytest.fixture(scope="module")
def published() -> Results:
    """Return the results of the published environment of the front."""
    atlas = load_atlas()
    return load_results(RECORDS, stores=[RecordStore(RECORDS / "py311-tf221")], catalogue=atlas.front, atlas=atlas)


@pytest.fixture(scope="module")
def pages(published: Results) -> dict[str, str]:
    """Return the pages of these results."""
    figures = FigureFiles(environments={result.name: {} for result in published.shown})
    return render_pages(published, figures=figures, templates=load_templates())


def test_atlas_page_has_a_row_for_each_reported_run(published: Results, pages: dict[str, str]) -> None:
    """Runs stand in the order of the documents, and what is left out of other pages stands here alone."""
    atlas = load_atlas()
    runs = [r for d in atlas.documents.values() for r in list_reported_runs(d, protocols=atlas.protocols)]
    table = [line[2:-2].split(" | ") for line in pages["atlas.md"].splitlines() if line.startswith("| ")][1:]

    assert [row[-4] for row in table] == [run.id for run in runs]
    # A document's name stands once, before its runs.
    named = [match[1].replace("\\", "") for row in table if (match := re.match(r"\*\*\[?(.+?)[\]*]", row[0]))]
    assert named == [each.name for each in atlas.documents.values() if each.id in {run.document for run in runs}]
    assert {each.document for each in published.shown[0].runs} == set(load_catalogue().documents)
    (lisa,) = [row for row in table if "lisa-logreg" in row]
    assert lisa == [
        "**[LISA, logistic regression](documents/lisa-logreg.md)** Theano, 2013",
        *("\\= exact", "lisa-logreg", "test error 7.49 %", "equal in all printed digits", ""),
    ]


def test_atlas_documents_have_pages_with_what_to_mend(published: Results, pages: dict[str, str]) -> None:
    """Each document with runs has a page; LISA's names the one sentence to correct."""
    atlas = load_atlas()
    made = [each.protocol.id for each in published.atlas.experiments if each.records] if published.atlas else []
    has_runs = [d.id for d in atlas.documents.values() if any(claim.experiment in made for claim in d.claims)]
    assert {f"documents/{id_}.md" for id_ in has_runs} == {name for name in pages if "/" in name}
    assert {"lisa-logreg", "julia-blog"} <= {*has_runs}
    text = pages["documents/lisa-logreg.md"]
    (mended,) = text.split("## How to mend it\n\n")[1].split("\n\n")[0].splitlines()
    assert mended == (
        "- Correct line 263 (It takes 75 epochs to reach the printed test error): by the code a run has 74 periods."
    )
    assert "- \\= lisa-logreg, lines 254 to 257. **Exact.** All digits of the 4 printed values are equal." in text
