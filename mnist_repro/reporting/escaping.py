"""Text that is not ours, made safe for the medium in which it is shown."""

from __future__ import annotations

import html


def escape_markdown(text: object) -> str:
    """Make any text safe within a line or a table cell of a Markdown page."""
    escaped = html.escape(" ".join(str(text).split()), quote=False)
    for character in "\\`*_[]|~":
        escaped = escaped.replace(character, f"\\{character}")
    return escaped
