"""The look of every figure, and SVG files with the same bytes each time.

Figures have an opaque, nearly white card with dark text, so that they read the same on light and dark pages. Text is
text, so that it can be searched and copied: where a reader lacks our font, one of the same width stands in.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import style
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image

from mnist_repro.reporting.escaping import escape_line, show_unseen
from mnist_repro.reporting.figures.layout import make_room

CARD = "#fcfcfb"
INK = "#1f2328"
MUTED = "#59636e"
GRID = "#e3e6ea"

# The palette of Okabe and Ito, safe for colour-blind readers. The markers differ as well.
OURS = "#0072b2"
DOCUMENT = "#d55e00"
DOCUMENT_MARKER = "D"

# Inches of 96 CSS pixels: the width of a column of text, so that a page hardly scales the letters.
WIDTH = 8.2
_TITLE_INCHES = 0.07  # above it
_TITLE_LETTERS = 9.0  # of it in an inch
FONT_POINTS = 11.0
_PNG_DPI = 144

_SETTINGS = {
    "figure.facecolor": CARD,
    "figure.edgecolor": GRID,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "axes.facecolor": CARD,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "font.size": FONT_POINTS,
    # Verdana has the widths of DejaVu Sans, by which room is measured.
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
}

_GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
_CREATOR = re.compile(rb"<dc:title>([^<]+)</dc:title>\s*</cc:Agent>")
_HASHED_NAME = re.compile(rb'(?<=id=")\w*[0-9a-f]{10}(?=")')
_HEAD_BYTES = 4096


@contextmanager
def svg_figure(
    path: Path, *, title: str, height: float, width: float = WIDTH, description: str = ""
) -> Iterator[Figure]:
    """Yield an empty figure, and write it to `path` at the end.

    The Matplotlib settings of the reader have no influence.

    Parameters
    ----------
    path
        The SVG file; its folder exists.
    title
        Printed above the figure, and the `<title>` of the SVG.
    height, width
        Inches.
    description
        The `<desc>` of the SVG: what the figure shows, for who cannot see it.
    """
    title = escape_line(title)
    with style.context(["default", _SETTINGS]):
        # One pixel per point.
        figure = Figure(figsize=(width, height), dpi=72, linewidth=1)
        heading = figure.suptitle(
            textwrap.fill(title, width=int(_TITLE_LETTERS * width)),
            x=0.015,
            y=1 - _TITLE_INCHES / height,
            horizontalalignment="left",
        )
        yield figure
        for text in figure.findobj(Text):
            text.set_text(show_unseen(text.get_text()))
        # What lies within axes takes no room beside them, so it is not measured.
        for axes in figure.axes:
            for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.texts):
                artist.set_in_layout(False)
        svg = io.StringIO()
        about = {"Title": title, "Creator": describe_libraries(), "Date": None}
        # `savefig` would draw the figure twice.
        renderer = RendererSVG(*figure.bbox.size, svg, metadata=about)  # type: ignore[no-untyped-call]
        make_room(figure, renderer, title=heading)
        figure.draw(renderer)
        renderer.finalize()  # type: ignore[no-untyped-call]
    # Matplotlib ends lines of paths with blanks, which editors and commit hooks remove.
    drawn = svg.getvalue()
    if description:
        drawn = drawn.replace("</title>", f"</title>\n <desc>{escape(escape_line(description))}</desc>", 1)
    path.write_bytes(_number_names(re.sub(rb" +\n", b"\n", drawn.encode())))


@contextmanager
def png_figure(path: Path, *, width: int, height: int) -> Iterator[Figure]:
    """Yield an empty figure of so many pixels, two for each point, and write it to `path` at the end."""
    with style.context(["default", _SETTINGS]):
        figure = Figure(figsize=(width / _PNG_DPI, height / _PNG_DPI), dpi=_PNG_DPI)
        yield figure
        for text in figure.findobj(Text):
            text.set_text(show_unseen(text.get_text()))
        figure.savefig(path, format="png", metadata={"Software": describe_libraries()})


def _number_names(svg: bytes) -> bytes:
    """Return an SVG file whose clip paths, markers and images are named by numbers.

    Matplotlib names them by hashes of their coordinates, whose last bits differ between processors.
    """
    names = dict.fromkeys(_HASHED_NAME.findall(svg))
    for number, name in enumerate(names):
        svg = svg.replace(name, b"shape%d" % number)
    return svg


@cache
def describe_libraries() -> str:
    """Return the libraries that draw here, with their versions."""
    # Pillow compresses the images within figures.
    return f"Matplotlib {metadata.version('matplotlib')}, Pillow {metadata.version('pillow')}"


def read_creator(path: Path) -> str | None:
    """Return the libraries that drew the SVG or PNG file, with their versions; None if the file does not name them."""
    if path.suffix == ".png":
        with Image.open(path) as image:
            return str(image.info["Software"]) if "Software" in image.info else None
    with path.open("rb") as file:
        found = _CREATOR.search(file.read(_HEAD_BYTES))
    return found[1].decode() if found else None


def scatter(count: int) -> NDArray[np.floating[Any]]:
    """Return heights in -0.5..0.5 for the dots of a strip, of shape (count,): evenly spread, and always the same."""
    # By multiples of the golden ratio.
    return ((np.arange(count) + 0.5) * _GOLDEN_RATIO) % 1 - 0.5


def list_ticks(low: float, high: float) -> Sequence[float]:
    """Return about four round numbers over an axis; the outer ones may lie beyond it."""
    return MaxNLocator(nbins=4).tick_values(low, high)


def format_percent(fraction: float, _position: int) -> str:
    """Label a tick with as many digits as it needs: 87.5 % is not 88 %."""
    return f"{100 * fraction:.4g} %"
