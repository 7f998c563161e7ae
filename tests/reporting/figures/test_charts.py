"""The figures: valid SVG, the same bytes each time, small, and whole where data are missing."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from made_up_claims import make_claim
from made_up_studies import make_study
from made_up_verdicts import ENVIRONMENT
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.reporting.figures import style
from mnist_repro.reporting.figures.charts import draw_confusion, draw_curves, draw_learning_rates
from mnist_repro.reporting.figures.drawing import Draw
from mnist_repro.reporting.figures.layout import make_room
from mnist_repro.reporting.figures.mosaics import draw_first_weights, draw_sample_digits, draw_snapshots
from mnist_repro.reporting.figures.overview import draw_overview
from mnist_repro.reporting.figures.style import DOCUMENT, OURS, read_creator, svg_figure
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.environment import ExperimentResult, Family
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.measured import Assessment, Judgement, Runs
from mnist_repro.verdicts.reported_run import ReportedRun
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.worth import Grade, Worth

SIZE_LIMIT_BYTES = 300_000
SVG = "{http://www.w3.org/2000/svg}"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

PERIODS = range(1, 11)
GENERATOR = np.random.default_rng(20240229)
IMAGES = GENERATOR.integers(0, 256, size=(36, 784), dtype=np.uint8)
LABELS = np.arange(36, dtype=np.uint8) % 10


def make_family(metric: str, unit: str, *, values: Mapping[int, float]) -> Family:
    """Return the curve that the document reports of a metric on the validation set, by period."""
    evaluation_set = None if metric == "learning_rate" else "validation"
    claims = [
        make_claim(
            str(value),
            id=f"tf1-basic.{metric}.{period}",
            metric=metric,
            unit=unit,
            period=period,
            evaluation_set=evaluation_set,
        )
        for period, value in values.items()
    ]
    assessments = [
        Assessment(measured=Runs(()).measure(claim), judgement=Judgement.INSIDE, reason="") for claim in claims
    ]
    finding = Finding(family=f"tf1-basic.{metric}", verdict=Verdict.REPRODUCED, reason="", runs=40)
    return Family(assessments=tuple(assessments), finding=finding)


def make_experiment(runs: int = 40) -> ExperimentResult:
    """Return runs of the basic net with falling rates, for which the document reports losses and rates."""
    protocol = load_catalogue().protocols["tf1-basic"]
    rates = np.linspace(0.5, 0.1, 10)
    records = [
        replace(
            record, periods=tuple(replace(p, learning_rate=rate) for p, rate in zip(record.periods, rates, strict=True))
        )
        for record in make_study(protocol, range(runs), environment=ENVIRONMENT)
    ]
    losses = make_family("loss", "nat", values=dict.fromkeys(PERIODS, 0.35))
    reported = make_family("learning_rate", "1", values=dict(zip(PERIODS, rates, strict=True)))
    protocol = replace(protocol, title="A & B")
    return ExperimentResult(protocol=protocol, records=tuple(records), set_aside=0, families=(losses, reported))


EXPERIMENT = make_experiment()
BARE = replace(EXPERIMENT, families=())


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


def texts_of(path: Path) -> list[str]:
    """Return the texts of a figure, as a reader can search them."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def count_document_points(path: Path) -> int:
    """Return how many of the document's points a figure shows, with the one in the legend."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    return sum(DOCUMENT in use.get("style", "") for use in root.iter(f"{SVG}use"))


def images_of(path: Path) -> list[np.ndarray]:
    """Return the raster images that a figure holds, as the arrays that Matplotlib reads from them."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    hrefs = [element.attrib[XLINK_HREF] for element in root.iter(f"{SVG}image")]
    return [imread(io.BytesIO(b64decode(href.partition(",")[2])), format="png") for href in hrefs]


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


def test_draw_curves_without_reported_points_says_so(tmp_path: Path) -> None:
    """A curve that the document does not report is named as the reason for the missing points."""
    path = tmp_path / "figure.svg"
    draw_curves(path, experiment=BARE)

    assert "no validation loss." in " ".join(texts_of(path))
    assert "document" not in texts_of(path)
    assert DOCUMENT not in path.read_text(encoding="utf-8")


def test_draw_curves_final_accuracy_alone_is_drawn_at_the_last_step(tmp_path: Path) -> None:
    """A document that prints no accuracy but the last has one mark, and no word that it prints none."""
    path = tmp_path / "figure.svg"
    protocol = replace(EXPERIMENT.protocol, gate=replace(EXPERIMENT.protocol.gate, evaluation_set="validation"))
    final = make_family("loss", "nat", values={1: 0.35})
    measured = Runs(()).measure(make_claim("0.9", evaluation_set="validation"))
    final = replace(final, assessments=(replace(final.assessments[0], measured=measured),))
    draw_curves(path, experiment=replace(BARE, protocol=protocol, families=(final,)))

    texts = " ".join(texts_of(path))
    assert count_document_points(path) == 1 + 1
    assert "only the final accuracy." in texts
    assert "no validation accuracy." not in texts


