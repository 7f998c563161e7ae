"""The picture for previews of links: always the same bytes, whole, and held against the report as figures are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from mnist_repro.comparison.results import Results
from mnist_repro.reporting.checking import is_as_made
from mnist_repro.reporting.figures.overview import PREVIEW_SIZE, draw_preview
from mnist_repro.reporting.figures.style import CARD, DOCUMENT, describe_libraries, read_creator

OLDER = "Matplotlib 3.0.1, Pillow 7.0.0"


@pytest.fixture(scope="module")
def drawn(results: Results, folder: Path) -> Path:
    """Return the picture of an environment."""
    draw_preview(folder / "preview.png", result=results.shown[0])
    return folder / "preview.png"


def paint(picture: Image.Image, file: Path, *, by: str) -> Path:
    """Write a picture that says which libraries drew it."""
    about = PngImagePlugin.PngInfo()
    about.add_text("Software", by)
    picture.save(file, pnginfo=about)
    return file


def test_draw_preview_is_whole_and_always_the_same(results: Results, drawn: Path, tmp_path: Path) -> None:
    """It has the size that is asked for, the document's marks, and nothing on its edge, where a text would be cut."""
    draw_preview(tmp_path / "again.png", result=results.shown[0])

    picture = Image.open(drawn).convert("RGB")
    pixels = np.asarray(picture)

    assert (tmp_path / "again.png").read_bytes() == drawn.read_bytes()
    assert read_creator(drawn) == describe_libraries()
    assert pixels.shape == (*PREVIEW_SIZE[::-1], 3)
    colours = {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in picture.getcolors(pixels.size)}
    assert {CARD, DOCUMENT} <= colours
    frame = np.ones(pixels.shape[:2], dtype=bool)
    frame[6:-6, 6:-6] = False
    assert len(np.unique(pixels[frame], axis=0)) == 1


@pytest.mark.parametrize(
    ("kind", "by", "published_by", "expected"),
    [
        pytest.param("shifted", OLDER, OLDER, True, id="other libraries"),
        pytest.param("shifted", OLDER, describe_libraries(), False, id="other libraries than the locked ones"),
        pytest.param("shifted", describe_libraries(), OLDER, False, id="another picture by these libraries"),
        pytest.param("shifted", "A careful hand", None, False, id="unknown libraries"),
        pytest.param("empty", OLDER, OLDER, False, id="empty picture"),
        pytest.param("small", OLDER, OLDER, False, id="another size"),
        pytest.param("broken", OLDER, OLDER, False, id="no picture"),
    ],
)
def test_is_as_made_picture(
    drawn: Path, tmp_path: Path, kind: str, by: str, published_by: str | None, *, expected: bool
) -> None:
    """Other libraries may draw a letter a little elsewhere, and nothing else."""
    picture = Image.open(drawn)
    letters = picture.crop((0, 0, 300, 60))
    changed = {"small": picture.resize((120, 63)), "empty": Image.new("RGBA", picture.size, CARD)}.get(kind, picture)
    if kind == "shifted":
        changed.paste(letters, (1, 0))
    file = paint(changed, tmp_path / "preview.png", by=by)
    if kind == "broken":
        file.write_bytes(file.read_bytes()[:500])

    assert is_as_made(file, made=drawn, published_by=published_by) is expected
