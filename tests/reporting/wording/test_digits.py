"""Numbers as digits: the rules hold for any value and interval, so that none looks more or less sure than it is."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, strategies as st

from mnist_repro.reporting.wording.digits import (
    MINUS,
    count_decimals,
    format_estimate,
    format_fraction,
    format_p,
    name_p,
    write,
)
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import UNKNOWN, Interval

NUMBER = re.compile(rf"[+{MINUS}]?[\d,]+(?:\.\d+)?")
VALUES = st.floats(1e-4, 1e6)
SIGNED = st.floats(-1e3, 1e3)
WIDTHS = st.floats(1e-6, 1.0)


def read(text: str) -> float:
    """Return the value of a number as it is written."""
    return float(text.replace(MINUS, "-").replace(",", ""))


@given(VALUES)
def test_count_decimals_shows_three_significant_digits(value: float) -> None:
    """What is written differs from the value by half a unit of its third digit at most."""
    shown = read(write(value, count_decimals(value)))

    assert abs(shown - value) <= 0.5001 * 10.0 ** (math.floor(math.log10(value)) - 2) or value >= 1000
    assert abs(shown - value) <= 0.5001


@given(VALUES, WIDTHS, WIDTHS)
def test_format_estimate_interval_never_looks_like_a_point(value: float, below: float, above: float) -> None:
    """Both ends differ as written, all three numbers have equal decimals, and none is far from what it stands for."""
    interval = Interval(value * (1 - below), value * (1 + above))

    texts = NUMBER.findall(format_estimate(Estimate(value, interval)))

    assert len(texts) == 3
    assert texts[1] != texts[2]
    assert len({len(text.partition(".")[2]) for text in texts}) == 1
    for text, end in zip(texts, (value, interval.low, interval.high), strict=True):
        assert abs(read(text) - end) <= 0.0051 * value + 1e-9 or value >= 100


@given(SIGNED, SIGNED, SIGNED)
def test_format_estimate_difference_has_signs_and_no_noise(value: float, low: float, high: float) -> None:
    """Signs are true, 0 has none, no exponent is written, and decimals are equal."""
    low, high = min(low, high), max(low, high)

    text = format_estimate(Estimate(value, Interval(low, high)), signed=True)

    numbers = NUMBER.findall(text)
    assert "-" not in text.replace("1e-12", "")
    assert "e" not in text.replace("1e-12", "")
    assert len({len(each.partition(".")[2]) for each in numbers}) == 1 or text == "< 1e-12"
    for each in numbers:
        assert text == "< 1e-12" or (each[0] in f"+{MINUS}") == bool(read(each))


@pytest.mark.parametrize(
    ("estimate", "options", "expected"),
    [
        pytest.param(Estimate(15.4, Interval(15.36, 15.44)), {}, "15.40 (15.36 to 15.44)", id="close ends"),
        pytest.param(Estimate(1.0, Interval(1.0, 1.0)), {}, "1.00", id="an engine over itself"),
        pytest.param(Estimate(1.2, Interval(1.19, 1.2)), {}, "1.20 (1.19 to 1.20)", id="zeros that count"),
        pytest.param(Estimate(0.928, UNKNOWN), {}, "0.928", id="no interval"),
        pytest.param(Estimate(2493.2, UNKNOWN), {"unit": " µs"}, "2,493 µs", id="thousands"),
        pytest.param(
            Estimate(0.00089, Interval(-0.0087, 0.01)),
            {"signed": True},
            "+0.0009 (−0.0087 to +0.0100)",
            id="a difference within its interval",
        ),
        pytest.param(Estimate(0.0, Interval(-2.4e-17, 2.4e-17)), {"signed": True}, "< 1e-12", id="rounding noise"),
        pytest.param(Estimate(0.0, Interval(0.0, 0.0)), {"signed": True}, "0.00", id="no difference"),
    ],
)
def test_format_estimate_writes_what_is_known(estimate: Estimate, options: dict, expected: str) -> None:
    """The value has three digits, its interval as many decimals, and an interval without width is left out."""
    assert format_estimate(estimate, **options) == expected


@given(st.floats(0, 1))
def test_format_p_has_two_decimals_or_a_bound(p: float) -> None:
    """No p-value has one digit, an exponent, or is 0."""
    assert re.fullmatch(r"< 0\.01|[01]\.\d\d", format_p(p))
    assert format_p(p) != "0.00"
    assert name_p(p).removeprefix("p ").removeprefix("= ") == format_p(p)


@pytest.mark.parametrize(
    ("fraction", "interval", "expected"),
    [
        pytest.param(0.129, None, "12.9 %", id="three digits"),
        pytest.param(0.0345, None, "3.45 %", id="a small one"),
        pytest.param(1.0, Interval(0.99, 1.0), "100 % (at least 99.0 %)", id="all"),
        pytest.param(0.0, Interval(0.0, 0.12), "0 % (at most 12.0 %)", id="none"),
        pytest.param(0.9, Interval(0.85, 0.93), "90.0 % (85.0 to 93.0 %)", id="some"),
        pytest.param(math.nan, None, "unknown", id="unknown"),
    ],
)
def test_format_fraction_is_percent_within_its_bounds(fraction: float, interval: Interval, expected: str) -> None:
    """Fractions are percent; where all or none is counted, the interval has one bound."""
    assert format_fraction(fraction, interval) == expected
