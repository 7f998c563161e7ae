"""The printed text of a claim gives its value and its rounding."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_claims import make_claim

from mnist_repro.documents.claim import METRIC_UNITS


@pytest.mark.parametrize(
    ("printed", "unit", "value", "decimals", "half_unit"),
    [
        pytest.param("0.766", "fraction", 0.766, 3, 0.0005, id="three decimals"),
        pytest.param("0.8", "fraction", 0.8, 1, 0.05, id="one decimal"),
        pytest.param("4.50", "seconds", 4.5, 2, 0.005, id="trailing zero"),
        pytest.param("10.879999999999999", "percent", 10.879999999999999, 15, 5e-16, id="float in full"),
        pytest.param("7", "1", 7.0, 0, 0.5, id="whole number"),
        pytest.param("-1.5", "1", -1.5, 1, 0.05, id="negative"),
        pytest.param("2.5e-05", "1", 2.5e-05, 6, 5e-07, id="small exponent"),
        pytest.param(".985", "fraction", 0.985, 3, 0.0005, id="nothing before the point"),
        pytest.param("97.", "percent", 97.0, 0, 0.5, id="nothing after the point"),
        pytest.param("1e3", "1", 1000.0, 0, 500.0, id="large exponent"),
        pytest.param("00:44", "seconds", 44.0, 0, 0.5, id="seconds of a clock"),
        pytest.param("01:07", "seconds", 67.0, 0, 0.5, id="minutes and seconds"),
        pytest.param("1:00:05", "seconds", 3605.0, 0, 0.5, id="hours, minutes and seconds"),
        pytest.param("9542 / 10000", "images", 9542.0, 0, 0.5, id="a count, exact to half an image"),
        pytest.param("9,542 of 10,000", "images", 9542.0, 0, 0.5, id="a count with commas"),
    ],
)
def test_claim_printed_number_gives_value_and_rounding(
    *, printed: str, unit: str, value: float, decimals: int, half_unit: float
) -> None:
    """Value, decimals and half a unit of the last digit follow from the printed text."""
    claim = make_claim(printed, unit=unit)

    assert (value, decimals, half_unit) == (claim.value, claim.decimals, claim.half_unit)


@pytest.mark.parametrize(
    ("printed", "unit", "of", "expected"),
    [
        ("90", "percent", None, 0.9),
        ("90", "fraction", None, 90.0),
        ("90", "nat", None, 90.0),
        ("90/120", "images", None, 0.75),
        ("90", "images", 120, 0.75),
    ],
)
def test_claim_fraction_is_that_of_a_percentage_or_a_count(
    *, printed: str, unit: str, of: int | None, expected: float
) -> None:
    """What figures show of a percentage and of a count is a fraction; other numbers are as they are printed."""
    assert make_claim(printed, unit=unit, of=of).fraction == expected


@pytest.mark.parametrize(
    ("printed", "unit"),
    [
        pytest.param("01:07", "nat", id="clock that is no time"),
        pytest.param("01:67", "seconds", id="clock with 67 seconds"),
        pytest.param("nan", "nat", id="not a number"),
        pytest.param("inf", "nat", id="infinite"),
        pytest.param("1e999", "nat", id="too large for a float"),
        pytest.param(".", "nat", id="point alone"),
        pytest.param("1_000", "nat", id="underscore"),
        pytest.param("٣", "nat", id="digit of another script"),
        pytest.param(" 0.5", "nat", id="space"),
        pytest.param("0.5 nat", "nat", id="with its unit"),
        pytest.param("1" * 400 + ":00:00", "seconds", id="endless hours"),
        pytest.param("95.42", "images", id="a count that is not whole"),
        pytest.param("9542 / 0", "images", id="of no image"),
    ],
)
def test_claim_printed_text_without_number_raises(*, printed: str, unit: str) -> None:
    """What is no finite number has no value, and the error quotes it."""
    with pytest.raises(ValueError, match="no finite number") as caught:
        _ = make_claim(printed, unit=unit).value

    assert repr(printed) in str(caught.value)


def test_claim_of_each_metric_knows_whether_a_run_produced_it() -> None:
    """Losses, accuracies, errors, rates and times are of a run; labels, promises and targets are not."""
    of_run = {
        metric for metric, units in METRIC_UNITS.items() if make_claim("1", metric=metric, unit=units[0]).is_of_run
    }

    assert {"label", "accuracy_promise", "accuracy_target"} == METRIC_UNITS.keys() - of_run


@pytest.mark.parametrize(
    ("printed", "changes", "agrees"),
    [
        pytest.param("0.9930", {}, True, id="more digits"),
        pytest.param("0.994", {}, False, id="the next of as many digits"),
        pytest.param("0.9935", {}, True, id="half a digit more"),
        pytest.param("0.9936", {}, False, id="more than half a digit more"),
        pytest.param("0.7", {"metric": "error", "unit": "percent"}, True, id="error"),
        pytest.param("0.8", {"metric": "error", "unit": "percent"}, False, id="another error"),
        pytest.param("9930 / 10000", {"unit": "images"}, True, id="count"),
        pytest.param("0.9934", {"cut": True}, True, id="cut off"),
        pytest.param("0.992", {"cut": True}, True, id="cut off below"),
        pytest.param("0.994", {"cut": True}, False, id="cut off above"),
    ],
)
def test_claim_agrees_with_prints_of_the_same_number(printed: str, changes: dict[str, Any], *, agrees: bool) -> None:
    """Two prints agree where one number has both, in whichever unit, rounded or cut, whichever is asked."""
    first, second = make_claim("0.993"), make_claim(printed, **changes)

    assert [first.agrees_with(second), second.agrees_with(first)] == [agrees, agrees]
