"""Numbers as a scientist writes them: three significant digits, and equal decimals for a value and its interval."""

from __future__ import annotations

import math

from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import Interval

UNKNOWN = "unknown"
MINUS = "\N{MINUS SIGN}"
# What is smaller is no difference but rounding of float64.
NOISE = 1e-12
_LEAST_P = 0.01
# Ends of an interval that look alike with so many decimals more are equal.
_MORE_DECIMALS = 8


def count_decimals(value: float) -> int:
    """Return the decimals that show three significant digits of a value; 2 for 0 and for what is not finite."""
    if not value or not math.isfinite(value):
        return 2
    # Rounding may add a digit: 9.996 is 10.0.
    return max(0, 2 - int(f"{abs(value):.2e}".partition("e")[2]))


def part_decimals(interval: Interval, least: int) -> int:
    """Return the fewest decimals, `least` or more, by which the ends of an interval look different."""
    possible = range(least, least + _MORE_DECIMALS)
    return next((d for d in possible if write(interval.low, d) != write(interval.high, d)), least)


def write(value: float, decimals: int, *, signed: bool = False) -> str:
    """Write a number with a true minus and commas between thousands; what rounds to 0 has no sign."""
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{decimals}f}".replace("-", MINUS)


def write_significant(value: float) -> str:
    """Write three significant digits of a number, or all digits before its point: 2,493 and 0.561."""
    return write(value, count_decimals(value))


def format_p(p: float) -> str:
    """Format a p-value: two decimals, or that it is below 0.01."""
    return write(p, 2) if p >= _LEAST_P else f"< {_LEAST_P}"


def name_p(p: float) -> str:
    """Format a p-value with its name: "p = 0.10", "p < 0.01"."""
    return f"p = {format_p(p)}" if p >= _LEAST_P else f"p {format_p(p)}"


def format_fraction(fraction: float, interval: Interval | None = None) -> str:
    """Format a fraction as percent to three significant digits; at 0 or 1 its interval has one end."""
    if math.isnan(fraction):
        return UNKNOWN
    shown = f"{write(100 * fraction, 0 if fraction in {0.0, 1.0} else count_decimals(100 * fraction))} %"
    if interval is None or math.isnan(interval.low):
        return shown
    if fraction in {0.0, 1.0}:
        bound, end = ("at most", interval.high) if fraction == 0 else ("at least", interval.low)
        return f"{shown} ({bound} {write(100 * end, count_decimals(100 * end))} %)"
    return format_estimate(Estimate(fraction, interval), scale=100.0, unit=" %")


def format_estimate(estimate: Estimate, *, scale: float = 1.0, signed: bool = False, unit: str = "") -> str:
    """Format a value to three significant digits with its interval to as many decimals; the unit stands once.

    The decimals of a difference, which is `signed`, are those of its interval's width where that is larger.
    """
    value = scale * estimate.value
    interval = Interval(scale * estimate.interval.low, scale * estimate.interval.high)
    if 0 < max(abs(value), abs(interval.low), abs(interval.high)) < NOISE:
        return f"< {NOISE:.0e}{unit}"
    width = interval.high - interval.low
    decimals = count_decimals(max(abs(value), width) if signed and math.isfinite(width) else value)
    return join_interval(value, interval, decimals, signed=signed, unit=unit)


def format_range(low: float, high: float, *, scale: float = 1.0, unit: str = "") -> str:
    """Format the smallest and the largest of some values to three significant digits; one where they are equal."""
    interval = Interval(scale * low, scale * high)
    decimals = part_decimals(interval, count_decimals(interval.low))
    ends = dict.fromkeys(write(end, decimals) for end in (interval.low, interval.high))
    return f"{' to '.join(ends)}{unit}"


def join_interval(value: float, interval: Interval, least: int, *, unit: str, signed: bool = False) -> str:
    """Write a value with its interval; without it where both ends are equal."""
    if math.isnan(interval.low):
        return f"{write(value, least, signed=signed)}{unit}"
    decimals = part_decimals(interval, least)
    middle, low, high = (write(each, decimals, signed=signed) for each in (value, interval.low, interval.high))
    return f"{middle}{unit}" if low == high else f"{middle}{unit} ({low} to {high}{unit})"
