"""Numbers for other programs: few digits, no noise, and null for what is unknown."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, strategies as st

from mnist_repro.reporting.exports.json_numbers import dump_json, round_ends, round_number
from mnist_repro.stats.summary import Interval


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        pytest.param(1 / 3, None, 0.333333, id="six digits"),
        pytest.param(123456789.0, None, 123457000.0, id="six digits before the point"),
        pytest.param(math.nan, None, None, id="unknown"),
        pytest.param(math.nan, 1.0, None, id="unknown beside a number"),
        pytest.param(0.1 + 0.2 - 0.3, 0.3, 0.0, id="what rounding leaves"),
        pytest.param(-1e-17, 0.9, 0.0, id="no negative zero"),
        pytest.param(0.0123456789, 0.5, 0.012346, id="to the sixth digit of the other"),
        pytest.param(0.0123456789, 44.0, 0.0123, id="beside a larger one"),
        pytest.param(12.3456789, 0.1, 12.345679, id="beside a smaller one"),
        pytest.param(12.34567891, 0.0, 12.34568, id="beside nothing"),
    ],
)
def test_round_number_keeps_what_is_the_same_everywhere(
    value: float, scale: float | None, expected: float | None
) -> None:
    """Six digits are kept, of the number itself or of the one beside it."""
    rounded = round_number(value, scale=scale)

    assert rounded == expected
    assert rounded is None or math.copysign(1, rounded) == (math.copysign(1, expected or 1))


@given(st.floats(0.1, 1), st.floats(-1, 1))
def test_round_number_noise_changes_no_digit_of_a_printed_number(scale: float, value: float) -> None:
    """A number that has at most five digits stays what it is, whatever the last bits of a computation add."""
    exact = round(value, 5)

    assert round_number(exact + 1e-13 * value, scale=scale) == exact


def test_round_ends_unknown_interval_is_null() -> None:
    """An interval has two ends, or is not known at all."""
    assert round_ends(Interval(0.12345678, 0.5)) == [0.123457, 0.5]
    assert round_ends(Interval(math.nan, math.nan)) is None


def test_dump_json_refuses_what_json_has_not() -> None:
    """Text is ASCII with a newline at its end; a number that is not finite is an error."""
    text = dump_json({"b": "ä", "a": [1.5]})

    assert text.isascii()
    assert text.endswith("}\n")
    assert json.loads(text) == {"b": "ä", "a": [1.5]}
    with pytest.raises(ValueError, match="Out of range float"):
        dump_json(math.inf)
