"""Every figure: valid SVG, the same bytes each time, small, and with room for its words."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import partial
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from made_up_figures import EXPERIMENT, SVG, texts_of
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mnist_repro.reporting.figures import style
from mnist_repro.reporting.figures.charts import draw_confusion, draw_curves, draw_learning_rates
from mnist_repro.reporting.figures.drawing import Draw
from mnist_repro.reporting.figures.layout import make_room
from mnist_repro.reporting.figures.mosaics import draw_first_weights, draw_sample_digits, draw_snapshots
from mnist_repro.reporting.figures.overview import draw_overview
from mnist_repro.reporting.figures.style import read_creator, svg_figure

SIZE_LIMIT_BYTES = 300_000
GENERATOR = np.random.default_rng(20240229)
IMAGES = GENERATOR.integers(0, 256, size=(36, 784), dtype=np.uint8)
LABELS = np.arange(36, dtype=np.uint8) % 10


def weights_of(units: int) -> np.ndarray:
    """Return first-layer weights of a network with so many units."""
    return np.random.default_rng(units).normal(size=(784, units)).astype(np.float16)


FIGURES = [
    pytest.param(partial(draw_curves, experiment=EXPERIMENT), id="curves"),
    pytest.param(partial(draw_learning_rates, experiments=[EXPERIMENT] * 2), id="learning rates"),
    pytest.param(partial(draw_confusion, experiment=EXPERIMENT), id="confusion"),
    *(
        pytest.param(partial(draw_first_weights, title="A & B", weights=weights_of(units)), id=f"weights of {units}")
        for units in (1, 7, 10, 16, 64, 100)
    ),
    pytest.param(
        partial(draw_first_weights, title="A & B", weights=weights_of(10), names="0123456789"), id="named weights"
    ),
    pytest.param(
        partial(draw_snapshots, title="A & B", snapshots={9: weights_of(7), 99: weights_of(7)}), id="snapshots"
    ),
    pytest.param(partial(draw_sample_digits, images=IMAGES, labels=LABELS), id="digits"),
    pytest.param(partial(draw_overview, experiments=[EXPERIMENT] * 6), id="overview"),
]


@pytest.fixture(scope="module", params=FIGURES)
def figure(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Draw, Path]:
    """Return how a figure is drawn, and its file."""
    path = tmp_path_factory.mktemp("figures") / "figure.svg"
    request.param(path)
    return request.param, path


def test_figure_is_small_valid_svg_with_title_and_version(figure: tuple[Draw, Path]) -> None:
    """Every figure is XML within the size limit, has a title and a description, and names its Matplotlib."""
    _, path = figure

    root = ET.parse(path).getroot()  # noqa: S314 - our own file

    title = root.find(f"{SVG}title")
    assert root.tag == f"{SVG}svg"
    assert title is not None
    assert title.text
    assert title.text in texts_of(path)
    assert root.findtext(f"{SVG}desc")
    assert path.stat().st_size < SIZE_LIMIT_BYTES
    assert (read_creator(path) or "").startswith(f"Matplotlib {mpl.__version__}, Pillow ")


def test_figure_drawn_again_under_other_settings_has_the_same_bytes(tmp_path: Path, figure: tuple[Draw, Path]) -> None:
    """Neither time, nor chance, nor a reader's Matplotlib settings change a byte; the settings stay as they were."""
    draw, path = figure
    with mpl.rc_context({"font.size": 20, "xtick.labelsize": 20, "svg.fonttype": "path"}):
        draw(tmp_path / "again.svg")
        font_size = mpl.rcParams["font.size"]

    assert path.read_bytes() == (tmp_path / "again.svg").read_bytes()
    assert font_size == 20


@pytest.mark.parametrize("draw", FIGURES)
def test_figure_cuts_no_label_and_lays_none_over_another_panel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Draw
) -> None:
    """Axes with all that belongs to them lie within the figure, below its title, above its legend, and apart."""
    boxes: list[Bbox] = []

    def measure(figure: Figure, renderer: RendererBase, *, title: Text) -> None:
        make_room(figure, renderer, title=title)
        around = [title, *figure.legends, *figure.axes]
        boxes.extend(box for artist in around if (box := artist.get_tightbbox(renderer)))
        boxes.append(figure.bbox)

    monkeypatch.setattr(style, "make_room", measure)
    draw(tmp_path / "figure.svg")

    *parts, whole = (box.get_points() for box in boxes)
    assert all((part[0] > whole[0]).all() and (part[1] < whole[1]).all() for part in parts)
    for one, another in combinations(parts, 2):
        assert (one[1] <= another[0]).any() or (another[1] <= one[0]).any()


def test_figure_of_another_processor_has_the_same_bytes(tmp_path: Path) -> None:
    """Processors differ in the last bit of a place, which is not drawn, and names nothing."""
    width = 0.7
    for name, rounded in (("one", width), ("another", np.nextafter(width, 1))):
        with svg_figure(tmp_path / name, title="A & B", height=2) as figure:
            figure.add_axes((0.1, 0.2, rounded, 0.6)).plot([0, 1], [0, 1], marker="o")

    one = (tmp_path / "one").read_bytes()

    assert one == (tmp_path / "another").read_bytes()
    assert b"url(#shape" in one


def test_svg_figure_long_title_takes_two_lines(tmp_path: Path) -> None:
    """A title that is wider than the figure is not cut off, and is one sentence for who cannot see it."""
    title = "Notebook: dropout net, exponentially decaying rate: alternatives, judged on the whole run"
    with svg_figure(tmp_path / "figure.svg", title=title, height=2):
        pass

    shown = texts_of(tmp_path / "figure.svg")

    assert len(shown) == 2
    assert " ".join(shown) == title == ET.parse(tmp_path / "figure.svg").getroot().findtext(f"{SVG}title")  # noqa: S314 - our own file


def test_read_creator_other_file_is_none(tmp_path: Path) -> None:
    """A file that no Matplotlib wrote has no version."""
    path = tmp_path / "other.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")

    assert read_creator(path) is None
