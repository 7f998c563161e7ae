"""The whole report as files, rendered from records in a folder that is gone afterwards."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment as Templates

from mnist_repro.claims import Document, load_documents
from mnist_repro.environment import hash_code, training_code_sha256
from mnist_repro.errors import ReproError
from mnist_repro.protocols import Protocol, load_protocols
from mnist_repro.records import LOCAL_ENVIRONMENT, open_stores
from mnist_repro.reporting.badge import BADGE_FILE, format_badge
from mnist_repro.reporting.claims_json import CLAIMS_FILE, SCHEMA_FILE, format_claims, read_schema
from mnist_repro.reporting.contents import EnvironmentResult, select_front
from mnist_repro.reporting.contradictions import collect_contradictions
from mnist_repro.reporting.environment_summary import OutdatedRecordsError, summarize_environment
from mnist_repro.reporting.gate_page import summarize_gate
from mnist_repro.reporting.html_page import PAGE_FILE, PageContents, SpeedResult, render_page
from mnist_repro.reporting.illustrations import draw_environment
from mnist_repro.reporting.speed_gate_page import summarize_speed_gate
from mnist_repro.reporting.speed_page import draw_speed
from mnist_repro.reporting.step_summary import format_summary
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.version_contents import VersionsResult, summarize_versions
from mnist_repro.reporting.version_figures import draw_versions
from mnist_repro.speed import read_speed
from mnist_repro.study_speed import read_studies
from mnist_repro.versions.matrix import read_matrix

_FIGURES = "figures"
_VERSIONS = "versions"
_SPEED = "speed.svg"
_FRONT_PAGE = "front page"
# Where the graph session stands, beside the file of the matrix.
_SESSION = Path("benchmarks/era/tf1_session.py")
_README_PART = re.compile(r"(?<=<!-- results -->\n).*(?=<!-- end of results -->)", re.DOTALL)


@dataclass(frozen=True)
class _Draft:
    """The report's files as they are made, in a folder that is gone afterwards."""

    folder: Path
    documents: Mapping[str, Document]
    templates: Templates

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8", newline="\n")

    def render(self, page: str, template: str, **contents: object) -> None:
        self.write(page, self.templates.get_template(template).render(documents=self.documents, **contents))

    def figures(self, part: str) -> Path:
        return self.folder / _FIGURES / part

    def files(self, output: Path) -> dict[Path, Path]:
        """Return what was made, by where it belongs."""
        made = sorted(file for file in self.folder.rglob("*") if file.is_file())
        return {output / file.relative_to(self.folder): file for file in made}


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
        draft = _Draft(Path(folder), documents, load_templates())
        figures = {result.name: _render_environment(result, draft, drawn=result in shown) for result in results}
        version_figures: dict[str, str] = {}
        if versions:
            version_figures = _name_figures(_VERSIONS, draw_versions(versions, folder=draft.figures(_VERSIONS)))
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
            speed=_render_speed(shown, draft),
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
            made[readme] = _render_front_page(readme, shown, draft, output=output, figures=figures, versions=versions)
        yield made, format_summary(shown, documents=documents)


def _render_environment(result: EnvironmentResult, draft: _Draft, *, drawn: bool) -> dict[str, str]:
    """Render an environment's page, and return its figures by what they show."""
    found = draw_environment(result, folder=draft.figures(result.name)) if drawn else {}
    figures = _name_figures(result.name, found)
    draft.render(f"{result.name}.md", "environment.md.j2", result=result, figures=figures)
    return figures


def _render_speed(results: Sequence[EnvironmentResult], draft: _Draft) -> SpeedResult | None:
    """Render the page of speed from the first environment in which it was measured; None where it was in none."""
    timed = next(((result, times) for result in results if (times := read_speed(result.store.folder))), None)
    if timed is None:
        return None
    result, times = timed
    draw_speed(draft.figures(_SPEED), times=times)
    busy = read_speed(result.store.folder, is_busy=True)
    speed = SpeedResult(result=result, times=times, figure=f"{_FIGURES}/{_SPEED}", busy=busy)
    draft.render(
        "speed.md",
        "speed.md.j2",
        speed=speed,
        studies=read_studies(result.store.folder),
        busy_studies=read_studies(result.store.folder, is_busy=True),
    )
    return speed


def _render_front_page(
    readme: Path,
    results: Sequence[EnvironmentResult],
    draft: _Draft,
    *,
    output: Path,
    figures: Mapping[str, Mapping[str, str]],
    versions: VersionsResult | None,
) -> Path:
    """Render `readme` with the part that shows results in its place, and return the file.

    Raises
    ------
    ReproError
        If no runs are published, or the page has no such part.
    """
    front = select_front(results)
    if front is None:
        msg = f"{readme} shows published runs, and there are none but local ones. Leave --readme out."
        raise ReproError(msg)
    home = Path(os.path.relpath(output, readme.parent))
    draft.render(
        _FRONT_PAGE,
        "readme.md.j2",
        result=front,
        studies=read_studies(front.store.folder),
        versions=versions,
        figure=(home / figures[front.name]["overview"]).as_posix(),
        report=(home / "README.md").as_posix(),
        one_page=(home / PAGE_FILE).as_posix(),
    )
    _replace_part(readme, draft.folder / _FRONT_PAGE)
    return draft.folder / _FRONT_PAGE


def _name_figures(part: str, drawn: Mapping[str, str]) -> dict[str, str]:
    return {what: f"{_FIGURES}/{part}/{file}" for what, file in drawn.items()}


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
    for store in open_stores(records):
        try:
            results.append(summarize_environment(store, documents=documents, protocols=protocols))
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


def _replace_part(readme: Path, page: Path) -> None:
    """Make of the part in `page` the whole of `readme` with that part in its place."""
    try:
        text = readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The page of --readme, {readme}, cannot be read: {error}."
        raise ReproError(msg) from error
    if not _README_PART.search(text):
        msg = (
            f"{readme} must have the lines <!-- results --> and <!-- end of results -->; add them where results belong."
        )
        raise ReproError(msg)
    part = page.read_text(encoding="utf-8")
    page.write_text(_README_PART.sub(lambda _: part, text), encoding="utf-8", newline="\n")
