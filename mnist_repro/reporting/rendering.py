"""The whole report as files, rendered from results into a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_repro.comparison.results import Results
from mnist_repro.reporting.exports.badge import BADGE_FILE, format_badge
from mnist_repro.reporting.exports.claims_json import CLAIMS_FILE, SCHEMA_FILE, format_claims, read_schema
from mnist_repro.reporting.figures.report import draw_report
from mnist_repro.reporting.html.page import PAGE_FILE, PLAY_FILE, render_page, render_play
from mnist_repro.reporting.markdown.pages import render_pages
from mnist_repro.reporting.markdown.readme import render_front_page
from mnist_repro.reporting.templating import load_templates

_FRONT_PAGE = "front page"


@contextmanager
def render_report(
    results: Results, *, output: Path, readme: Path | None, published: str | None = None
) -> Iterator[dict[Path, Path]]:
    """Render the whole report into temporary files; yield them by the path at which each belongs."""
    templates = load_templates(published=published)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = draw_report(results, folder=folder)
        texts = {
            **render_pages(results, figures=figures, templates=templates),
            PAGE_FILE: render_page(results, figures=figures, folder=folder, templates=templates),
            CLAIMS_FILE: format_claims(results.environments, documents=results.documents),
            SCHEMA_FILE: read_schema(),
            BADGE_FILE: format_badge(results.shown),
        }
        if played := render_play(results, templates=templates):
            texts[PLAY_FILE] = played
        for page, text in texts.items():
            _write(folder / page, text)
        made = sorted(file for file in folder.rglob("*") if file.is_file())
        belongs = {output / file.relative_to(folder): file for file in made}
        if readme:
            text = render_front_page(readme, results, figures=figures, output=output, templates=templates)
            belongs[readme] = _write(folder / _FRONT_PAGE, text)
        yield belongs


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
    return file
