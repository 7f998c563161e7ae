"""Room for what stands around the axes of a figure: measured once, where Matplotlib's own layouts measure twice."""

from __future__ import annotations

from collections import defaultdict

from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text

# Points between axes with all that belongs to them, and to the edge of the figure.
_PAD = 6.0
_BELOW_TITLE = 10.0
# Width and height that axes have at least.
_LEAST = 20.0


def make_room(figure: Figure, renderer: RendererBase, *, title: Text) -> None:
    """Place a grid of axes so that their labels, the title above them and a legend below them have room."""
    # By side of the axes, and whether it is a side of the whole grid.
    outside: defaultdict[tuple[str, bool], float] = defaultdict(float)
    columns = rows = 1
    for axes in figure.axes:
        place, box = axes.get_subplotspec(), axes.get_tightbbox(renderer, for_layout_only=True)
        if place is None or box is None:
            continue
        rows, columns = place.get_gridspec().get_geometry()
        for side, beyond in {
            ("left", place.is_first_col()): axes.bbox.x0 - box.x0,
            ("right", place.is_last_col()): box.x1 - axes.bbox.x1,
            ("bottom", place.is_last_row()): axes.bbox.y0 - box.y0,
            ("top", place.is_first_row()): box.y1 - axes.bbox.y1,
        }.items():
            outside[side] = max(outside[side], beyond)
    width, height = figure.bbox.size
    floor = max((legend.get_window_extent(renderer).y1 for legend in figure.legends), default=0.0)
    ceiling = title.get_window_extent(renderer).y0 - _BELOW_TITLE
    left, right, wspace = _part(
        _PAD + outside["left", True],
        width - _PAD - outside["right", True],
        gap=outside["right", False] + outside["left", False] + 2 * _PAD,
        axes=columns,
    )
    bottom, top, hspace = _part(
        floor + _PAD + outside["bottom", True],
        ceiling - outside["top", True],
        gap=outside["top", False] + outside["bottom", False] + 2 * _PAD,
        axes=rows,
    )
    figure.subplots_adjust(left / width, bottom / height, right / width, top / height, wspace, hspace)


def _part(low: float, high: float, *, gap: float, axes: int) -> tuple[float, float, float]:
    """Return the ends of a row of axes, and the gap between two as a fraction of their mean size.

    Axes never vanish: beside too long a label, the last ones are cut.
    """
    gaps = (axes - 1) * gap
    size = max((high - low - gaps) / axes, _LEAST)
    return low, low + axes * size + gaps, gap / size
