"""The page's colours: those of the figures, legible by day, and in the dark what the figures' filter makes of them."""

from __future__ import annotations

import re

import pytest
from matplotlib.colors import to_rgb

from mnist_repro.reporting.figures import style as svg
from mnist_repro.reporting.figures.verdict_marks import COLOURS, MEANINGS, SIGNS
from mnist_repro.reporting.html.palette import format_palette, turn_over
from mnist_repro.verdicts.finding import Verdict


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


def test_format_palette_has_the_figures_colours() -> None:
    """Cards, letters, our runs, the document and every verdict have the colours that figures give them."""
    light, dark = read_palette()

    assert light.items() >= {"card": svg.CARD, "ink": svg.INK, "ours": svg.OURS, "document": svg.DOCUMENT}.items()
    assert {verdict.value.replace(" ", "-") for verdict in Verdict} <= light.keys() == dark.keys()
    assert dark == {name: turn_over(colour) for name, colour in light.items()}


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("background", ["card", "shade"])
@pytest.mark.parametrize("text", ["ink", "muted", "ours"])
def test_format_palette_text_is_legible(place: int, background: str, text: str) -> None:
    """Each colour of text has a contrast of 4.5 at least on each background."""
    colours = read_palette()[place]

    assert contrast(colours[text], colours[background]) >= 4.5


def test_turn_over_is_the_filter() -> None:
    """White becomes nearly black, black nearly white, greys stay grey, and a hue keeps its kind."""
    assert turn_over("#ffffff") == "#141414"
    assert turn_over("#000000") == "#ebebeb"
    red, green, blue = to_rgb(turn_over(svg.OURS))
    assert blue > green > red
    red, green, blue = to_rgb(turn_over(svg.DOCUMENT))
    assert red > green > blue


def test_looks_each_verdict_has_a_sign_of_its_own() -> None:
    """No two verdicts have the same sign, and each has a colour and a meaning."""
    assert len(set(SIGNS.values())) == len(Verdict)
    assert SIGNS.keys() == COLOURS.keys() == MEANINGS.keys() == set(Verdict)
