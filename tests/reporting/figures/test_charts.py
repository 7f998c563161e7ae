"""What each figure shows, and that it is whole where data are missing."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_up_claims import make_claim
from made_up_figures import (
    BARE,
    EXPERIMENT,
    PERIODS,
    SVG,
    count_document_points,
    make_experiment,
    make_family,
    texts_of,
)
from matplotlib.image import imread

from mnist_repro.reporting.figures.charts import draw_confusion, draw_curves, draw_learning_rates
from mnist_repro.reporting.figures.mosaics import draw_first_weights
from mnist_repro.reporting.figures.overview import draw_overview
from mnist_repro.reporting.figures.style import DOCUMENT, OURS
from mnist_repro.verdicts.document import JudgedRun
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Runs
from mnist_repro.verdicts.reported_run import ReportedRun
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.worth import Grade, Worth

XLINK_HREF = "{http://www.w3.org/1999/xlink}href"


def images_of(path: Path) -> list[np.ndarray]:
    """Return the raster images that a figure holds, as the arrays that Matplotlib reads from them."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    hrefs = [element.attrib[XLINK_HREF] for element in root.iter(f"{SVG}image")]
    return [imread(io.BytesIO(b64decode(href.partition(",")[2])), format="png") for href in hrefs]


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