def test_draw_learning_rates_are_constant_within_a_period(tmp_path: Path) -> None:
    """The line goes along an axis at each of its points: from 0, and never straight from one rate to the next."""
    path = tmp_path / "figure.svg"
    draw_learning_rates(path, experiments=[BARE])

    (line,) = re.findall(
        rf'd="(M [^"]*)"[^>]*stroke: {OURS}[^>]*/>\s*</g>\s*<g id="patch', path.read_text(encoding="utf-8")
    )
    points = np.array([part.split() for part in re.split(r"[ML]", line)[1:]], dtype=float)
    assert len(points) >= 2 * 10
    assert np.isclose(np.diff(points, axis=0), 0).any(axis=1).all()


def test_draw_curves_with_some_reported_points_missing_draws_the_others(tmp_path: Path) -> None:
    """Two of ten missing values leave eight points, and one in the legend."""
    path = tmp_path / "figure.svg"
    losses = make_family("loss", "nat", values={period: 0.35 for period in PERIODS if period not in {4, 8}})
    draw_curves(path, experiment=replace(EXPERIMENT, families=(losses,)))

    assert count_document_points(path) == 8 + 1


def test_draw_curves_one_run_has_no_band(tmp_path: Path) -> None:
    """A single run is called one, and no interval is named."""
    path = tmp_path / "figure.svg"
    draw_curves(path, experiment=make_experiment(runs=1))

    texts = texts_of(path)

    assert "our run" in texts
    assert not any("interval" in text for text in texts)


@pytest.mark.parametrize(("count", "are_drawn"), [(2, True), (12, True), (13, False)])
def test_draw_curves_few_runs_are_drawn_one_by_one(tmp_path: Path, *, count: int, are_drawn: bool) -> None:
    """Up to twelve runs have a thin line each; the label of the mean gives the number of runs."""
    path = tmp_path / "figure.svg"
    draw_curves(path, experiment=make_experiment(runs=count))

    texts = texts_of(path)

    assert f"mean of {count} runs" in texts
    assert ("one of our runs" in texts) is are_drawn


def test_draw_curves_band_ends_where_nothing_can_be(tmp_path: Path) -> None:
    """The interval of accuracies near 100 % is cut there: the axis ends at 100 % or just above."""
    records = [
        replace(record, periods=tuple(replace(p, accuracy=dict.fromkeys(p.accuracy, accuracy)) for p in record.periods))
        for record, accuracy in zip(EXPERIMENT.records, (0.6, 0.8, 1.0), strict=False)
    ]
    path = tmp_path / "figure.svg"
    draw_curves(path, experiment=replace(EXPERIMENT, records=tuple(records)))

    texts = texts_of(path)

    assert "95 % prediction interval of one run" in texts
    percents = [float(text.removesuffix(" %")) for text in texts if re.fullmatch(r"[\d.]+ %", text)]
    assert max(percents) == 100


def test_draw_learning_rates_higher_second_experiment_is_drawn_whole(tmp_path: Path) -> None:
    """The shared axis reaches the highest rate of all panels, so none of the document's points is cut off."""
    path = tmp_path / "figure.svg"
    records = tuple(
        replace(r, periods=tuple(replace(p, learning_rate=2 * p.learning_rate) for p in r.periods))
        for r in EXPERIMENT.records
    )
    reported = make_family("learning_rate", "1", values=dict(zip(PERIODS, 2 * np.linspace(0.5, 0.1, 10), strict=True)))
    higher = replace(EXPERIMENT, records=records, families=(reported,))
    draw_learning_rates(path, experiments=[EXPERIMENT, higher])

    assert count_document_points(path) == 10 + 10 + 1
    assert "1.0" in texts_of(path)


def test_draw_learning_rates_without_reported_rates_draws_ours(tmp_path: Path) -> None:
    """Ours alone make a figure without the document's colour."""
    path = tmp_path / "figure.svg"
    draw_learning_rates(path, experiments=[BARE])

    content = path.read_text(encoding="utf-8")

    assert OURS in content
    assert DOCUMENT not in content


def test_draw_confusion_prints_percent_and_leaves_zeros_blank(tmp_path: Path) -> None:
    """Fractions are printed in percent with one decimal, and what rounds to 0.0 is not."""
    matrix = 10_000 * np.eye(10, dtype=int)
    matrix[3, 3], matrix[3, 5], matrix[3, 8] = 8_996, 1_000, 4
    counts = tuple(tuple(int(count) for count in row) for row in matrix)
    path = tmp_path / "figure.svg"
    draw_confusion(
        path, experiment=replace(EXPERIMENT, records=(replace(EXPERIMENT.records[0], confusion_matrix=counts),))
    )

    texts = texts_of(path)

    assert texts.count("100.0") == 9
    assert {"90.0", "10.0"} <= set(texts)
    assert "0.0" not in texts


