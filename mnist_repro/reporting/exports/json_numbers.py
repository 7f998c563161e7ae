"""Numbers and files as other programs read them: the same bytes with every version of Python, NumPy and SciPy."""

from __future__ import annotations

import json
import math
from typing import Any

from mnist_repro.stats.summary import Interval

# More digits are not the same with every version of SciPy.
_DIGITS = 6


def round_number(value: float, *, scale: float | None = None) -> float | None:
    """Round to six digits; None, which is null in JSON, for what is unknown.

    Parameters
    ----------
    scale
        A number of the size of those that `value` was computed from, whose sixth digit is the last that is kept. What
        is left where equal numbers are subtracted is rounding, and becomes 0. None takes `value` itself.
    """
    if math.isnan(value):
        return None
    if scale is None:
        return float(f"{value:.{_DIGITS}g}")
    # By its text: a logarithm may lie on either side of a power of ten.
    exponent = int(f"{abs(scale):e}".partition("e")[2]) if scale else 0
    # There is one zero, and it has no sign.
    return round(value, _DIGITS - 1 - exponent) + 0.0


def round_ends(interval: Interval, *, scale: float | None = None) -> list[float | None] | None:
    """Round both ends of an interval; None where it is unknown."""
    if math.isnan(interval.low) or math.isnan(interval.high):
        return None
    return [round_number(interval.low, scale=scale), round_number(interval.high, scale=scale)]


def dump_json(content: Any) -> str:
    """Write JSON in ASCII, two spaces a level, its keys in their order, with a newline at the end.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
