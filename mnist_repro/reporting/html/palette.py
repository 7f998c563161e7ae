"""The colours of the HTML page: those of the figures in the light, and their counterparts in the dark.

A figure has fixed colours. In the dark the page shows it through a CSS filter that exchanges light and dark and keeps
the hues. The page's own dark colours are what the filter makes of the light ones, so that a thing has one colour
everywhere.
"""

from __future__ import annotations

from mnist_repro.reporting.figures.style import CARD, DOCUMENT, GRID, INK, MUTED, OURS
from mnist_repro.reporting.figures.verdict_marks import AGREEING, COLOURS
from mnist_repro.verdicts.finding import Verdict

# White on black would be too bright.
FILTER = "invert(92%) hue-rotate(180deg)"

_SHADE = "#f3f5f7"
# What the filter makes of each colour; tests compute it.
_DARK = {
    CARD: "#171716",
    INK: "#cbced2",
    MUTED: "#919aa3",
    GRID: "#272a2d",
    AGREEING: "#1a1f24",
    OURS: "#4cace2",
    DOCUMENT: "#e07c2d",
    _SHADE: "#1c1d1f",
}
_LIGHT = {"card": CARD, "ink": INK, "muted": MUTED, "grid": GRID, "shade": _SHADE, "ours": OURS, "document": DOCUMENT}


def name_look(verdict: Verdict) -> str:
    """Return the name of a verdict in style sheets."""
    return verdict.value.replace(" ", "-")


def format_palette() -> str:
    """Return the colours of the page as CSS custom properties, and the filter for figures in the dark."""
    light = _LIGHT | {name_look(verdict): colour for verdict, colour in COLOURS.items()}
    dark = {name: _DARK[colour] for name, colour in light.items()}
    return (
        f":root {{\n  color-scheme: light dark;\n{_declare(light, turned='none')}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n:root {{\n{_declare(dark, turned=FILTER)}}}\n}}\n"
    )


def _declare(colours: dict[str, str], *, turned: str) -> str:
    lines = [f"  --{name}: {colour};\n" for name, colour in colours.items()]
    return "".join([*lines, f"  --turned: {turned};\n"])
