"""The report as one page, `index.html`: it needs no network and no other file, and all of it is read without a script.

Of it, `play.html` has the runs whose marks can be moved, for the page of the method.

The templates escape everything from documents and records. A content security policy forbids every style and script
that it does not name by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment as Templates
from markupsafe import Markup

from mnist_repro.comparison.results import Artifacts, Results
from mnist_repro.reporting.figures.overview import PREVIEW_SIZE
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.html.claim_rows import ClaimRow, list_rows
from mnist_repro.reporting.html.inline_figures import FigureSheet
from mnist_repro.reporting.html.palette import format_palette
from mnist_repro.reporting.html.run_rows import list_run_rows
from mnist_repro.reporting.wording.reported_runs import summarize_headline
from mnist_repro.reporting.wording.speed import list_engine_rows
from mnist_repro.verdicts.finding import Verdict

PAGE_FILE = "index.html"
PLAY_FILE = "play.html"

# One module: what comes first is used by what follows.
_PLAY_SCRIPTS = ("tables.js", "rule.js", "play.js")
_SCRIPTS = (*_PLAY_SCRIPTS, "claims.js", "address.js", "save.js", "atlas.js")
# What a moved mark may be judged as.
_WORDS = (Verdict.REPRODUCED, Verdict.DOUBTFUL, Verdict.CONSISTENT, Verdict.NOT_REPRODUCED)
# Limit of the whole page, and the size of a claim; figures get the rest.
_MOST_BYTES, _CLAIM_BYTES = 2_900_000, 5_000


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the page."""

    id: str  #: its anchor
    title: str

    @property
    def is_folded(self) -> bool:
        """Whether it stands behind a click: all but the results, the claims and the atlas."""
        return self.id not in {"outcome", "claims", "atlas"}

    @property
    def template(self) -> str:
        """File of its markup."""
        return f"{self.id}.html.j2"


def render_page(results: Results, *, figures: FigureFiles, folder: Path, templates: Templates) -> str:
    """Return the page; the paths of its figures start from `folder`."""
    rows = list_rows(results.shown, documents=results.documents)
    verdicts = _count_verdicts(rows)
    timed = results.timed
    artifacts = results.artifacts[timed.name] if timed else Artifacts()
    return templates.get_template("page.html.j2").render(
        results=results,
        documents=results.documents,
        figures=figures,
        rows=rows,
        run_rows={each.name: list_run_rows(each, documents=results.documents) for each in results.shown},
        home="",
        words=_WORDS,
        description=" ".join(map(summarize_headline, results.shown)),
        preview_size=PREVIEW_SIZE,
        verdicts=verdicts,
        sections=_list_sections(results),
        speed_tables=list_engine_rows(artifacts.times, busy=artifacts.busy_times),
        artifacts=artifacts,
        sheet=FigureSheet(folder, most_bytes=_MOST_BYTES - _CLAIM_BYTES * len(rows)),
        **_list_code(_SCRIPTS),
    )


def render_play(results: Results, *, templates: Templates) -> str | None:
    """Return a page of the reported runs whose marks can be moved, to stand within another page.

    None where nothing is tested. With a run's id as its query it shows this run alone.
    """
    reported = [row for row in list_run_rows(results.shown[0], documents=results.documents) if row.rule]
    if not reported:
        return None
    return templates.get_template("play.html.j2").render(
        reported=reported, home=PAGE_FILE, words=_WORDS, **_list_code(_PLAY_SCRIPTS)
    )


def _list_code(scripts: Sequence[str]) -> dict[str, Any]:
    """Return the style and the script of a page, and the policy that allows no others."""
    style, script = format_palette() + _read("page.css"), "".join(map(_read, scripts))
    return {
        # Both are files of this package and hold nothing from a document or a record.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "policy": (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
    }


def _count_verdicts(rows: Sequence[ClaimRow]) -> dict[Verdict, int]:
    """Count the verdicts on the page, in their order."""
    found = [row.finding.verdict for row in rows]
    return {verdict: found.count(verdict) for verdict in Verdict if verdict in found}


def _list_sections(results: Results) -> list[Section]:
    first = results.shown[0]
    known = {
        "outcome": "Results",
        "claims": "Claims",
        "atlas": "Atlas" if results.atlas else "",
        "curves": "Runs" if any(experiment.completed for experiment in first.experiments) else "",
        "versions": "TensorFlow versions" if results.versions else "",
        "causes": "Unstated choices",
        "speed": "Time per training step" if results.timed else "",
        "gate": "What the gates catch" if results.gate or results.speed_gate else "",
        "making": "How this page was made",
    }
    return [Section(id=name, title=title) for name, title in known.items() if title]


def _read(name: str) -> str:
    file = importlib.resources.files("mnist_repro.reporting.html") / "templates" / name
    return file.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the name of a style or a script in the content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
