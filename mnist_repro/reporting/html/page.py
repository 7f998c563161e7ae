"""The report as one page, `index.html`: it needs no network, no other file, and no script to be read whole.

What the documents and the records say is escaped by the templates. The page forbids by a policy of its own whatever is
not named there by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment as Templates
from markupsafe import Markup

from mnist_repro.comparison.gate.summary import GateSummary
from mnist_repro.comparison.speed.engines import Times
from mnist_repro.comparison.speed.trials import SpeedGateSummary
from mnist_repro.comparison.versions.summary import VersionsResult
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Reconstruction
from mnist_repro.reporting.html.claim_rows import ClaimRow, list_rows
from mnist_repro.reporting.html.inline_figures import FigureSheet
from mnist_repro.reporting.html.palette import format_palette
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Verdict

PAGE_FILE = "index.html"

_TEMPLATE = "page.html.j2"
# Of the whole page, and what a claim takes of it, so that figures are given what is left.
_MOST_BYTES, _CLAIM_BYTES = 2_900_000, 5_000


@dataclass(frozen=True, kw_only=True)
class SpeedResult:
    """Times of training steps, the environment in which they were measured, and their figure.

    Parameters
    ----------
    result, times, figure
        Of a machine that had nothing else to do.
    busy
        Times while another core was kept busy; empty where there are none.
    """

    result: EnvironmentResult
    times: Times
    figure: str
    busy: Times = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PageContents:
    """What the page shows.

    Parameters
    ----------
    documents
        By id.
    results
        The environments that are shown in full; the curves are those of the first.
    versions, speed, gate, speed_gate
        As on their own pages; None where there is none.
    figures
        File names below the report's folder, by what they show: of each environment by its name.
    version_figures
        Those of the comparison of versions.
    """

    documents: Mapping[str, Document]
    results: Sequence[EnvironmentResult]
    versions: VersionsResult | None = None
    speed: SpeedResult | None = None
    gate: GateSummary | None = None
    speed_gate: SpeedGateSummary | None = None
    figures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version_figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a document leaves open, and the ids of the experiments in which it was chosen so."""

    reconstruction: Reconstruction
    experiments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page: its anchor, its heading, and its template."""

    id: str
    title: str

    @property
    def template(self) -> str:
        """Where its markup is."""
        return f"{self.id}.html.j2"


def render_page(templates: Templates, *, contents: PageContents, folder: Path) -> str:
    """Return the page.

    Parameters
    ----------
    templates
        Of all pages.
    folder
        In which the figures' names are looked up.
    """
    rows = list_rows(contents.results, documents=contents.documents)
    style = format_palette() + _read("page.css")
    script = _read("page.js")
    return templates.get_template(_TEMPLATE).render(
        contents=contents,
        rows=rows,
        verdicts=_count_verdicts(rows),
        sections=_list_sections(contents),
        reconstructions=_list_reconstructions(contents.results[0]),
        sheet=FigureSheet(folder, most_bytes=_MOST_BYTES - _CLAIM_BYTES * len(rows)),
        # Both are files of this package, with nothing of a document or a record.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _count_verdicts(rows: Sequence[ClaimRow]) -> dict[Verdict, int]:
    """Return the verdicts that there are, with their numbers."""
    found = [row.finding.verdict for row in rows]
    return {verdict: found.count(verdict) for verdict in Verdict if verdict in found}


def _list_reconstructions(result: EnvironmentResult) -> list[Choice]:
    """Return what was chosen for the documents, each choice once."""
    found: dict[Reconstruction, list[str]] = {}
    for experiment in result.experiments:
        for reconstruction in experiment.protocol.reconstructions:
            found.setdefault(reconstruction, []).append(experiment.protocol.id)
    return [Choice(reconstruction=choice, experiments=tuple(names)) for choice, names in found.items()]


def _list_sections(contents: PageContents) -> list[Section]:
    first = contents.results[0]
    known = {
        "outcome": "What came out",
        "claims": "Every claim",
        "misses": "What did not reproduce, and why",
        "curves": "The runs" if any(experiment.completed for experiment in first.experiments) else "",
        "versions": "On every version of TensorFlow" if contents.versions else "",
        "causes": "What the documents leave open",
        "speed": "How long a step takes" if contents.speed else "",
        "gate": "What would be noticed" if contents.gate or contents.speed_gate else "",
        "making": "How this was made",
    }
    return [Section(id=name, title=title) for name, title in known.items() if title]


def _read(name: str) -> str:
    file = importlib.resources.files("mnist_repro.reporting.html") / "templates" / name
    return file.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the name by which a policy allows a style or a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
