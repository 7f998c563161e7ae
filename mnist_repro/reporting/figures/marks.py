"""What figures have many of, as one artist each: texts, labels of rows, cells and intervals.

Matplotlib takes as long for one labelled tick as for ten of these texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform
from numpy.typing import ArrayLike, NDArray

from mnist_repro.reporting.escaping import show_unseen
from mnist_repro.reporting.figures.style import CARD, DOCUMENT, DOCUMENT_MARKER, FONT_POINTS, INK

DOCUMENT_NAME = "document"
DOCUMENT_POINTS: dict[str, Any] = {
    "linestyle": "none",
    "marker": DOCUMENT_MARKER,
    "markersize": 7,
    "markerfacecolor": DOCUMENT,
    "markeredgecolor": CARD,
    "markeredgewidth": 1,
    "zorder": 4,
}

# Of the height of letters.
_LINE_SPACING = 1.2
_DESCENT = 0.25
# Points between a label and its axes.
_PAD = 5.0


class Texts(Artist):
    """Texts of one size, each centred on its place across the direction in which it is read.

    Parameters
    ----------
    places
        Array of shape (n, 2), in the coordinates of the data, or of another `transform`.
    texts
        Of shape (n,); a text may have several lines.
    align
        Which part of a line is at the place: 0 is its start, 1 its end.
    offset
        From the place to the text, to the right and upwards, in points.
    size
        Points.
    colours, weights
        Of shape (n,), or the same for all.
    angle
        Degrees.
    """

    zorder = 3  # as that of Matplotlib's own texts

    def __init__(
        self,
        places: ArrayLike,
        texts: Sequence[str] | NDArray[np.str_],
        *,
        align: float = 0.5,
        offset: tuple[float, float] = (0.0, 0.0),
        size: float = FONT_POINTS,
        colours: ArrayLike = INK,
        weights: ArrayLike = "normal",
        angle: float = 0.0,
        **properties: Any,
    ) -> None:
        super().__init__()
        self.set(clip_on=False, **properties)
        parted = [show_unseen(text).split("\n") for text in texts]
        text_of = np.repeat(np.arange(len(texts)), [len(lines) for lines in parted])
        self._lines = [line for lines in parted for line in lines]
        self._places = np.reshape(places, (-1, 2))[text_of]
        self._colours = np.broadcast_to(colours, len(texts))[text_of]
        self._fonts = [_load_font(size, weight) for weight in np.broadcast_to(weights, len(texts))[text_of]]
        self._angle = angle
        widths = np.array([_measure(line, font)[0] for line, font in zip(self._lines, self._fonts, strict=True)])
        below = np.array([place - (len(lines) - 1) / 2 for lines in parted for place in range(len(lines))])
        baselines = -_LINE_SPACING * size * below - _measure("0", _load_font(size, "normal"))[1] / 2
        turn = Affine2D().rotate_deg(angle).translate(*offset)
        self._side = {0: "left", 0.5: "center", 1: "right"}[align]
        # From a place to the anchor of each line on its baseline, and to two corners of the box around it.
        self._anchors, *self._corners = (
            turn.transform(np.column_stack([along, baselines + above]))
            for along, above in ((0 * widths, 0), (-align * widths, -_DESCENT * size), ((1 - align) * widths, size))
        )

    def get_window_extent(self, renderer: RendererBase | None = None) -> Bbox:
        """Return the box around all texts."""
        del renderer
        places = self.get_transform().transform(self._places)
        corners = np.concatenate([places + corner for corner in self._corners])
        return Bbox([corners.min(axis=0), corners.max(axis=0)]) if self._lines else Bbox.null()

    def draw(self, renderer: RendererBase) -> None:
        """Draw all texts; figures have one pixel per point."""
        _, height = renderer.get_canvas_width_height()
        anchors = self.get_transform().transform(self._places) + self._anchors
        gc = renderer.new_gc()
        for (x, y), line, font, colour in zip(anchors, self._lines, self._fonts, self._colours, strict=True):
            gc.set_foreground(colour)
            anchor: Any = _Anchor(x, y, self._side)
            renderer.draw_text(gc, x, height - y, line, font, self._angle, mtext=anchor)
        gc.restore()


@dataclass(frozen=True)
class _Anchor:
    """What the SVG renderer asks of a text, so that it is aligned in whatever font a reader has."""

    x: float
    y: float
    side: str

    def get_transform(self) -> IdentityTransform:
        return IdentityTransform()

    def get_unitless_position(self) -> tuple[float, float]:
        return self.x, self.y

    def get_ha(self) -> str:
        return self.side

    def get_rotation_mode(self) -> str:
        return "anchor"


@cache
def _load_font(size: float, weight: str) -> FontProperties:
    return FontProperties(size=size, weight=weight)


@cache
def _measure(line: str, font: FontProperties) -> tuple[float, float]:
    """Return the width of a line, and its height above the baseline, in points."""
    width, height, descent = text_to_path.get_text_width_height_descent(line, font, ismath=False)
    return width, height - descent


def label_rows(axes: Axes, labels: Sequence[str], *, size: float = FONT_POINTS) -> None:
    """Label the rows 0, 1, ... of an axes on its left, in place of ticks."""
    axes.set_yticks([])
    places = [(0, row) for row in range(len(labels))]
    transform = axes.get_yaxis_transform()
    axes.add_artist(Texts(places, labels, align=1, offset=(-_PAD, 0), size=size, transform=transform))


def draw_cells(
    axes: Axes,
    fills: ArrayLike,
    texts: NDArray[np.str_],
    *,
    inks: ArrayLike,
    weights: ArrayLike = "normal",
    size: float,
) -> None:
    """Draw a table of coloured cells with a text in each, instead of axes; its first row is on top.

    Parameters
    ----------
    fills
        Array of shape (rows, columns, 4): red, green, blue and opacity in [0, 1].
    texts, inks
        Arrays of shape (rows, columns); an empty text is not drawn.
    weights
        The same, or one for all.
    size
        Of the letters, in points.
    """
    edges = [np.arange(count + 1) - 0.5 for count in texts.shape]
    axes.pcolormesh(edges[1], edges[0], fills, edgecolor=CARD, linewidth=1.5, clip_on=False)
    printed = np.nonzero(texts != "")
    inks, weights = (np.broadcast_to(given, texts.shape)[printed] for given in (inks, weights))
    axes.add_artist(Texts(np.transpose(printed)[:, ::-1], texts[printed], size=size, colours=inks, weights=weights))
    axes.invert_yaxis()
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def draw_intervals(
    axes: Axes, values: ArrayLike, *, colours: Sequence[str], alpha: float, thickness: float, dot: float
) -> None:
    """Draw a mean and its interval in each of the rows 0, 1, ... of an axes.

    Parameters
    ----------
    values
        Array of shape (n, 3): the mean, and the ends of the interval; what is NaN is not drawn.
    colours
        Of shape (n,).
    thickness, dot
        Of the bar of an interval, and across the dot of a mean, in points.
    """
    means, lows, highs = np.reshape(values, (-1, 3)).T
    rows, inks = np.arange(len(means)), np.asarray(colours)
    has = np.isfinite(lows)
    bars = axes.hlines(rows[has], lows[has], highs[has], colors=inks[has], alpha=alpha, linewidth=thickness)
    bars.set(capstyle="round", clip_on=False)
    axes.scatter(means, rows, s=dot**2, c=inks, linewidths=0, zorder=2, clip_on=False)


def draw_legend(figure: Figure, shown: dict[str, Any], *, columns: int | None = None) -> None:
    """Draw one legend below all panels, in one line or in some columns; the document comes first."""
    names = sorted(shown, key=lambda name: name != DOCUMENT_NAME)
    figure.legend([shown[name] for name in names], names, loc="lower center", ncols=columns or len(names))
