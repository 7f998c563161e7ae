"""JSON for other programs: the same bytes with every version of Python, NumPy and SciPy."""

from __future__ import annotations

import json
import math
from typing import Any

from mnist_repro.stats.summary import Interval

# More digits differ between versions of SciPy.
_DIGITS = 6


def round_number(value: float, *, scale: float | None = None) -> float | None:
    """Round to six digits; an unknown value becomes None, null in JSON.

    Parameters
    ----------
    scale
        Size of the numbers that `value` was computed from; its sixth digit is the last one kept. So the rounding error
        of a difference of equal numbers becomes 0. None takes `value` itself.
    """
    if math.isnan(value):
        return None
    if scale is None:
        return float(f"{value:.{_DIGITS}g}")
    # From its text: a logarithm may fall on either side of a power of ten.
    exponent = int(f"{abs(scale):e}".partition("e")[2]) if scale else 0
    # Adding 0 drops the sign of -0.
    return round(value, _DIGITS - 1 - exponent) + 0.0


def round_ends(interval: Interval, *, scale: float | None = None) -> list[float | None] | None:
    """Round both ends of an interval; None where it is unknown."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return None
    return [round_number(interval.low, scale=scale), round_number(interval.high, scale=scale)]


def dump_json(content: Any) -> str:
    """Return JSON in ASCII, indented by two spaces, its keys in their order, with a newline at the end.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    # A CI reads a command in it, wherever that stands in its log; the value stays the same.
    return text.replace("##", "#\\u0023")
