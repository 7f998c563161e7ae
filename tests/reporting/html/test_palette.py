"""The colours of the page: those of the figures in the light; in the dark what the filter makes of them; legible."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from mnist_repro.reporting.figures import style as svg
from mnist_repro.reporting.figures.charts import ink_on
from mnist_repro.reporting.figures.verdict_marks import COLOURS, MEANINGS, SIGNS
from mnist_repro.reporting.html.palette import FILTER, format_palette
from mnist_repro.verdicts.finding import Verdict

# Rows of the matrix of half a turn of the hue, as Filter Effects Module Level 1 defines hueRotate.
HALF_TURN = np.array([(-0.574, 1.430, 0.144), (0.426, 0.430, 0.144), (0.426, 1.430, -0.856)])


def filter_colour(colour: str) -> str:
    """Return what the filter for figures in the dark makes of a colour."""
    parts = re.fullmatch(r"invert\((\d+)%\) hue-rotate\(180deg\)", FILTER)
    assert parts
    inversion = int(parts[1]) / 100
    inverted = [inversion + (1 - 2 * inversion) * channel for channel in to_rgb(colour)]
    red, green, blue = np.clip(HALF_TURN @ inverted, 0.0, 1.0)
    return to_hex((red, green, blue))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of WCAG 2.1, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def read_palette() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours by day and in the dark."""
    light, _, dark = format_palette().partition("@media")
    return dict(re.findall(r"--([\w-]+): (#\w+);", light)), dict(re.findall(r"--([\w-]+): (#\w+);", dark))


def test_ink_on_reads_on_every_fill() -> None:
    """Letters in the cells of a figure have a contrast of 4.5 at least with the cell, whatever its colour."""
    fills = np.stack(np.meshgrid(*[np.linspace(0, 1, 9)] * 3), axis=-1).reshape(-1, 3)

    assert min(contrast(ink, to_hex(fill)) for ink, fill in zip(ink_on(fills), fills, strict=True)) >= 4.5


def test_format_palette_has_the_figures_colours() -> None:
    """Cards, letters, our runs, the document and every verdict have the colours that figures give them."""
    light, dark = read_palette()

    assert light.items() >= {"card": svg.CARD, "ink": svg.INK, "ours": svg.OURS, "document": svg.DOCUMENT}.items()
    assert {verdict.value.replace(" ", "-") for verdict in Verdict} <= light.keys() == dark.keys()
    assert dark == {name: filter_colour(colour) for name, colour in light.items()}


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("background", ["card", "shade"])
@pytest.mark.parametrize("text", ["ink", "muted", "ours"])
def test_format_palette_text_is_legible(place: int, background: str, text: str) -> None:
    """Each colour of text has a contrast of 4.5 at least on each background."""
    colours = read_palette()[place]

    assert contrast(colours[text], colours[background]) >= 4.5


def test_format_palette_dark_keeps_the_kind_of_a_hue() -> None:
    """The card becomes nearly black, letters nearly white; ours stays blue and the document orange."""
    dark = {name: to_rgb(colour) for name, colour in read_palette()[1].items()}

    assert max(dark["card"]) < 0.1
    assert min(dark["ink"]) > 0.75
    assert dark["ours"] == tuple(sorted(dark["ours"]))
    assert dark["document"] == tuple(sorted(dark["document"], reverse=True))


def test_looks_each_verdict_has_a_sign_of_its_own() -> None:
    """No two verdicts have the same sign, and each has a colour and a meaning."""
    assert len(set(SIGNS.values())) == len(Verdict)
    assert SIGNS.keys() == COLOURS.keys() == MEANINGS.keys() == set(Verdict)
