"""The colours of the HTML page, which are the figures' own: as they are by day, and turned over by night.

A figure is a picture with fixed colours. In the dark the page shows it through a filter of CSS that turns light to dark
and keeps the hues; the page's own colours go through the same, so that a thing has one colour everywhere.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from mnist_repro.reporting.figures.style import CARD, DOCUMENT, GRID, INK, MUTED, OURS
from mnist_repro.reporting.figures.verdict_marks import COLOURS
from mnist_repro.verdicts.finding import Verdict

# How far light and dark change places: wholly would be white on black.
_INVERSION = 0.92
# Rows of the matrix of half a turn of the hue, as Filter Effects Module Level 1 defines hueRotate.
_HALF_TURN = ((-0.574, 1.430, 0.144), (0.426, 0.430, 0.144), (0.426, 1.430, -0.856))

_LIGHT = {
    "card": CARD,
    "ink": INK,
    "muted": MUTED,
    "grid": GRID,
    "shade": "#f3f5f7",
    "ours": OURS,
    "document": DOCUMENT,
}


def name_look(verdict: Verdict) -> str:
    """Return a verdict's name in style sheets."""
    return verdict.value.replace(" ", "-")


def format_palette() -> str:
    """Return the page's colours as custom properties of CSS, and the filter for figures in the dark."""
    light = _LIGHT | {name_look(verdict): colour for verdict, colour in COLOURS.items()}
    dark = {name: turn_over(colour) for name, colour in light.items()}
    turned = f"invert({_INVERSION:.0%}) hue-rotate(180deg)"
    return (
        f":root {{\n  color-scheme: light dark;\n{_declare(light, turned='none')}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n:root {{\n{_declare(dark, turned=turned)}}}\n}}\n"
    )


def turn_over(colour: str) -> str:
    """Return what the filter makes of a colour."""
    inverted = [_INVERSION + (1 - 2 * _INVERSION) * channel for channel in to_rgb(colour)]
    turned = np.clip(np.array(_HALF_TURN) @ inverted, 0.0, 1.0)
    return to_hex((turned[0], turned[1], turned[2]))


def _declare(colours: dict[str, str], *, turned: str) -> str:
    lines = [f"  --{name}: {colour};\n" for name, colour in colours.items()]
    return "".join([*lines, f"  --turned: {turned};\n"])
