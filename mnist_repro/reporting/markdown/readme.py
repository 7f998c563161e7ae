"""The part of the README that shows results."""

from __future__ import annotations

import os
import re
from pathlib import Path

from jinja2 import Environment as Templates

from mnist_repro.comparison.results import Results
from mnist_repro.errors import ReproError
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.html.page import PAGE_FILE
from mnist_repro.verdicts.environment import select_front

_README_PART = re.compile(r"(?<=<!-- results -->\n).*(?=<!-- end of results -->)", re.DOTALL)


def render_front_page(
    readme: Path, results: Results, *, figures: FigureFiles, output: Path, templates: Templates
) -> str:
    """Return the text of `readme` with the part that shows results renewed.

    Raises
    ------
    ReproError
        If no runs are published, or the page has no such part.
    """
    front = select_front(results.shown)
    if front is None:
        msg = f"{readme} shows published runs, and all runs here are local. Leave --readme out."
        raise ReproError(msg)
    home = Path(os.path.relpath(output, readme.parent))
    part = templates.get_template("readme.md.j2").render(
        documents=results.documents,
        result=front,
        figure=(home / figures.environments[front.name]["overview"]).as_posix(),
        report=(home / "README.md").as_posix(),
        atlas=results.atlas,
        atlas_page=(home / "atlas.md").as_posix(),
        one_page=(home / PAGE_FILE).as_posix(),
    )
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
    return _README_PART.sub(lambda _: part, text)
