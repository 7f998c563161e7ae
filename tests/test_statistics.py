"""Tests of `mnist_repro.statistics`."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from mnist_repro.statistics import (
    Interval,
    adjust_holm,
    detectable_difference,
    false_failure_probability,
    rank_curve,
    runs_to_reject,
    runs_to_separate,
    sampling_interval,
    summarize,
)

VALUES = [0.8899, 0.8842, 0.8917, 0.8871, 0.8835]
FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def test_summarize_known_values_agree_with_a_calculation_by_hand() -> None:
    """Mean, spread and prediction interval are those of a calculation with tabulated t."""
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


def test_summarize_two_values_have_a_spread() -> None:
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


def test_summarize_one_value_has_unknown_spread() -> None:
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

    # The estimate takes into account that mean and spread are known from ten runs alone: it is the larger.
    assert failed < said < 3 * failed


def test_false_failure_probability_is_students_distribution() -> None:
    """One number by hand: the threshold lies one scale below the mean of three runs, with two degrees of freedom."""
    # Mean 1, s 1, gate on three runs: scale sqrt(1/3 + 1/3). P(t(2) < -1) = 1/2 - 1 / (2 sqrt(3)) = 0.211325.
    threshold = 1 - math.sqrt(2 / 3)

    assert false_failure_probability([0.0, 1.0, 2.0], threshold=threshold, runs=3) == pytest.approx(0.211325, abs=1e-6)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        pytest.param(0.5, 0.0, id="below"),
        pytest.param(0.75, 0.0, id="the same"),
        pytest.param(0.875, 1.0, id="above"),
    ],
)
def test_false_failure_probability_without_spread_is_certain(threshold: float, expected: float) -> None:
    """Where all runs are the same, the gate passes always or never."""
    assert false_failure_probability([0.75, 0.75, 0.75], threshold=threshold, runs=5) == expected


def test_false_failure_probability_of_one_run_is_unknown() -> None:
    """A single reference run says nothing about chance."""
    assert math.isnan(false_failure_probability([0.9], threshold=0.8, runs=5))


RANKED = st.integers(2, 30).flatmap(
    lambda runs: st.tuples(
        st.lists(st.integers(-50, 50), min_size=runs, max_size=runs), st.integers(-60, 60), st.permutations(range(runs))
    )
)


@pytest.mark.parametrize(
    ("reported", "values", "expected"),
    [
        # Distances from the mean of all: of 1, 2, 3 and 10 (mean 4) they are 3, 2, 1 and 6.
        pytest.param(10.0, [1.0, 2.0, 3.0], 1 / 4, id="the farthest"),
        pytest.param(-10.0, [-1.0, -2.0, -3.0], 1 / 4, id="the farthest below"),
        pytest.param(10.0, [1.0, 2.0], 1 / 3, id="the farthest of the fewest"),
        pytest.param(10.0, [0.5, 4.5], 1 / 3, id="the farthest by little"),
        pytest.param(3.0, [1.0, 2.0, 10.0], 4 / 4, id="the nearest"),
        pytest.param(1.0, [2.0, 3.0, 10.0], 2 / 4, id="the second"),
        pytest.param(1e-4, [2e-4, 3e-4, 1e-3], 2 / 4, id="the second of small numbers"),
        pytest.param(1.0, [3.0, 2.0, 2.0, 2.0], 2 / 5, id="a tie counts as equally far"),
        pytest.param(2.0, [2.0, 2.0, 2.0], 1.0, id="all the same"),
        pytest.param(2.1, [2.0, 2.0, 2.0], 1 / 4, id="off from runs without spread"),
        *(
            pytest.param(off, [0.1] * runs, 1 / (runs + 1), id=f"{off - 0.1:+.1f} off from {runs} runs without spread")
            for off in (0.0, 0.2, 0.7)
            for runs in (5, 6, 7)
        ),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_rank_curve_single_number_agrees_with_counting_by_hand(
    reported: float, values: list[float], expected: float
) -> None:
    """The p-value is the share of numbers at least as far from the rest as the reported one; spread or not."""
    assert rank_curve([reported], np.array(values)[:, None]) == pytest.approx(expected)


@given(RANKED)
def test_rank_curve_does_not_depend_on_units_or_order(drawn: tuple[list[int], int, list[int]]) -> None:
    """The p-value is a multiple of 1 / (n + 1), and the same for shuffled, scaled and shifted runs."""
    values, reported, order = drawn
    runs = np.array(values, dtype=float)[:, None]

    p = rank_curve([reported], runs)

    assert p * (len(values) + 1) == pytest.approx(round(p * (len(values) + 1)))
    assert 1 / (len(values) + 1) - 1e-12 <= p <= 1
    assert rank_curve([reported], runs[order]) == p
    assert rank_curve([-0.37 * reported + 11], -0.37 * runs + 11) == p


@pytest.mark.parametrize("n", [19, 20, 40, 200])
@pytest.mark.parametrize("points", [1, 10])
@pytest.mark.parametrize("kind", ["normal", "skewed", "discrete with ties"])
def test_rank_curve_true_documents_are_rejected_no_more_often_than_it_says(n: int, points: int, kind: str) -> None:
    """Of 2,000 documents drawn as our runs are, at most 5 % have p <= 0.05, within Monte-Carlo error."""
    generator = np.random.default_rng([n, points, len(kind)])
    draws = generator.normal(size=(2_000, n + 1, points)).cumsum(axis=2)
    if kind == "skewed":
        draws = np.exp(draws / np.sqrt(points))
    elif kind == "discrete with ties":
        draws = np.round(draws)

    rejected = np.mean([rank_curve(draw[0], draw[1:]) <= 0.05 for draw in draws])

    assert rejected <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2_000)


# Share of normal documents with p <= 0.05 that are shifted by 0, 1 ... 5 standard deviations at every point: by number
# of points, each with noise of its own, and number of runs. From 20,000 documents for each row; the first number of a
# row is 1 / (runs + 1) times as many ranks as 5 % allow.
POWER = {
    (1, 19): (0.050, 0.142, 0.426, 0.756, 0.940, 0.991),
    (1, 20): (0.048, 0.144, 0.427, 0.753, 0.941, 0.992),
    (1, 40): (0.049, 0.152, 0.469, 0.804, 0.964, 0.997),
    (1, 200): (0.050, 0.165, 0.503, 0.841, 0.976, 0.999),
    (10, 19): (0.050, 0.229, 0.766, 0.989, 1.000, 1.000),
    (10, 20): (0.048, 0.233, 0.768, 0.987, 1.000, 1.000),
    (10, 40): (0.049, 0.266, 0.844, 0.998, 1.000, 1.000),
    (10, 200): (0.050, 0.304, 0.894, 0.999, 1.000, 1.000),
}


@pytest.mark.parametrize(("points", "n"), POWER, ids=str)
def test_rank_curve_power_grows_with_the_shift_as_tabulated(points: int, n: int) -> None:
    """Of 1,000 shifted documents as many are found as the table says, the more the farther they are."""
    generator = np.random.default_rng([5, n, points])
    runs = generator.normal(size=(1_000, n, points))
    documents = generator.normal(size=(1_000, points))

    found = [
        np.mean([rank_curve(d + shift, r) <= 0.05 for d, r in zip(documents, runs, strict=True)]) for shift in range(6)
    ]

    assert found == sorted(found)
    assert found == pytest.approx(POWER[points, n], abs=3.5 * math.sqrt(0.25 / 1_000))


def test_rank_curve_one_point_off_is_found_in_a_curve() -> None:
    """A curve that leaves ours at one point alone has the smallest p-value."""
    runs = np.random.default_rng(2).normal(size=(40, 10))
    document = np.zeros(10)
    document[6] = 6.0

    assert rank_curve(document, runs) == pytest.approx(1 / 41)


def test_rank_curve_each_point_counts_by_its_own_spread() -> None:
    """A point of small numbers tells as much as one of large ones, and one where all agree tells nothing."""
    runs = np.random.default_rng(2).normal(size=(40, 2)) * [1, 1e6]

    assert rank_curve([6.0, 0.0], runs) == pytest.approx(1 / 41)
    # The second of four, as without the first point.
    assert rank_curve([5.0, 1.0], [[5.0, 2.0], [5.0, 3.0], [5.0, 10.0]]) == 2 / 4


def test_rank_curve_one_run_is_unknown() -> None:
    """Among a single run nothing can be ranked."""
    assert math.isnan(rank_curve([1.0], [[1.0]]))


@pytest.mark.parametrize(
    ("reported", "curves", "shapes"),
    [
        pytest.param([1.0], [[1.0, 2.0]] * 3, "(3, 2) and (1,)", id="other number of points"),
        pytest.param([], np.empty((3, 0)), "(3, 0) and (0,)", id="no points"),
        pytest.param([], [1.0, 2.0], "(2,) and (0,)", id="runs without points"),
        pytest.param([[1.0]], [[[1.0]]] * 3, "(3, 1, 1) and (1, 1)", id="a table for a curve"),
    ],
)
def test_rank_curve_other_shapes_are_refused(reported: list[Any], curves: list[Any], shapes: str) -> None:
    """Curves of another length, and what is no curve, raise an error with both shapes."""
    with pytest.raises(ValueError, match="runs by points") as caught:
        rank_curve(reported, curves)

    assert str(caught.value) == (f"Curves are runs by points, with as many points as reported; received {shapes}.")


@pytest.mark.parametrize(
    ("reported", "curves"),
    [
        pytest.param([math.nan], [[1.0]] * 3, id="reported not a number"),
        pytest.param([1.0], [[1.0], [math.inf], [2.0]], id="a run infinite"),
    ],
)
def test_rank_curve_numbers_that_are_not_finite_are_refused(reported: list[float], curves: list[list[float]]) -> None:
    """Nothing is ranked unless every number is finite."""
    with pytest.raises(ValueError, match=r"^Curves are finite; received a value that is not\.$"):
        rank_curve(reported, curves)


def test_adjust_holm_agrees_with_the_paper_by_hand() -> None:
    """The smallest p-value is multiplied by the number of tests, the next by one less, and so on; none falls again."""
    # Sorted 0.01, 0.02, 0.03, 0.5 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.5.
    assert adjust_holm([0.5, 0.01, 0.03, 0.02]) == pytest.approx([0.5, 0.04, 0.06, 0.06])


def test_adjust_holm_is_at_most_one() -> None:
    """No adjusted p-value exceeds 1."""
    assert adjust_holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("tests", "expected"), [(1, 19), (2, 39), (12, 239)])
def test_runs_to_reject_is_the_fewest_that_suffice(tests: int, expected: int) -> None:
    """With so many runs the smallest adjusted p-value is significant, and with one fewer it is not."""
    assert runs_to_reject(tests=tests) == expected
    assert tests / (expected + 1) <= 0.05 + 1e-12 < tests / expected


def test_detectable_difference_is_detected_with_its_power() -> None:
    """A number so far from the mean lies outside the prediction interval in about 80 % of studies."""
    generator = np.random.default_rng(3)
    difference = detectable_difference(summarize(generator.normal(size=100_000)))
    found = []
    for runs in generator.normal(size=(2_000, 200)):
        reported = difference + generator.normal()
        found.append(not summarize(runs).prediction_interval.overlaps(reported, reported))

    assert np.mean(found) == pytest.approx(0.8, abs=0.04)


def test_detectable_difference_agrees_with_a_calculation_by_hand() -> None:
    """Two runs, the fewest that can detect anything; one can detect nothing."""
    # s = sqrt(2), t(0.975; 1) = 12.7062, z(0.8) = 0.84162: (12.7062 + 0.84162) * s * sqrt(3 / 2) = 23.4655.
    assert detectable_difference(summarize([1.0, 3.0])) == pytest.approx(23.4655, abs=1e-4)
    assert math.isnan(detectable_difference(summarize([1.0])))


def test_runs_to_separate_agrees_with_a_calculation_by_hand() -> None:
    """Five runs whose spread is known, and a distance that their mean's interval does not leave alone."""
    # s = 0.00354288, t(0.975; 4) = 2.776: (2.776 * 0.00354288 / 0.002)^2 = 24.18.
    assert runs_to_separate(summarize(VALUES), distance=0.002) == 25
    # The fewest that have a spread: (12.7062 * sqrt(2) / 10)^2 = 3.23.
    assert runs_to_separate(summarize([1.0, 3.0]), distance=10.0) == 4


def test_runs_to_separate_is_more_than_there_are() -> None:
    """Who asks has not enough yet, even where the formula says so."""
    assert runs_to_separate(summarize(VALUES), distance=1.0) == 6


@pytest.mark.parametrize(
    ("values", "distance"),
    [
        pytest.param([0.9], 0.1, id="one run"),
        pytest.param(VALUES, 0.0, id="no distance"),
        pytest.param(VALUES, math.nan, id="unknown distance"),
    ],
)
def test_runs_to_separate_what_no_number_separates_is_none(values: list[float], distance: float) -> None:
    """Where the spread is unknown, or the mean lies on the end itself, no number is named."""
    assert runs_to_separate(summarize(values), distance=distance) is None


def test_sampling_interval_agrees_with_a_calculation_by_hand() -> None:
    """Wilson's interval of 8,899 right among 10,000."""
    # z = 1.959964: centre (p + z^2 / 2n) / (1 + z^2 / n) = 0.889750; half width
    # z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n) = 0.006136.
    interval = sampling_interval(0.8899, images=10_000)

    assert interval.low == pytest.approx(0.889750 - 0.006136, abs=2e-6)
    assert interval.high == pytest.approx(0.889750 + 0.006136, abs=2e-6)
