"""The templates of the pages: Jinja2 with the modules that put numbers and results into words.

What a template prints is text, and is escaped for its medium. A filter says where it is more: `inline` for our own
short Markdown, with code and strong words; and on Markdown pages `code`, the `cells` of a row, the target of a `link`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment as Templates, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from mnist_repro.reporting.escaping import (
    code_markdown,
    escape_markdown,
    link_address,
    link_markdown,
    mark_markdown,
    show_unseen,
)
from mnist_repro.reporting.figures import verdict_marks
from mnist_repro.reporting.html import palette, strips
from mnist_repro.reporting.wording import (
    atlas,
    causes,
    contradictions,
    counts,
    digits,
    evidence,
    experiments,
    gates,
    maintainer,
    numbers,
    reported_runs,
    speed,
    versions,
)


@cache
def load_templates(*, published: str | None = None) -> Templates:
    """Return the templates of all pages, which name a function by its module: `numbers.format_mean`.

    Each is compiled once in a process: that takes longer than to fill it.

    Parameters
    ----------
    published
        The way to a report of published runs, for a report of others.
    """
    templates = Templates(
        loader=ChoiceLoader(
            [PackageLoader("mnist_repro.reporting.markdown"), PackageLoader("mnist_repro.reporting.html")]
        ),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(
        sentence=numbers.format_sentence,
        inline=_mark_inline,
        code=lambda text: Markup(code_markdown(text)),  # noqa: S704 - escaped
        link=lambda path: Markup(link_markdown(path)),  # noqa: S704 - escaped
        address=lambda address: Markup(link_address(address)),  # noqa: S704 - escaped
        cells=_join_cells,
    )
    templates.globals.update(
        atlas_rows=atlas,
        causes=causes,
        contradictions=contradictions,
        counts=counts,
        digits=digits,
        evidence=evidence,
        experiments=experiments,
        gates=gates,
        maintainer=maintainer,
        marks=verdict_marks,
        numbers=numbers,
        palette=palette,
        runs=reported_runs,
        published=published,
        speed=speed,
        strips=strips,
        versions=versions,
    )
    return templates


def _is_markdown(context: Context) -> bool:
    return str(context.name).endswith(".md.j2")


@pass_context
def _finalize(context: Context, value: Any) -> Any:
    """Escape what a template prints, unless it is a page's own markup; HTML's own letters are escaped after that."""
    if isinstance(value, Markup):
        return value
    return Markup(escape_markdown(value)) if _is_markdown(context) else show_unseen(value)  # noqa: S704 - escaped


def _join_cells(cells: Iterable[Any]) -> Markup:
    """Return the cells of a row in Markdown."""
    return Markup(" | ".join(cell if isinstance(cell, Markup) else escape_markdown(cell) for cell in cells))  # noqa: S704 - escaped


@pass_context
def _mark_inline(context: Context, text: str) -> Markup:
    """Return our own short Markdown for the page: strong and code are marked up, all else stays text."""
    if _is_markdown(context):
        return Markup(mark_markdown(text))  # noqa: S704 - escaped
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(show_unseen(text))))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", strong))  # noqa: S704 - escaped above
