"""The Markdown pages of the report, as drafts in a folder that is gone afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment as Templates

from mnist_repro.comparison.speed.engines import read_speed
from mnist_repro.comparison.speed.studies import read_studies
from mnist_repro.documents.document import Document
from mnist_repro.reporting.figures.engines import draw_speed
from mnist_repro.reporting.figures.environment import draw_environment
from mnist_repro.reporting.html.page import SpeedResult
from mnist_repro.verdicts.environment import (
    EnvironmentResult,
)

_FIGURES = "figures"


VERSIONS = "versions"


_SPEED = "speed.svg"


@dataclass(frozen=True)
class Draft:
    """The report's files as they are made, in a folder that is gone afterwards."""

    folder: Path
    documents: Mapping[str, Document]
    templates: Templates

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8", newline="\n")

    def render(self, page: str, template: str, **contents: object) -> None:
        """Write a page from its template."""
        self.write(page, self.templates.get_template(template).render(documents=self.documents, **contents))

    def figures(self, part: str) -> Path:
        """Return the folder, or the file, of a part's figures."""
        return self.folder / _FIGURES / part

    def files(self, output: Path) -> dict[Path, Path]:
        """Return what was made, by where it belongs."""
        made = sorted(file for file in self.folder.rglob("*") if file.is_file())
        return {output / file.relative_to(self.folder): file for file in made}


def render_environment(result: EnvironmentResult, draft: Draft, *, drawn: bool) -> dict[str, str]:
    """Render an environment's page, and return its figures by what they show."""
    found = draw_environment(result, folder=draft.figures(result.name)) if drawn else {}
    figures = name_figures(result.name, found)
    draft.render(f"{result.name}.md", "environment.md.j2", result=result, figures=figures)
    return figures


def render_speed(results: Sequence[EnvironmentResult], draft: Draft) -> SpeedResult | None:
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


def name_figures(part: str, drawn: Mapping[str, str]) -> dict[str, str]:
    """Return the paths of figures by what they show, as pages name them."""
    return {what: f"{_FIGURES}/{part}/{file}" for what, file in drawn.items()}
