"""Means, intervals and limits agree with calculations by hand, and with simulations."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from mnist_repro.stats.summary import (
    Interval,
    count_interval,
    false_failure_probability,
    round_up,
    sampling_interval,
    summarize,
)

VALUES = [0.8899, 0.8842, 0.8917, 0.8871, 0.8835]
FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def test_summarize_known_values_agree_with_a_calculation_by_hand() -> None:
    """Mean, standard deviation and prediction interval are those of a calculation with tabulated t."""
    # Deviations from 0.88728 in units of 1e-5: 262, -308, 442, -18, -378; squares add up to 502,080.
    # s = sqrt(502080 / 4) * 1e-5 = 0.00354288; t(0.975; 4) = 2.776; 2.776 * s * sqrt(6 / 5) = 0.010774.
    summary = summarize(VALUES)

    assert summary.n == 5
    assert summary.mean == pytest.approx(0.88728, abs=1e-12)
    assert summary.standard_deviation == pytest.approx(0.00354288, abs=1e-8)
    assert summary.prediction_interval.low == pytest.approx(0.88728 - 0.010774, abs=3e-6)
    assert summary.prediction_interval.high == pytest.approx(0.88728 + 0.010774, abs=3e-6)


def test_summarize_interval_of_the_mean_is_scipys() -> None:
    """The confidence interval of the mean is the one that SciPy's t test inverts to."""
    expected = stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)

    interval = summarize(VALUES).mean_interval

    assert interval.low == pytest.approx(expected.low)
    assert interval.high == pytest.approx(expected.high)


def test_summarize_two_values_have_a_standard_deviation() -> None:
    """Two runs are the fewest that have intervals: with t for one degree of freedom, 12.7062."""
    # Mean 2, s = sqrt(2): 12.7062 * s * sqrt(1 / 2) = 12.7062, and 12.7062 * s * sqrt(3 / 2) = 22.0078.
    summary = summarize([1.0, 3.0])

    assert summary.standard_deviation == pytest.approx(math.sqrt(2))
    assert summary.mean_interval.high == pytest.approx(2 + 12.7062, abs=1e-4)
    assert summary.prediction_interval.low == pytest.approx(2 - 22.0078, abs=1e-4)


def test_summarize_single_precision_is_summed_in_double_precision() -> None:
    """Numbers of fewer digits lose none on the way: in single precision 2 ** 24 + 1 is 2 ** 24."""
    assert summarize(np.array([2**24, 1, 1], dtype=np.float32)).mean == (2**24 + 2) / 3


def test_summarize_prediction_interval_holds_one_further_run_as_often_as_it_says() -> None:
    """Of 4,000 further runs, 95 % lie inside the interval made from ten others, within Monte-Carlo error."""
    draws = np.random.default_rng(0).normal(size=(4_000, 11))
    intervals = [summarize(row[:10]).prediction_interval for row in draws]

    share = np.mean([interval.overlaps(row[10], row[10]) for interval, row in zip(intervals, draws, strict=True)])

    assert share == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4_000))