def test_draw_overview_row_with_one_run_and_no_number_is_drawn(tmp_path: Path) -> None:
    """A row needs neither an interval nor a value of the document."""
    path = tmp_path / "figure.svg"
    draw_overview(path, experiments=[replace(make_experiment(runs=1), families=())])

    texts = texts_of(path)

    assert "1 run" in " ".join(texts)
    assert not [text for text in texts if "95 %" in text]
    assert DOCUMENT not in path.read_text(encoding="utf-8")


def test_draw_overview_shows_the_documents_final_accuracy(tmp_path: Path) -> None:
    """The document's accuracy on the set on which ours is asserted is a point, and one in the legend."""
    path = tmp_path / "figure.svg"
    final = make_family("loss", "nat", values={1: 0.35})
    claim = make_claim("0.9", evaluation_set=EXPERIMENT.protocol.gate.evaluation_set)
    assessment = replace(final.assessments[0], measured=Runs(()).measure(claim))
    draw_overview(path, experiments=[replace(EXPERIMENT, families=(replace(final, assessments=(assessment,)),))])

    assert count_document_points(path) == 1 + 1
    assert {"document", "90 %", "test, 40 runs"} <= set(texts_of(path))


def test_draw_overview_names_verdict_grade_and_p_beside_each_strip(tmp_path: Path) -> None:
    """What a reader may conclude stands beside the strip, and in the description."""
    path = tmp_path / "figure.svg"
    verdict = RunVerdict(
        reported=ReportedRun(document="a", experiment="tf1-basic", families=(), chose=(), derived={}),
        word=Verdict.REPRODUCED,
        runs=40,
        p=Fraction(4, 41),
    )
    worth = Worth(within=0.01, told_apart=("other",), tried=1, ran=1, grade=Grade.STRONG)
    draw_overview(path, experiments=[EXPERIMENT], runs=[JudgedRun(verdict=verdict, worth=worth)])

    assert {"✓ reproduced, strong", "p = 0.10"} <= set(texts_of(path))
    assert "reproduced, strong" in (ET.parse(path).getroot().findtext(f"{SVG}desc") or "")  # noqa: S314 - our own file


def test_svg_figure_long_title_takes_two_lines(tmp_path: Path) -> None:
    """A title that is wider than the figure is not cut off, and is one sentence for who cannot see it."""
    title = "Notebook: dropout net, exponentially decaying rate: alternatives, judged on the whole run"
    with svg_figure(tmp_path / "figure.svg", title=title, height=2):
        pass

    shown = texts_of(tmp_path / "figure.svg")

    assert len(shown) == 2
    assert " ".join(shown) == title == ET.parse(tmp_path / "figure.svg").getroot().findtext(f"{SVG}title")  # noqa: S314 - our own file


def test_draw_overview_without_experiments_is_refused(tmp_path: Path) -> None:
    """No figure is drawn empty, and no file is left behind."""
    with pytest.raises(ValueError, match="An overview needs at least one experiment with runs"):
        draw_overview(tmp_path / "figure.svg", experiments=[])

    assert not list(tmp_path.iterdir())


def test_draw_first_weights_pixels_stand_where_the_images_have_them(tmp_path: Path) -> None:
    """Each unit is one image of 28 x 28, row by row, two pixels from the next; 0 is the palest shade."""
    weights = np.zeros((784, 10))
    # Row 2, column 5 of the image of unit 6: the second of the second row of five images.
    weights[2 * 28 + 5, 6] = 1.0
    path = tmp_path / "figure.svg"
    draw_first_weights(path, title="Weights", weights=weights)

    image = max(images_of(path), key=np.size)

    assert image.shape == (60, 148, 4)
    np.testing.assert_array_equal(np.argwhere(image[:28, :28, 3] == 0), np.empty((0, 2)))
    assert (image[:, 28:30, 3] == 0).all()
    luminance = np.where(image[..., 3] > 0, image[..., :3].sum(axis=-1), np.inf)
    assert luminance.argmin() == (30 + 2) * 148 + 30 + 5


def test_draw_first_weights_all_zero_are_pale(tmp_path: Path) -> None:
    """Weights that are all 0, as a linear model starts with, have the colour of 0 and a scale around it."""
    path = tmp_path / "figure.svg"
    draw_first_weights(path, title="Weights", weights=np.zeros((784, 10), dtype=np.float16))

    image = max(images_of(path), key=np.size)

    assert image[image[..., 3] > 0].min() > 0.9
    assert "0.0" in texts_of(path)


def test_read_creator_other_file_is_none(tmp_path: Path) -> None:
    """A file that no Matplotlib wrote has no version."""
    path = tmp_path / "other.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")

    assert read_creator(path) is None
