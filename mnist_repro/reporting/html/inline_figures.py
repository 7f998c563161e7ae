"""SVG figures inside one HTML page: no clashing ids, nothing that runs or loads.

Other versions of the libraries draw other bytes. So each figure stands between two comments, and the first names the
versions.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from markupsafe import Markup, escape

from mnist_repro.reporting.figures.style import read_creator

_SHAPES = frozenset({"clipPath", "defs", "g", "image", "path", "rect", "text", "use"})
_ATTRIBUTES = frozenset({"clip-path", "d", "height", "transform", "viewBox", "width", "x", "y"})
_STYLES = frozenset(
    {"fill", "fill-opacity", "image-rendering", "opacity", "stroke", "stroke-dasharray", "stroke-dashoffset"}
    | {"stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "font-size", "font-weight", "text-anchor"}
)
_HREF = "{http://www.w3.org/1999/xlink}href"
# All that a drawing element may have, in a file or on a page.
_OTHERS = {"", "id", "style", "href", _HREF, "stroke-linejoin", "stroke-miterlimit", "font", "font-family"}
_DRAWING = frozenset({*_OTHERS, *_ATTRIBUTES, *_STYLES})
_PICTURE = "data:image/png;base64,"
_PIXELS_PER_POINT = 4 / 3

_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_TRANSLATION = re.compile(r"translate\([^)]*\)")
# What Matplotlib writes for a text that is not turned.
_NOT_TURNED = "rotate(-0 "
_REFERENCE = re.compile(r"url\(#(.+)\)")

_START, _END = "<!-- figure by {} -->", "<!-- end of figure -->"
_FIGURE = re.compile("<!-- figure by ([^<>]*) -->(.*?)<!-- end of figure -->", re.DOTALL)
_FOREIGN = re.compile(r"url\((?!#)")


class FigureSheet:
    """The figures of one page.

    Parameters
    ----------
    folder
        Folder that the names of figures start from.
    most_bytes
        Limit of all figures together; a figure beyond it becomes a link to its file.
    """

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder = folder
        self._room = most_bytes
        self._embedded = 0
        self._creator = "nobody"

    def embed(self, name: str, *, label: str) -> Markup:
        """Return an SVG file of the folder as markup, or a link to it if it exceeds the limit of the page.

        The `label` is for screen readers.
        """
        file = self._folder / name
        root = ET.fromstring(file.read_bytes())  # noqa: S314 - a figure of our own
        drawn = self._convert(root, prefix=f"f{self._embedded}-")
        size = zip(("width", "height"), root.get("viewBox", "0 0 0 0").split()[2:], strict=True)
        drawn.attrib |= {key: f"{_PIXELS_PER_POINT * float(points):.0f}" for key, points in size}
        drawn.attrib |= {"class": "drawn", "role": "img", "aria-label": label, "stroke-linejoin": "round"}
        text = ET.tostring(drawn, encoding="unicode")
        if len(text) > self._room:
            return Markup('<p class="aside">This figure has a file of its own: <a href="{0}">{0}</a>.</p>').format(name)
        self._room -= len(text)
        self._embedded += 1
        self._creator = read_creator(file) or self._creator
        return self._enclose(text)

    def _enclose(self, text: str) -> Markup:
        return Markup(f"{_START.format(escape(self._creator))}{text}{_END}")  # noqa: S704 - rebuilt from known shapes

    def _convert(self, element: ET.Element, *, prefix: str) -> ET.Element:
        """Return an element of an SVG by Matplotlib for HTML, with the known shapes and nothing else."""
        converted = ET.Element(_name(element), self._attributes(element, prefix=prefix))
        if _name(element) == "text":
            converted.text = element.text
        for child in element:
            if _name(child) not in _SHAPES:
                continue
            inner = self._convert(child, prefix=prefix)
            # Drop groups that had only a name, and the emptied definitions of styles.
            is_idle = (inner.tag == "g" and not inner.attrib) or (inner.tag == "defs" and not len(inner))
            converted.extend(inner if is_idle else [inner])
        return converted

    def _attributes(self, element: ET.Element, *, prefix: str) -> dict[str, str]:
        """Return the attributes that draw; a style is taken apart, as the page allows no styles but its own."""
        declared = (part.partition(":") for part in element.get("style", "").split(";"))
        given = {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES}
        given |= {key.strip(): value.strip() for key, _, value in declared if key.strip() in _STYLES}
        kept = {key: _rewrite(value, is_path=key != "transform", prefix=prefix) for key, value in given.items()}
        if _name(element) in {"clipPath", "path"} and "id" in element.attrib:
            kept["id"] = prefix + element.attrib["id"]
        href = element.get(_HREF, "")
        if href.startswith(_PICTURE):
            kept["href"] = "".join(href.split())
        elif href.startswith("#"):
            kept["href"] = f"#{prefix}{href[1:]}"
        if kept.get("transform", "").startswith(_NOT_TURNED):
            del kept["transform"]
        return kept


def part_figures(page: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return what stands around the figures of a page, and each figure after the libraries that drew it."""
    parts = _FIGURE.split(page)
    return parts[::3], list(zip(parts[1::3], parts[2::3], strict=True))


def is_known_shape(element: ET.Element) -> bool:
    """Whether an element of an SVG, or of a page's figure, draws and does nothing else, whatever its text says."""
    styled = {part.partition(":")[0].strip() for part in element.get("style", "").split(";")}
    links = [element.get(name, "#") for name in ("href", _HREF)]
    return (
        _name(element) in _SHAPES
        and element.attrib.keys() | styled <= _DRAWING
        and all(link.startswith(("#", _PICTURE)) for link in links)
        and not any(_FOREIGN.search(value) for value in element.attrib.values())
    )


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _rewrite(value: str, *, is_path: bool, prefix: str) -> str:
    if reference := _REFERENCE.fullmatch(value):
        return f"url(#{prefix}{reference[1]})"
    return _shorten(value) if is_path else _TRANSLATION.sub(lambda match: _shorten(match[0]), value)


def _shorten(text: str) -> str:
    """Round numbers to a hundredth of a point, and join the lines of a path."""
    rounded = _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), text)
    return " ".join(rounded.split())
