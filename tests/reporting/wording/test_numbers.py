"""Numbers as words: our digits are rounded, and the document's are never invented."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from made_up_claims import make_claim

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import METRIC_UNITS, Claim
from mnist_repro.reporting.wording.numbers import (
    UNKNOWN,
    format_difference,
    format_difference_interval,
    format_half_unit,
    format_interval,
    format_mean,
    format_number,
    format_quoted,
    format_reported,
    format_tick,
)
from mnist_repro.stats.summary import Interval, summarize

CLAIMS = [claim for document in load_catalogue().documents.values() for claim in document.claims]


@pytest.mark.parametrize(
    ("metric", "unit", "printed", "expected"),
    [
        pytest.param("accuracy", "fraction", "0.766", "76.6 %", id="three digits of a fraction"),
        pytest.param("accuracy", "fraction", "0.8", "80 %", id="one digit of a fraction"),
        pytest.param("accuracy", "fraction", "0.80", "80 %", id="two digits of a fraction"),
        pytest.param("accuracy", "fraction", "0.800", "80.0 %", id="a fraction with zeros that were printed"),
        pytest.param("accuracy", "fraction", "0.8899", "88.99 %", id="four digits of a fraction"),
        pytest.param("accuracy", "fraction", "1", "100 %", id="a whole fraction"),
        pytest.param("error", "fraction", "0.1101", "11.01 %", id="a fraction printed as percent"),
        pytest.param("error", "percent", "11.57", "11.57 %", id="percent"),
        pytest.param("error", "percent", "12", "12 %", id="whole percent"),
        pytest.param("error", "percent", "10.879999999999999", "10.88 %", id="percent with a float's last digits"),
        pytest.param("accuracy", "images", "9542 / 10000", "9542 / 10000 (95.42 %)", id="a count"),
        pytest.param("accuracy_target", "fraction", "0.95", "95 %", id="a target"),
        pytest.param("accuracy_promise", "fraction", "0.9", "90 %", id="a promise"),
        pytest.param("loss", "nat", "0.7647578", "0.7648", id="a loss of many digits"),
        pytest.param("loss", "nat", "0.5", "0.5", id="a loss of one digit"),
        pytest.param("learning_rate", "1", "0.48299998", "0.48299998", id="a rate"),
        pytest.param("label", "1", "7.0", "7", id="a label"),
        pytest.param("seconds_per_period", "seconds", "4.59", "4.59 s", id="seconds"),
        pytest.param("total_seconds", "seconds", "01:07", "67 s", id="minutes and seconds"),
    ],
)
def test_format_reported_printed_number_keeps_its_digits(metric: str, unit: str, printed: str, expected: str) -> None:
    """A fraction becomes percent, long numbers are cut, and no digit appears that was not printed."""
    assert expected == format_reported(make_claim(printed, metric=metric, unit=unit))


def test_format_reported_wrong_printed_unit_is_kept() -> None:
    """A fraction that was printed with a percent sign is shown so: that is what contradicts it."""
    claim = make_claim("0.1101", metric="error", unit="fraction", printed_unit="percent")

    assert format_reported(claim) == format_quoted(claim) == "0.1101 %"


@pytest.mark.parametrize(
    ("metric", "unit", "printed", "expected"),
    [
        pytest.param("accuracy", "fraction", "0.8336", "0.8336 (83.36 %)", id="a fraction"),
        pytest.param("error", "percent", "10.879999999999999", "10.879999999999999 %", id="percent"),
        pytest.param("error", "images", "216 of 10000", "216 of 10000 (2.16 %)", id="a count"),
        pytest.param("seconds_per_period", "seconds", "4.50", "4.50 s", id="seconds"),
        pytest.param("total_seconds", "seconds", "01:07", "01:07 (67 s)", id="minutes and seconds"),
        pytest.param("loss", "nat", "1.5077540435312957", "1.5077540435312957", id="a loss"),
    ],
)
def test_format_quoted_has_the_print_and_the_unit_of_ours(metric: str, unit: str, printed: str, expected: str) -> None:
    """What is printed is quoted to the digit, beside it what it is in the unit of our runs."""
    assert format_quoted(make_claim(printed, metric=metric, unit=unit)) == expected


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_format_reported_documents_numbers_stay_within_their_rounding(claim: Claim) -> None:
    """What pages show of every number is that number, to half a unit of the last digit that is shown."""
    shown = format_reported(claim).split()[0]
    if claim.printed_unit:
        assert format_reported(claim) == f"{claim.printed} %"
        return
    decimals = len(shown.partition(".")[2])
    value = claim.value * (100 if format_reported(claim).endswith("%") and claim.unit == "fraction" else 1)

    assert abs(float(shown) - value) <= 0.5000001 * 10.0**-decimals
    assert decimals <= claim.decimals


@pytest.mark.parametrize(
    ("metric", "unit", "value", "expected"),
    [
        pytest.param("accuracy", "fraction", 0.8899, "88.99 %", id="a fraction"),
        pytest.param("error", "fraction", 0.1101, "11.01 %", id="a fraction of errors"),
        pytest.param("error", "percent", 11.57, "11.57 %", id="percent"),
        pytest.param("loss", "nat", 0.42103118, "0.4210", id="a loss"),
        pytest.param("learning_rate", "1", 0.48299998, "0.48299998", id="a rate"),
        pytest.param("learning_rate", "1", float(np.float32(0.1)), "0.1", id="a rate that float64 has no digits for"),
        pytest.param("seconds_per_period", "seconds", 0.04, "0.0400 s", id="a short time"),
        pytest.param("seconds_per_period", "seconds", 0.87, "0.870 s", id="a time below a second"),
        pytest.param("seconds_per_period", "seconds", 4.594, "4.59 s", id="a time of seconds"),
        pytest.param("total_seconds", "seconds", 67.25, "67.2 s", id="a long time"),
        pytest.param("total_seconds", "seconds", 671.25, "671 s", id="a time of minutes"),
        pytest.param("total_seconds", "seconds", 0.0, "0.00 s", id="no time"),
    ],
)
def test_format_number_value_has_its_metrics_digits(metric: str, unit: str, value: float, expected: str) -> None:
    """Percent have two decimals, losses four; times have three digits; rates have the digits of a float32."""
    assert expected == format_number(value, make_claim(metric=metric, unit=unit))


@pytest.mark.parametrize("metric", METRIC_UNITS)
def test_format_number_nan_is_unknown(metric: str) -> None:
    """What is not known is never shown as a number, whatever its metric."""
    assert format_number(math.nan, make_claim(metric=metric, unit=METRIC_UNITS[metric][0])) == UNKNOWN


@pytest.mark.parametrize("metric", sorted(set(METRIC_UNITS) - {"learning_rate"}))
def test_format_interval_nan_is_unknown(metric: str) -> None:
    """An interval that is not known is said to be so, and not shown as numbers."""
    claim = make_claim(metric=metric, unit=METRIC_UNITS[metric][0])

    assert format_interval(Interval(math.nan, math.nan), claim) == UNKNOWN


@pytest.mark.parametrize("end", [0.5, math.nan], ids=["many runs", "a single run"])
def test_format_interval_rate_has_none(end: float) -> None:
    """A learning rate is the same in every run: an interval would promise a spread that there is not."""
    assert format_interval(Interval(end, end), make_claim(metric="learning_rate", unit="1")) == ""


@pytest.mark.parametrize(
    ("claim", "values", "expected"),
    [
        pytest.param(make_claim(), [0.88, 0.9], "89.00 % (76.29 to 100.00 %)", id="two runs"),
        pytest.param(make_claim(), [0.89], "89.00 % (unknown)", id="a single run"),
        pytest.param(make_claim(metric="learning_rate", unit="1"), [0.5, 0.5], "0.5", id="a rate"),
        pytest.param(
            make_claim(metric="seconds_per_period", unit="seconds"),
            [0.868, 0.870, 0.872],
            "0.870 s (0.865 to 0.875 s)",
            id="times",
        ),
    ],
)
def test_format_mean_interval_stands_behind_it(claim: Claim, values: list[float], expected: str) -> None:
    """The mean comes with its confidence interval, or with the word that there is none."""
    assert expected == format_mean(summarize(values), claim)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(make_claim(), id="accuracy"),
        pytest.param(make_claim("11.57", metric="error", unit="percent"), id="error"),
        pytest.param(make_claim(metric="loss", unit="nat"), id="loss"),
        pytest.param(make_claim(metric="total_seconds", unit="seconds"), id="time"),
    ],
)
@given(values=st.lists(st.floats(0.01, 0.99), min_size=2, max_size=9, unique=True))
def test_format_mean_and_interval_have_equal_decimals_and_two_ends(claim: Claim, values: list[float]) -> None:
    """Whatever our runs measured, a mean and its interval have equal decimals, and no interval looks like a point."""
    summary = summarize(values)
    for text in (format_mean(summary, claim), format_interval(summary.prediction_interval, claim)):
        numbers = re.findall(r"[\d,]+(?:\.\d+)?", text)
        assert len({len(number.partition(".")[2]) for number in numbers}) == 1
        assert len(numbers) == 1 or numbers[-2] != numbers[-1]


@pytest.mark.parametrize(
    ("metric", "unit", "interval", "expected"),
    [
        pytest.param("accuracy", "fraction", Interval(0.88, 0.9), "88.00 to 90.00 %", id="fractions"),
        pytest.param("error", "percent", Interval(10.0, 12.0), "10.00 to 12.00 %", id="percent"),
        pytest.param("loss", "nat", Interval(0.4, 0.45), "0.4000 to 0.4500", id="losses"),
        pytest.param("total_seconds", "seconds", Interval(60.0, 67.5), "60.0 to 67.5 s", id="times"),
    ],
)
def test_format_interval_unit_is_said_once(metric: str, unit: str, interval: Interval, expected: str) -> None:
    """Both ends have the same digits, and the unit stands behind the second."""
    assert expected == format_interval(interval, make_claim(metric=metric, unit=unit))


@pytest.mark.parametrize(
    ("metric", "unit", "value", "expected"),
    [
        pytest.param("accuracy", "fraction", 0.0123, "+1.23 points", id="fraction above"),
        pytest.param("error", "percent", -0.5, "−0.50 points", id="percent below"),
        pytest.param("loss", "nat", -0.01234, "−0.0123 nats", id="loss"),
        pytest.param("accuracy", "fraction", -0.00001, "0.00 points", id="nothing is not below nothing"),
        pytest.param("loss", "nat", math.nan, UNKNOWN, id="unknown"),
    ],
)
def test_format_difference_has_its_sign_and_unit(metric: str, unit: str, value: float, expected: str) -> None:
    """Differences of shares are points, those of losses nats, and the side is always said."""
    assert expected == format_difference(value, make_claim(metric=metric, unit=unit))


@pytest.mark.parametrize(
    ("metric", "unit", "interval", "expected"),
    [
        pytest.param("accuracy", "fraction", Interval(-0.02, 0.04), "+1.00 (−2.00 to +4.00) points", id="points"),
        pytest.param("loss", "nat", Interval(-0.02, 0.04), "+0.0100 (−0.0200 to +0.0400) nats", id="nats"),
        pytest.param("accuracy", "fraction", Interval(math.nan, math.nan), "+1.00 points (unknown)", id="one run"),
    ],
)
def test_format_difference_interval_unit_is_said_once(
    metric: str, unit: str, interval: Interval, expected: str
) -> None:
    """The difference comes with its interval, or with the word that there is none."""
    assert expected == format_difference_interval(0.01, interval, make_claim(metric=metric, unit=unit))


@pytest.mark.parametrize(
    ("metric", "unit", "printed", "expected"),
    [
        pytest.param("accuracy", "fraction", "0.8899", "0.005 points", id="four digits of a fraction"),
        pytest.param("error", "percent", "10.879999999999999", "< 0.0001 points", id="a float's last digits"),
        pytest.param("loss", "nat", "0.7647578", "< 0.0001 nats", id="seven digits of a loss"),
    ],
)
def test_format_half_unit_has_one_digit(metric: str, unit: str, printed: str, expected: str) -> None:
    """What rounding took is told by its size, or by the last digit that pages show."""
    assert expected == format_half_unit(make_claim(printed, metric=metric, unit=unit))


@pytest.mark.parametrize(
    ("metric", "unit", "interval", "expected"),
    [
        pytest.param("accuracy", "fraction", Interval(0.8, 1.15), "80.00 to 100.00 %", id="more than all"),
        pytest.param("error", "percent", Interval(-9.0, 104.0), "0.00 to 100.00 %", id="less than none"),
        pytest.param("loss", "nat", Interval(-0.1, 0.6), "0.0000 to 0.6000", id="negative loss"),
        pytest.param("total_seconds", "seconds", Interval(-1.5, 9.7), "0.00 to 9.70 s", id="negative time"),
    ],
)
def test_format_interval_ends_where_nothing_can_be(metric: str, unit: str, interval: Interval, expected: str) -> None:
    """However far an interval from few runs reaches, only possible values are printed."""
    assert format_interval(interval, make_claim(metric=metric, unit=unit)) == expected


@pytest.mark.parametrize(
    ("metric", "unit", "value", "expected"),
    [
        ("accuracy", "fraction", 0.875, "87.5 %"),
        ("error", "percent", 11.5, "11.5 %"),
        ("loss", "nat", 0.1 + 0.2, "0.3"),
        ("loss", "nat", -1e-17, "0"),
        ("total_seconds", "seconds", 40.0, "40 s"),
        ("learning_rate", "1", 0.005, "0.005"),
    ],
)
def test_format_tick_has_as_many_digits_as_the_place(metric: str, unit: str, value: float, expected: str) -> None:
    """A tick is in the claim's unit, without what rounding adds to it."""
    assert format_tick(value, make_claim(metric=metric, unit=unit)) == expected


def test_format_reported_count_printed_alone_says_of_how_many_images() -> None:
    """A count whose print leaves out the number of all images has it behind it, and our values are percent."""
    claim = make_claim("9542", unit="images", of=10_000)

    assert format_reported(claim) == "9542 of 10,000 (95.42 %)"
    assert format_number(9530.4, claim) == "95.30 %"
    assert format_difference(-12.0, claim) == "−0.12 points"
    assert format_half_unit(claim) == "0.005 points"
