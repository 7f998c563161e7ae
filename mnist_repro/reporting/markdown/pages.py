"""The Markdown pages of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import Environment as Templates

from mnist_repro.comparison.results import Results
from mnist_repro.comparison.versions.defaults import list_defaults
from mnist_repro.comparison.versions.verdict_history import list_undecided
from mnist_repro.documents.document import Document
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import OTHER_PAGES
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.wording.maintainer import select_document
from mnist_repro.reporting.wording.speed import list_engine_rows, list_study_rows
from mnist_repro.reporting.wording.versions import list_horizon_rows, list_probe_rows, list_probed_experiments
from mnist_repro.verdicts.environment import EnvironmentResult


def render_pages(results: Results, *, figures: FigureFiles, templates: Templates) -> dict[str, str]:
    """Return the text of each Markdown page by its file name.

    Raises
    ------
    ReproError
        If an environment's page would take the place of another.
    """
    for store in (result.store for result in results.environments if result.name.lower() in OTHER_PAGES):
        msg = (
            f"An environment has a page of its own, and {store.environment} is that of another. Rename {store.folder}."
        )
        raise ReproError(msg)

    def render(template: str, **context: object) -> str:
        return templates.get_template(template).render(
            {"results": results, "documents": results.documents, "figures": figures, **context}
        )

    pages = {}
    for result in results.environments:
        artifacts = results.artifacts.get(result.name)
        pages[f"{result.name}.md"] = render(
            "environment.md.j2",
            result=result,
            drawn=figures.environments.get(result.name, {}),
            snapshots=artifacts.snapshots if artifacts else {},
        )
    if results.versions:
        probes = results.versions.probed
        pages["versions.md"] = render(
            "versions.md.j2",
            comparison=results.versions,
            undecided=list_undecided(results.versions.histories),
            defaults=list_defaults(probes) if probes else (),
            probed_experiments=list_probed_experiments(probes),
            probe_rows=list_probe_rows(probes),
            horizon_rows=list_horizon_rows(results.versions),
        )
    if results.gate:
        pages["gate.md"] = render("gate.md.j2", gate=results.gate)
    if results.speed_gate:
        pages["speed-gate.md"] = render("speed-gate.md.j2", gate=results.speed_gate)
    if explained := [result for result in results.shown if result.causes]:
        pages["causes.md"] = render("causes.md.j2", explained=explained)
    if timed := results.timed:
        artifacts = results.artifacts[timed.name]
        pages["speed.md"] = render(
            "speed.md.j2",
            timed=timed,
            artifacts=artifacts,
            tables=list_engine_rows(artifacts.times, busy=artifacts.busy_times),
            study_tables=[
                (studies, list_study_rows(studies), option)
                for studies, option in ((artifacts.studies, ""), (artifacts.busy_studies, "--busy-core "))
                if studies
            ],
        )
    if results.atlas:
        pages |= _render_atlas(results.atlas, documents=results.atlas_documents, render=render)
    pages["README.md"] = render("index.md.j2")
    return pages


def _render_atlas(
    atlas: EnvironmentResult, *, documents: Mapping[str, Document], render: Callable[..., str]
) -> dict[str, str]:
    """Return the page of all documents, and one of each that has runs."""
    parts = {id_: select_document(atlas, document) for id_, document in documents.items()}
    paged = {id_: part for id_, part in parts.items() if part.records}
    pages = {
        f"documents/{id_}.md": render(
            "document.md.j2", document=documents[id_], documents={id_: documents[id_]}, result=part
        )
        for id_, part in paged.items()
    }
    return {"atlas.md": render("atlas.md.j2", atlas=atlas, known=documents, paged=paged), **pages}
