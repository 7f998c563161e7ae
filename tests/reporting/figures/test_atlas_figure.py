"""The figure of all documents says of every reported run how far its values lie off, and where they cannot."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from made_up_verdicts import judge_made_up

from mnist_repro.reporting.figures.atlas import draw_atlas
from mnist_repro.reporting.wording.atlas import AtlasRow, list_atlas_rows


@pytest.fixture(scope="module")
def rows() -> list[AtlasRow]:
    """Return made-up runs: one far off, some among ours, one with too few of ours and one without any."""
    documents, result = judge_made_up()
    return list_atlas_rows(result, documents=documents)


@pytest.fixture(scope="module")
def drawn(rows: list[AtlasRow], tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    """Return the figure."""
    file = tmp_path_factory.mktemp("figure") / "atlas.svg"
    draw_atlas(file, rows=rows)
    return ET.parse(file).getroot()  # noqa: S314 - drawn here


def test_draw_atlas_names_every_document_and_run(rows: list[AtlasRow], drawn: ET.Element) -> None:
    """Each document's name stands once above its runs, and where nothing is drawn, how many runs there are."""
    texts = [element.text for element in drawn.iter() if element.tag.endswith("text")]

    assert [texts.count(name) for name in {row.document.name for row in rows}] == [1, 1]
    assert {row.run.id for row in rows} <= set(texts)
    assert {"10 runs", "not run", "printed value", "of a curve", "95 % of our runs"} <= set(texts)


def test_draw_atlas_describes_the_farthest_value(rows: list[AtlasRow], drawn: ET.Element) -> None:
    """What cannot be seen is said: of each run the largest distance in standard deviations, also beyond the axis."""
    (about,) = (element.text or "" for element in drawn.iter() if element.tag.endswith("desc"))

    (missed,) = (row.run.verdict for row in rows if row.run.id == "julia-mlp-100x100")
    assert missed.standing
    off = (missed.standing.document - missed.standing.ours.mean(axis=0)) / missed.standing.deviations
    farthest = f"{np.abs(off).max():.1f}"
    assert f"julia-mlp-100x100: not reproduced, at most {farthest} standard deviations off" in about
    assert "tf1-dropout-exponential: inconclusive" in about


def test_draw_atlas_no_value_varies_has_nothing_to_draw(rows: list[AtlasRow], tmp_path: Path) -> None:
    """Runs without any of ours alone make a figure too."""
    draw_atlas(tmp_path / "empty.svg", rows=[row for row in rows if not row.run.verdict.runs])

    assert "not run" in (tmp_path / "empty.svg").read_text(encoding="utf-8")
