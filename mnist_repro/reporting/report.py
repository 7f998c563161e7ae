"""The report: pages and figures, from records alone."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mnist_repro.claims import Document, load_documents
from mnist_repro.environment import hash_code, training_code_sha256
from mnist_repro.errors import ReproError
from mnist_repro.protocols import Protocol, load_protocols
from mnist_repro.records import LOCAL_ENVIRONMENT, open_stores
from mnist_repro.reporting.badge import BADGE_FILE, format_badge
from mnist_repro.reporting.claims_json import CLAIMS_FILE, SCHEMA_FILE, format_claims, read_schema
from mnist_repro.reporting.contents import (
    EnvironmentResult,
    OutdatedRecordsError,
    select_front,
    summarize_environment,
)
from mnist_repro.reporting.contradictions import collect_contradictions
from mnist_repro.reporting.gate_page import summarize_gate
from mnist_repro.reporting.illustrations import draw_environment
from mnist_repro.reporting.speed_page import draw_speed
from mnist_repro.reporting.step_summary import append_summary, format_summary
from mnist_repro.reporting.svg import read_creator
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.version_contents import summarize_versions
from mnist_repro.reporting.version_figures import draw_versions
from mnist_repro.speed import read_speed
from mnist_repro.versions.matrix import read_matrix

_FIGURES = "figures"
_VERSIONS = "versions"
_SPEED = "speed.svg"
_FRONT_PAGE = "front page"
# Where the graph session stands, beside the file of the matrix.
_SESSION = Path("benchmarks/era/tf1_session.py")
_README_PART = re.compile(r"(?<=<!-- results -->\n).*(?=<!-- end of results -->)", re.DOTALL)


def write_report(
    output: Path,
    *,
    records: Path,
    readme: Path | None = None,
    baseline: Path | None = None,
    matrix: Path | None = None,
    step_summary: Path | None = None,
) -> list[Path]:
    """Write the report of all environments in `records` to the folder `output`.

    Parameters
    ----------
    readme
        A page whose part between ``<!-- results -->`` and ``<!-- end of results -->`` is written too.
    baseline
        Folder of the regression gate's baseline; where there is one, the page of the gate is written too.
    matrix
        The `tox.ini` that names the environments that versions are compared by; None compares those with records.
    step_summary
        A file to which a short summary is appended, as Markdown for a CI's page.

    Returns
    -------
    list of Path
        The files that were written: `README.md`, a page for each environment, those of the causes, of the versions, of
        speed and of the gate, `claims.json` with its schema, `badge.json`, and figures.

    Raises
    ------
    ReproError
        If there are no records, one is broken, the gate was measured with another baseline, or the folder cannot be
        written.
    """
    with _rendered(output, records=records, readme=readme, baseline=baseline, matrix=matrix) as (made, summary):
        for target, file in made.items():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            except OSError as error:  # noqa: PERF203 - the error names its file
                msg = f"{target} is a part of the report and cannot be written: {error}. Correct --output or --readme."
                raise ReproError(msg) from error
        if step_summary:
            append_summary(summary, file=step_summary)
        return list(made)


def check_report(
    output: Path, *, records: Path, readme: Path | None = None, baseline: Path | None = None, matrix: Path | None = None
) -> list[str]:
    """Compare the report in `output` with what `records` give, byte for byte.

    Figures are compared only where they were drawn by the same versions of the libraries: others draw other bytes.

    Returns
    -------
    list of str
        A line for each file that is missing or differs; empty where there is none.
    """
    differences = []
    with _rendered(output, records=records, readme=readme, baseline=baseline, matrix=matrix) as (made, _):
        for there, file in made.items():
            if not there.is_file():
                differences.append(f"{there} is missing. Write it with `mnist-repro report`.")
            elif _is_comparable(file, there) and file.read_bytes() != there.read_bytes():
                differences.append(f"{there} is not what the records give. Write it again with `mnist-repro report`.")
    return differences


def _is_comparable(made: Path, there: Path) -> bool:
    return made.suffix != ".svg" or read_creator(made) == read_creator(there)


@contextmanager
def _rendered(
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
    templates = load_templates()
    with tempfile.TemporaryDirectory() as made_in:
        folder = Path(made_in)
        figures: dict[str, dict[str, str]] = {}

        def render(page: str, template: str, **contents: object) -> None:
            text = templates.get_template(template).render(documents=documents, **contents)
            (folder / page).write_text(text, encoding="utf-8", newline="\n")

        def draw(part: str, names: Mapping[str, str]) -> dict[str, str]:
            return {what: f"{_FIGURES}/{part}/{file}" for what, file in names.items()}

        for result in results:
            drawn = draw_environment(result, folder=folder / _FIGURES / result.name) if result in shown else {}
            figures[result.name] = draw(result.name, drawn)
            render(f"{result.name}.md", "environment.md.j2", result=result, figures=figures[result.name])
        if versions:
            drawn = draw_versions(versions, folder=folder / _FIGURES / _VERSIONS)
            render("versions.md", "versions.md.j2", versions=versions, figures=draw(_VERSIONS, drawn))
        timed = [(result, times) for result in shown if (times := read_speed(result.store.folder))]
        for result, times in timed[:1]:
            draw_speed(folder / _FIGURES / _SPEED, times=times)
            render("speed.md", "speed.md.j2", result=result, times=times, figure=f"{_FIGURES}/{_SPEED}")
        gate = summarize_gate(baseline, records=records, protocols=protocols) if baseline else None
        if gate:
            render("gate.md", "gate.md.j2", gate=gate)
        explained = [result for result in shown if result.causes]
        if explained:
            render("causes.md", "causes.md.j2", results=explained, figures=figures)
        contradictions = {name: collect_contradictions(document, results=shown) for name, document in documents.items()}
        render(
            "README.md",
            "index.md.j2",
            results=shown,
            versions=versions,
            is_timed=bool(timed),
            gate=gate,
            figures=figures,
            contradictions=contradictions,
        )
        for name, text in (
            (CLAIMS_FILE, format_claims(results, documents=documents)),
            (SCHEMA_FILE, read_schema()),
            (BADGE_FILE, format_badge(shown)),
        ):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        made = {output / file.relative_to(folder): file for file in sorted(folder.rglob("*")) if file.is_file()}
        front = select_front(shown)
        if readme and not front:
            msg = f"{readme} shows published runs, and {records} has none but local ones. Leave --readme out."
            raise ReproError(msg)
        if readme and front:
            home = Path(os.path.relpath(output, readme.parent))
            render(
                _FRONT_PAGE,
                "readme.md.j2",
                result=front,
                versions=versions,
                figure=(home / figures[front.name]["overview"]).as_posix(),
                report=(home / "README.md").as_posix(),
            )
            made[readme] = folder / _FRONT_PAGE
            _replace_part(readme, made[readme])
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
