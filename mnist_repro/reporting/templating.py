"""The templates of the pages: Jinja2 with the modules that put numbers and results into words."""

from __future__ import annotations

import re

from jinja2 import ChoiceLoader, Environment as Templates, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from mnist_repro.reporting.escaping import escape_markdown
from mnist_repro.reporting.figures import verdict_marks
from mnist_repro.reporting.html import palette, strips
from mnist_repro.reporting.wording import causes, experiments, gates, numbers, speed, versions


def load_templates(*, published: str | None = None) -> Templates:
    """Return the templates of all pages, which name a function by its module: `numbers.format_mean`.

    Parameters
    ----------
    published
        The way to a report of published runs, for a report of others.
    """
    templates = Templates(
        loader=ChoiceLoader(
            [PackageLoader("mnist_repro.reporting.markdown"), PackageLoader("mnist_repro.reporting.html")]
        ),
        # In Markdown, text that is not ours goes through the filter `text` instead.
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(text=escape_markdown, sentence=numbers.format_sentence, inline=_mark_inline)
    templates.globals.update(
        causes=causes,
        experiments=experiments,
        gates=gates,
        marks=verdict_marks,
        numbers=numbers,
        palette=palette,
        published=published,
        speed=speed,
        strips=strips,
        versions=versions,
    )
    return templates


def _mark_inline(text: str) -> Markup:
    """Return our own short Markdown as HTML: strong and code are marked up, all else stays text."""
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", strong))  # noqa: S704 - escaped above
