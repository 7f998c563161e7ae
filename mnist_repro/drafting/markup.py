"""Markdown, HTML and reStructuredText: their blocks are source or output, and the rest is prose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from html.parser import HTMLParser

from mnist_repro.drafting.terminal import apply_controls
from mnist_repro.drafting.text import Kind, StoredText
from mnist_repro.drafting.transcripts import is_python, looks_printed
from mnist_repro.errors import ReproError

_SOURCE_LANGUAGES_NAMES = (
    "python py python3 ipython ipython3 julia rust r c cpp c++ java scala go swift js javascript lua"
)
_SOURCE_LANGUAGES = frozenset(_SOURCE_LANGUAGES_NAMES.split())
_MOST_DEPTH = 200


def read_markdown(content: str) -> StoredText:
    """Read Markdown: fenced and indented blocks are cells."""
    try:
        from markdown_it import MarkdownIt  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing(kind="Markdown", package="markdown-it-py") from error
    lines = content.split("\n")
    blocks = []
    for token in MarkdownIt("commonmark").disable(["inline", "html_block"]).parse(content):
        if token.type in ("fence", "code_block") and token.map:
            first, stop = token.map
            words = token.info.split()
            inside = (first + 1, stop - 1) if token.type == "fence" else (first, stop)
            blocks.append((*inside, words[0].strip("{}.").lower() if words else ""))
    return _mark_blocks(lines, blocks)


def read_restructured(content: str) -> StoredText:
    """Read reStructuredText: literal blocks are cells. Its directives read no file and run nothing."""
    try:
        from docutils import nodes  # noqa: PLC0415 - an extra
        from docutils.core import publish_doctree  # noqa: PLC0415
    except ImportError as error:
        raise _missing(kind="reStructuredText", package="docutils") from error
    settings = {
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "report_level": 5,
        "halt_level": 5,
        "_disable_config": True,
        "syntax_highlight": "none",
    }
    tree = publish_doctree(content, settings_overrides=settings)
    lines, blocks, start = content.split("\n"), [], 0
    for node in tree.findall(lambda each: isinstance(each, (nodes.literal_block, nodes.doctest_block))):
        block = node.astext().split("\n")
        first = _find(lines, block, start)
        if first is not None:
            start = first + len(block)
            language = next((name for name in node.get("classes", ()) if name != "code"), "")
            blocks.append((first, start, language))
    return _mark_blocks(lines, blocks)


def _find(lines: list[str], block: list[str], start: int) -> int | None:
    """Return where a block's lines stand, but for their indentation."""
    wanted = [line.strip() for line in block]
    for first in range(start, len(lines) - len(block) + 1):
        if lines[first].strip() == wanted[0] and [x.strip() for x in lines[first : first + len(block)]] == wanted:
            return first
    return None


def _mark_blocks(lines: list[str], blocks: Iterable[tuple[int, int, str]]) -> StoredText:
    """Return the lines, those of each block, from a first to before a last one, as source or output."""
    text = StoredText()
    text.add_cell("text", order=-1, language="none")
    done, had_output = 0, True
    for number, (first, stop, language) in enumerate(blocks, 1):
        text.add(lines[done:first], kind="prose")
        block = [line.expandtabs() for line in lines[first:stop]]
        kind = _kind_of(block, language)
        # Output belongs to the source above it.
        if kind == "source" or had_output:
            text.add_cell(f"block {number}", language=language or "python")
        had_output = kind == "output"
        text.add(lines[first:stop], kind=kind)
        done = stop
    text.add(lines[done:], kind="prose")
    return text


def _kind_of(block: list[str], language: str) -> Kind:
    if language in _SOURCE_LANGUAGES:
        return "source"
    if not language and not any(map(looks_printed, block)) and _has_statements(block):
        return "source"
    return "output"


def _has_statements(block: list[str]) -> bool:
    code = "\n".join(block)
    if not is_python(code):
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in ast.parse(code).body)


class _Blocks(HTMLParser):
    """Gathers lines with who wrote them: ``pre`` by the classes around it, tables row by row."""

    _VOID_NAMES = "area base br col embed hr img input link meta source track wbr"
    _VOID = frozenset(_VOID_NAMES.split())
    _BREAKS_NAMES = "p div li h1 h2 h3 h4 h5 h6 tr table section ul ol blockquote br pre"
    _BREAKS = frozenset(_BREAKS_NAMES.split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[tuple[str, str, list[str]]] = []  # kind, classes, lines
        self._open: list[tuple[str, str]] = []
        self._text = ""
        self._rows: list[list[str]] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._skipped += 1
        if tag == "br":
            self._text += "\n"
        elif tag in self._BREAKS:
            self._flush()
        if tag == "tr":
            self._rows.append([])
        if tag not in self._VOID:
            self._open.append((tag, dict(attrs).get("class") or ""))
            if len(self._open) > _MOST_DEPTH:
                msg = f"its tags are nested more than {_MOST_DEPTH} deep"
                raise ValueError(msg)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._skipped = max(0, self._skipped - 1)
        if tag in ("td", "th") and self._rows:
            self._rows[-1].append(" ".join(self._text.split()) or "-")
            self._text = ""
        elif tag == "tr" and self._rows:
            self._text = ""
            row = self._rows.pop()
            self.blocks.append(("row", self._classes(), ["   ".join(row)]))
        elif tag in self._BREAKS:
            self._flush()
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._text += data

    def close(self) -> None:
        super().close()
        self._flush()

    def _classes(self) -> str:
        return " ".join(classes for _, classes in self._open).lower()

    def _flush(self) -> None:
        text, self._text = self._text, ""
        inside_row = any(self._rows)
        if not text.strip() or inside_row:
            return
        kind = "pre" if any(tag == "pre" for tag, _ in self._open) else "prose"
        lines = apply_controls(text.strip("\n")) if kind == "pre" else [" ".join(text.split())]
        self.blocks.append((kind, self._classes(), lines))


def text_of_html(content: str) -> list[str]:
    """Return the lines of HTML that a cell printed, a table row by row."""
    parser = _Blocks()
    parser.feed(content)
    parser.close()
    return [line for *_, lines in parser.blocks for line in lines]


def read_html(content: str) -> StoredText:
    """Read a page: what stands in ``pre`` and in tables is source or output, by its classes."""
    parser = _Blocks()
    parser.feed(content)
    parser.close()
    text = StoredText()
    text.add_cell("text", order=-1, language="none")
    for kind, classes, lines in parser.blocks:
        label = next((found for line in lines if (found := re.match(r"(In|Out) ?\[\d+\]:?$", line.strip()))), None)
        if label:
            continue
        who = _who_wrote(kind, classes, lines)
        if who == "source" or (who == "output" and text.cells[-1].label == "text"):
            text.add_cell(f"block {len(text.cells)}")
        text.add([*lines, *([] if kind == "row" else [""])], kind=who)
    return text


def _who_wrote(kind: str, classes: str, lines: list[str]) -> Kind:
    if kind == "row":
        return "output"
    if kind == "prose":
        return "prose"
    if "output" in classes:
        return "output"
    is_source = re.search(r"input|highlight-(?:python|ipython|default)|language-(?:python|julia)|\bcode\b", classes)
    if is_source and not any(map(looks_printed, lines)):
        return "source"
    return _kind_of(lines, "")


def _missing(*, kind: str, package: str) -> ReproError:
    return ReproError(f"{kind} is read by {package}, which is missing. Install it: pip install 'mnist-repro[draft]'.")
