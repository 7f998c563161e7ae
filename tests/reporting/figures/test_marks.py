"""Many texts as one artist: where Matplotlib would draw each by itself, and with room in the figure."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure

from mnist_repro.reporting.figures.marks import Texts, draw_cells, draw_intervals, label_rows
from mnist_repro.reporting.figures.style import INK, OURS, svg_figure


@pytest.mark.parametrize("angle", [0, 90])
@pytest.mark.parametrize(("align", "name"), [(0, "left"), (0.5, "center"), (1, "right")])
@pytest.mark.parametrize("text", ["12.5", "one line,\nand another one"])
def test_texts_stand_where_matplotlib_has_each(text: str, align: float, name: str, angle: float) -> None:
    """The box around a text is that of a text of its own, to within a third of a letter."""
    figure = Figure(dpi=72)
    renderer = RendererSVG(*figure.bbox.size, io.StringIO())
    axes = figure.subplots()
    alone = {"horizontalalignment": name, "verticalalignment": "center", "rotation_mode": "anchor", "rotation": angle}
    expected = axes.text(0.4, 0.6, text, fontsize=12, linespacing=1.2, **alone).get_window_extent(renderer)

    texts = Texts([(0.4, 0.6)], [text], align=align, size=12, angle=angle)
    axes.add_artist(texts)

    np.testing.assert_allclose(texts.get_window_extent(renderer).get_points(), expected.get_points(), atol=4)


def test_texts_lines_are_read_downwards_on_top_of_cells(tmp_path: Path) -> None:
    """The second line of a text is below its first, and no cell is drawn over a text."""
    with svg_figure(tmp_path / "a.svg", title="A", height=3) as figure:
        draw_cells(figure.subplots(), np.ones((1, 2, 4)), np.array([["first\nsecond", ""]]), inks=INK, size=10)

    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")

    heights = [float(y) for y in re.findall(r'y="(\S+)"[^>]*>(?:first|second)<', svg)]
    assert heights[0] < heights[1]
    assert svg.index("QuadMesh") < svg.index(">first<")


def test_label_rows_long_labels_have_room(tmp_path: Path) -> None:
    """The longest label has its room, and all of them end at the axes in whatever font."""
    label = "a label of sixty letters, which takes half of the whole width"
    with svg_figure(tmp_path / "a.svg", title="A", height=3) as figure:
        axes = figure.subplots()
        label_rows(axes, ["short", label])

    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")

    ends = {float(x) for x in re.findall(r'text-anchor: end[^>]* x="(\S+)"', svg)}
    assert len(ends) == 1
    assert 0.4 * figure.bbox.width < ends.pop() < axes.bbox.x0 < 0.6 * figure.bbox.width


def test_label_rows_label_wider_than_the_figure_leaves_axes(tmp_path: Path) -> None:
    """The figure is drawn all the same, with axes that are too small to read."""
    with svg_figure(tmp_path / "a.svg", title="A", height=3) as figure:
        axes = figure.subplots(1, 2)
        label_rows(axes[0], ["x" * 300])

    assert all(each.bbox.width == pytest.approx(20) for each in axes)


def test_draw_intervals_unknown_ones_are_left_out() -> None:
    """A row has a mean without an interval, or nothing, where these are NaN."""
    axes = Figure().subplots()

    draw_intervals(
        axes, [(2, 1, 3), (4, np.nan, np.nan), (np.nan,) * 3], colours=[OURS] * 3, alpha=0.5, thickness=5, dot=5
    )

    bars, dots = axes.collections
    assert [path.vertices.tolist() for path in bars.get_paths()] == [[[1, 0], [3, 0]]]
    assert np.ma.getmaskarray(dots.get_offsets()).any(axis=1).tolist() == [False, False, True]
