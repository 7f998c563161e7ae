"""Text that is not ours, made safe for the medium in which it is shown.

Records, documents and file names may hold anything: escapes of terminals, commands of a CI, markup, letters that are
invisible or turn the order of others, halves of surrogate pairs, which no encoding has. What is shown of them is text.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote

# Control characters but line ends and tabulators; what is invisible or reorders what is near it; halves of pairs; and
# what XML has no place for.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)
_BREAKS = re.compile("[\t-\r\x1c-\x1e\x85\u2028\u2029]+")
# GitHub's commands begin a line, wherever a table breaks it; those of Azure, and GitHub's older ones, stand anywhere.
_COMMAND = re.compile(r":(?=:[A-Za-z])|#(?=#[A-Za-z]*\[)")
# What makes the start of a line a heading, a list or a rule.
_BLOCK = re.compile(r"^(\d{0,9})([#=.)+-])(?=[#=\s-]|$)")
_MARKED = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`", re.DOTALL)


def show_unseen(text: object) -> str:
    """Replace what is no visible character by Python's escape of it; line ends and tabulators stay."""
    return _UNSEEN.sub(_spell, str(text))


def escape_line(text: object) -> str:
    """Make any text safe within a line of a terminal, or of the log of a CI."""
    return _COMMAND.sub(_spell, show_unseen(_BREAKS.sub(" ", str(text))))


def escape_markdown(text: object) -> str:
    """Make any text safe within a line or a table cell of a Markdown page."""
    escaped = html.escape(show_unseen(" ".join(str(text).split())), quote=False)
    for character in "\\`*_[]|~":
        escaped = escaped.replace(character, f"\\{character}")
    return _BLOCK.sub(r"\1\\\2", escaped)


def mark_markdown(text: object) -> str:
    """Escape any text for Markdown but for ``**strong**`` and `code`."""
    # Of what the split gives, every third is text, the next strong, the last code.
    parts = _MARKED.split(str(text))
    marked = []
    for plain, strong, code in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True):
        # A blank beside a mark counts.
        inner = escape_markdown(f"x{plain}x")[1:-1]
        marked += [inner, f"**{escape_markdown(strong)}**" if strong else "", code_markdown(code) if code else ""]
    return "".join(marked).strip()


def code_markdown(text: object) -> str:
    """Show any text as code on a Markdown page."""
    shown = show_unseen(" ".join(str(text).split())).replace("|", "\\|")
    if "`" not in shown:
        return f"`{shown}`"
    fence = "`" * (max(map(len, re.findall("`+", shown))) + 1)
    return f"{fence} {shown} {fence}"


def link_markdown(path: object) -> str:
    """Make the path of a file safe as the target of a link on a Markdown page."""
    return quote(str(path), safe="/#", errors="surrogatepass")


def link_address(address: object) -> str:
    """Make the address of a page on the web safe as the target of a link; empty where it is none."""
    is_web = str(address).startswith(("https://", "http://"))
    return quote(str(address), safe="/#:?=&%", errors="surrogatepass") if is_web else ""


def _spell(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - as Python spells them
