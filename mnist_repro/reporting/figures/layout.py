"""Room for what stands around the axes of a figure: measured once, where Matplotlib's own layouts measure twice."""

from __future__ import annotations

from collections import defaultdict

from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text

# Points between axes with all that belongs to them, and to the edge of the figure.
_PAD = 6.0
_BELOW_TITLE = 10.0


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
    lowest = max((legend.get_window_extent(renderer).y1 for legend in figure.legends), default=0.0)
    left, right = _PAD + outside["left", True], width - _PAD - outside["right", True]
    bottom = lowest + _PAD + outside["bottom", True]
    top = title.get_window_extent(renderer).y0 - _BELOW_TITLE - outside["top", True]
    across = outside["right", False] + outside["left", False] + 2 * _PAD
    above = outside["top", False] + outside["bottom", False] + 2 * _PAD
    figure.subplots_adjust(
        left=left / width,
        right=right / width,
        bottom=bottom / height,
        top=top / height,
        # Of the mean width and height of the axes.
        wspace=across * columns / (right - left - (columns - 1) * across),
        hspace=above * rows / (top - bottom - (rows - 1) * above),
    )
