"""The part of the README that shows results."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mnist_repro.comparison.speed.studies import read_studies
from mnist_repro.comparison.versions.summary import VersionsResult
from mnist_repro.errors import ReproError
from mnist_repro.reporting.html.page import PAGE_FILE
from mnist_repro.reporting.markdown.pages import Draft
from mnist_repro.verdicts.environment import (
    EnvironmentResult,
    select_front,
)

_FRONT_PAGE = "front page"


_README_PART = re.compile(r"(?<=<!-- results -->\n).*(?=<!-- end of results -->)", re.DOTALL)


def render_front_page(
    readme: Path,
    results: Sequence[EnvironmentResult],
    draft: Draft,
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