def test_summarize_one_value_has_unknown_standard_deviation() -> None:
    """A single run has a mean, and nothing else is known; nor is there a warning of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = summarize([0.9])

    assert summary.mean == 0.9
    unknown = [summary.standard_deviation, summary.mean_interval.low, summary.prediction_interval.high]
    assert all(math.isnan(number) for number in unknown)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="none"),
        pytest.param([0.1, math.nan], id="not a number"),
        pytest.param([0.1, math.inf], id="infinite"),
        pytest.param([[0.1, 0.2]], id="two dimensions"),
    ],
)
def test_summarize_values_that_say_nothing_are_refused(values: list[float]) -> None:
    """Nothing is summarized unless every value is a finite number."""
    with pytest.raises(ValueError, match=r"^Values are finite, in one dimension, and at least one; received array\("):
        summarize(values)


@given(st.lists(FINITE, min_size=2, max_size=30), st.randoms())
def test_summarize_order_does_not_matter(values: list[float], random: object) -> None:
    """Shuffled runs have the same summary, up to rounding."""
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis's Random

    one, other = summarize(values), summarize(shuffled)

    assert one.mean == pytest.approx(other.mean, rel=1e-9, abs=1e-9)
    assert one.prediction_interval.low == pytest.approx(other.prediction_interval.low, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param(0.5, 0.5, True, id="a point within"),
        pytest.param(0.0, 0.0, True, id="a point on the lower end"),
        pytest.param(1.0, 1.0, True, id="a point on the upper end"),
        pytest.param(-1.0, 0.1, True, id="a range across the end"),
        pytest.param(1.1, 1.2, False, id="a range above"),
        pytest.param(-1.0, -0.1, False, id="a range below"),
    ],
)
def test_interval_overlaps_ranges_that_touch_it(low: float, high: float, *, expected: bool) -> None:
    """An interval overlaps what has a point in common with it."""
    assert expected is Interval(0.0, 1.0).overlaps(low, high)


def test_interval_that_is_unknown_overlaps_nothing() -> None:
    """No number lies inside an unknown interval."""
    assert not Interval(math.nan, math.nan).overlaps(-math.inf, math.inf)


def test_false_failure_probability_agrees_with_simulated_gates() -> None:
    """Gates on four runs fail as often by chance as is said, on average over references of ten runs."""
    generator = np.random.default_rng(1)
    references = generator.normal(size=(3_000, 10))
    said = np.mean([false_failure_probability(reference, threshold=-0.8, runs=4) for reference in references])

    failed = np.mean(generator.normal(size=(200_000, 4)).mean(axis=1) < -0.8)

    # The estimate takes into account that mean and standard deviation are known from ten runs alone: it is the larger.
    assert failed < said < 3 * failed


def test_false_failure_probability_is_students_distribution() -> None:
    """One number by hand: the threshold lies one scale below the mean of three runs, with two degrees of freedom."""
    # Mean 1, s 1, gate on three runs: scale sqrt(1/3 + 1/3). P(t(2) < -1) = 1/2 - 1 / (2 sqrt(3)) = 0.211325.
    threshold = 1 - math.sqrt(2 / 3)

    assert false_failure_probability([0.0, 1.0, 2.0], threshold=threshold, runs=3) == pytest.approx(0.211325, abs=1e-6)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [pytest.param(0.5, 0.0, id="below"), pytest.param(0.75, 0.0, id="the same"), pytest.param(0.875, 1.0, id="above")],
)
def test_false_failure_probability_without_spread_is_certain(threshold: float, expected: float) -> None:
    """Where all runs are the same, the gate passes always or never."""
    assert false_failure_probability([0.75, 0.75, 0.75], threshold=threshold, runs=5) == expected


def test_false_failure_probability_of_one_run_is_unknown() -> None:
    """A single reference run says nothing about chance."""
    assert math.isnan(false_failure_probability([0.9], threshold=0.8, runs=5))


@pytest.mark.parametrize(("runs", "expected"), [(7, 7), (42, 42), (100, 100), (101, 110), (102_440, 110_000)])
def test_round_up_keeps_two_digits(runs: int, expected: int) -> None:
    """Small numbers stay, large ones become the next of two digits and zeros."""
    assert round_up(runs) == expected


def test_sampling_interval_agrees_with_a_calculation_by_hand() -> None:
    """Wilson's interval of 8,899 right among 10,000."""
    # z = 1.959964: centre (p + z^2 / 2n) / (1 + z^2 / n) = 0.889750; half width
    # z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n) = 0.006136.
    interval = sampling_interval(0.8899, images=10_000)

    assert interval.low == pytest.approx(0.889750 - 0.006136, abs=2e-6)
    assert interval.high == pytest.approx(0.889750 + 0.006136, abs=2e-6)


@pytest.mark.parametrize(("count", "of"), [(0, 60), (1, 60), (96, 100_000), (59, 60), (60, 60)])
def test_count_interval_is_that_of_scipy(count: int, of: int) -> None:
    """The exact interval of a number of events is Clopper and Pearson's, with an end at 0 or 1 where all agree."""
    expected = stats.binomtest(count, of).proportion_ci(0.95, method="exact")

    found = count_interval(count, of=of)

    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
