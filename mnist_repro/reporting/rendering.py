"""The whole report as files, rendered from records in a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mnist_repro.comparison.gate.summary import summarize_gate
from mnist_repro.comparison.speed.trials import summarize_speed_gate
from mnist_repro.comparison.versions.matrix import read_matrix
from mnist_repro.comparison.versions.summary import summarize_versions
from mnist_repro.documents.document import Document, load_documents
from mnist_repro.documents.protocol import Protocol, load_protocols
from mnist_repro.documents.variant import load_alternatives
from mnist_repro.records.environment import hash_code, training_code_sha256
from mnist_repro.records.store import LOCAL_ENVIRONMENT, open_stores
from mnist_repro.reporting.exports.badge import BADGE_FILE, format_badge
from mnist_repro.reporting.exports.claims_json import CLAIMS_FILE, SCHEMA_FILE, format_claims, read_schema
from mnist_repro.reporting.figures.versions import draw_versions
from mnist_repro.reporting.html.page import PAGE_FILE, PageContents, render_page
from mnist_repro.reporting.markdown.job_summary import format_summary
from mnist_repro.reporting.markdown.pages import VERSIONS, Draft, name_figures, render_environment, render_speed
from mnist_repro.reporting.markdown.readme import render_front_page
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.wording.contradictions import collect_contradictions
from mnist_repro.verdicts.environment import (
    EnvironmentResult,
    OutdatedRecordsError,
    find_labels,
    summarize_environment,
)

# Where the graph session stands, beside the file of the matrix.
_SESSION = Path("benchmarks/era/tf1_session.py")


@contextmanager
def render_report(
    output: Path, *, records: Path, readme: Path | None, baseline: Path | None, matrix: Path | None
) -> Iterator[tuple[dict[Path, Path], str]]:
    """Render the whole report into files that are gone afterwards; yield these by where they belong, and a summary."""
    documents, protocols = load_documents(), load_protocols()
    expected = read_matrix(matrix) if matrix else ()
    results, outdated = _summarize_all(records, documents=documents, protocols=protocols)
    versions = summarize_versions(
        results, expected=expected, outdated=outdated, code=_todays_code(matrix), protocols=protocols
    )
    # Many versions side by side have a page of their own; the front page shows in full what is not among them.
    shown = [result for result in results if result.name not in expected] or results[-1:]
    gate = summarize_gate(baseline, records=records, protocols=protocols) if baseline else None
    speed_gate = summarize_speed_gate(baseline) if baseline else None
    with tempfile.TemporaryDirectory() as folder:
        draft = Draft(Path(folder), documents, load_templates())
        figures = {result.name: render_environment(result, draft, drawn=result in shown) for result in results}
        version_figures: dict[str, str] = {}
        if versions:
            version_figures = name_figures(VERSIONS, draw_versions(versions, folder=draft.figures(VERSIONS)))
            draft.render("versions.md", "versions.md.j2", versions=versions, figures=version_figures)
        if gate:
            draft.render("gate.md", "gate.md.j2", gate=gate)
        if speed_gate:
            draft.render("speed-gate.md", "speed-gate.md.j2", gate=speed_gate)
        if explained := [result for result in shown if result.causes]:
            draft.render("causes.md", "causes.md.j2", results=explained, figures=figures)
        contents = PageContents(
            documents=documents,
            results=shown,
            versions=versions,
            speed=render_speed(shown, draft),
            gate=gate,
            speed_gate=speed_gate,
            figures=figures,
            version_figures=version_figures,
        )
        contradictions = {name: collect_contradictions(each, results=shown) for name, each in documents.items()}
        draft.render("README.md", "index.md.j2", contents=contents, contradictions=contradictions)
        draft.write(PAGE_FILE, render_page(draft.templates, contents=contents, folder=draft.folder))
        draft.write(CLAIMS_FILE, format_claims(results, documents=documents))
        draft.write(SCHEMA_FILE, read_schema())
        draft.write(BADGE_FILE, format_badge(shown))
        made = draft.files(output)
        if readme:
            made[readme] = render_front_page(readme, shown, draft, output=output, figures=figures, versions=versions)
        yield made, format_summary(shown, documents=documents)


def _summarize_all(
    records: Path, *, documents: Mapping[str, Document], protocols: Mapping[str, Protocol]
) -> tuple[list[EnvironmentResult], list[str]]:
    """Summarize every environment, a user's own first; name those whose records are all of earlier protocols.

    Raises
    ------
    ReproError
        If there is no environment with runs of today's protocols.
    """
    results: list[EnvironmentResult] = []
    outdated: list[OutdatedRecordsError] = []
    names = []
    alternatives = load_alternatives()
    for store in open_stores(records):
        try:
            result = summarize_environment(
                store,
                documents=documents,
                protocols=protocols,
                alternatives=alternatives,
                labels=find_labels(store, folder=records),
            )
            results.append(result)
        except OutdatedRecordsError as error:  # noqa: PERF203 - each environment may have earlier records
            outdated.append(error)
            names.append(store.environment)
    if not results:
        raise outdated[0]
    results.sort(key=lambda result: (result.name != LOCAL_ENVIRONMENT, result.name))
    return results, names


def _todays_code(matrix: Path | None) -> frozenset[str]:
    """Return the hashes by which today's ways of training are known: the package's, and the graph session's."""
    session = matrix.parent / _SESSION if matrix else None
    found = [hash_code([session])] if session and session.is_file() else []
    return frozenset([training_code_sha256(), *found])
