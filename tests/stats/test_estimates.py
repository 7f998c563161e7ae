"""Differences, ratios, medians and fractions have the intervals that references and simulations give."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from mnist_repro.stats.estimates import (
    estimate_difference,
    estimate_median,
    estimate_paired_difference,
    estimate_ratio,
    estimate_share,
    runs_to_tell_half,
    share_interval,
)
from mnist_repro.stats.summary import Interval, count_interval

SHARES = st.tuples(st.floats(0, 1), st.integers(2, 300), st.integers(2, 300))


def _of_pairs(share: float, runs: int) -> Interval:
    """Return the interval of a fraction of the pairs of as many runs of two kinds."""
    return share_interval(share, first=runs, second=runs)


def _of_runs(share: float, runs: int) -> Interval:
    """Return the interval of a fraction of runs."""
    return count_interval(share * runs, of=runs)


@pytest.mark.parametrize("sizes", [(2, 2), (5, 40), (30, 30)], ids=["two each", "few and many", "many"])
def test_estimate_difference_is_welchs(sizes: tuple[int, int]) -> None:
    """Difference and interval are those of SciPy's t-test of groups with different variances."""
    first = np.random.default_rng(3).normal(10, 2, size=sizes[0])
    second = np.random.default_rng(4).normal(9, 5, size=sizes[1])

    found = estimate_difference(first, second)

    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected))


def test_estimate_difference_without_spread_says_what_is_known() -> None:
    """Equal values leave no doubt, and a single one leaves all."""
    assert estimate_difference([2.0, 2.0], [1.0, 1.0, 1.0]).interval == Interval(1.0, 1.0)
    alone = estimate_difference([2.0], [1.0, 1.5])
    assert alone.value == 0.75
    assert math.isnan(alone.interval.low)
    assert math.isnan(alone.interval.high)


def test_estimate_ratio_ends_where_the_difference_is_just_significant() -> None:
    """At both ends r of the interval, Welch's test of the mean above and r times that below has a p-value near 5 %."""
    generator = np.random.default_rng(5)
    above, below = generator.normal(30, 3, size=60), generator.normal(12, 1, size=40)

    ratio = estimate_ratio(above, below)

    assert ratio.value == pytest.approx(above.mean() / below.mean())
    for end in (ratio.interval.low, ratio.interval.high):
        # The degrees of freedom are those at the ratio itself, which hardly differ.
        assert stats.ttest_ind(above, end * below, equal_var=False).pvalue == pytest.approx(0.05, abs=2e-4)


def test_estimate_ratio_true_ratio_is_held_as_often_as_it_says() -> None:
    """Of 1,000 ratios of means of skewed times, 95 % have the true one inside."""
    generator = np.random.default_rng(7)
    drawn = (1 + generator.exponential(size=(1_000, 2, 20)) / 4) * [[2.0], [1.0]]

    held = np.mean([estimate_ratio(above, below).interval.overlaps(2.0, 2.0) for above, below in drawn])

    assert held == pytest.approx(0.95, abs=0.02)


def test_estimate_ratio_without_spread_is_a_point() -> None:
    """Times that are all the same have one ratio, and it is known."""
    ratio = estimate_ratio([3.0, 3.0], [2.0, 2.0])

    assert (ratio.value, ratio.interval.low, ratio.interval.high) == (1.5, 1.5, 1.5)


@pytest.mark.parametrize("denominator", [[2.0], [-1.0, 4.0]], ids=["one value", "may be zero"])
def test_estimate_ratio_is_unknown_where_the_denominator_is(denominator: list[float]) -> None:
    """A single value has no error, and what may be divided by zero has no limit."""
    ratio = estimate_ratio([3.0, 3.5], denominator)

    assert math.isnan(ratio.interval.low)
    assert math.isnan(ratio.interval.high)


def test_estimate_share_counts_pairs_and_half_of_ties() -> None:
    """Of 3 x 2 pairs the first is greater in three, equal in two."""
    # 1 against 1, 2: half; 2 against 1, 2: one and a half; 3 against 1, 2: two. In all 4 of 6.
    assert estimate_share([1.0, 2.0, 3.0], [1.0, 2.0]).value == pytest.approx(4 / 6)


def test_estimate_share_interval_agrees_with_an_example_of_the_r_package_singlecasees() -> None:
    """Newcombe's interval of an example in that package's documentation, which prints 0.5973406 and 0.9860176."""
    # SingleCaseES::NAP(A_data = c(20, 20, 26, 25, 22, 23), B_data = c(28, 25, 24, 27, 30, 30, 29))
    share = estimate_share([28.0, 25, 24, 27, 30, 30, 29], [20.0, 20, 26, 25, 22, 23])

    assert share.value == pytest.approx(0.9166667, abs=1e-7)
    # That package solves for the ends to four digits.
    assert share.interval.low == pytest.approx(0.5973406, abs=5e-5)
    assert share.interval.high == pytest.approx(0.9860176, abs=5e-5)


def test_estimate_share_true_share_is_held_as_often_as_it_says() -> None:
    """Of 1,000 pairs of 20 normal values each, one a standard deviation higher, 95 % have the true fraction inside."""
    generator = np.random.default_rng(6)
    true = stats.norm.cdf(1 / math.sqrt(2))
    shares = [estimate_share(generator.normal(1, 1, 20), generator.normal(size=20)) for _ in range(1_000)]

    held = np.mean([share.interval.overlaps(true, true) for share in shares])

    assert held == pytest.approx(0.95, abs=0.025)


@given(SHARES)
def test_share_interval_holds_the_share_and_mirrors(drawn: tuple[float, int, int]) -> None:
    """The interval lies in 0..1, holds its fraction, and mirrors when the two kinds of runs are exchanged."""
    share, first, second = drawn

    interval = share_interval(share, first=first, second=second)
    mirrored = share_interval(1 - share, first=second, second=first)

    assert -1e-9 <= interval.low <= share + 1e-9
    assert share - 1e-9 <= interval.high <= 1 + 1e-9
    assert 1 - interval.low == pytest.approx(mirrored.high, abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["none", "all"])
def test_share_interval_where_all_pairs_agree_is_no_point(share: float) -> None:
    """Even where every pair agrees, few runs leave room for doubt, and more leave less."""
    few, many = (share_interval(share, first=n, second=n) for n in (4, 40))

    assert few.high - few.low > many.high - many.low > 0.01


def test_share_interval_of_one_run_is_unknown() -> None:
    """A single run of either kind says nothing."""
    assert math.isnan(share_interval(1.0, first=1, second=40).low)


@pytest.mark.parametrize("share", [0.55, 0.4, 0.7], ids=str)
@pytest.mark.parametrize("kind", [_of_pairs, _of_runs])
def test_runs_to_tell_half_is_the_fewest_that_suffice(share: float, kind: Callable[[float, int], Interval]) -> None:
    """With this number of runs one half lies outside, and with one fewer it does not."""
    needed = runs_to_tell_half(partial(kind, share), runs=2)

    assert needed is not None
    assert not kind(share, needed).overlaps(0.5, 0.5)
    assert kind(share, needed - 1).overlaps(0.5, 0.5)


@pytest.mark.parametrize("kind", [_of_pairs, _of_runs])
def test_runs_to_tell_half_of_one_half_are_none(kind: Callable[[float, int], Interval]) -> None:
    """What holds in half of all is decided by no number of runs."""
    assert runs_to_tell_half(partial(kind, 0.5), runs=40) is None


def test_estimate_median_of_nine_values_reaches_from_the_second_to_the_eighth() -> None:
    """The smallest and the largest of nine are excluded: ranks 2 and 8 hold the median with 1 - 2 * (1 + 9) / 2**9."""
    estimate = estimate_median([9, -1000, 3, 2, 5, 4, 7, 1000, 6])

    assert 1 - 2 * (1 + 9) / 2**9 > 0.95
    assert (estimate.value, estimate.interval.low, estimate.interval.high) == (5, 2, 9)


def test_estimate_median_of_six_values_reaches_over_all() -> None:
    """All six are needed: ranks 1 and 6 hold the median with 1 - 2 / 2**6, which is 97 %."""
    estimate = estimate_median([6, 1, 3, 2, 5, 4])

    assert (estimate.value, estimate.interval.low, estimate.interval.high) == (3.5, 1, 6)


@pytest.mark.parametrize("count", range(1, 6))
def test_estimate_median_of_few_values_has_no_interval(count: int) -> None:
    """Even all five of five hold the median with no more than 94 %: the interval is unknown."""
    estimate = estimate_median(np.arange(count))

    assert estimate.value == (count - 1) / 2
    assert math.isnan(estimate.interval.low)
    assert math.isnan(estimate.interval.high)


@pytest.mark.parametrize("count", [6, 7, 9, 24, 25, 61])
def test_estimate_median_interval_is_that_of_scipy(count: int) -> None:
    """The ends are those that SciPy's test of a quantile gives."""
    values = np.random.default_rng(count).exponential(size=count)

    found = estimate_median(values).interval

    expected = stats.quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    assert (found.low, found.high) == (expected.low, expected.high)


def test_estimate_median_interval_holds_the_median_as_often_as_it_says() -> None:
    """Of 2,000 samples of nine skewed values, 96 % have the true median in their intervals."""
    samples = np.random.default_rng(3).exponential(size=(2000, 9))

    intervals = [estimate_median(sample).interval for sample in samples]

    held = np.mean([interval.low <= math.log(2) <= interval.high for interval in intervals])
    assert held == pytest.approx(1 - 2 * (1 + 9) / 2**9, abs=0.013)  # three standard errors


def test_estimate_paired_difference_is_that_of_scipy() -> None:
    """Mean and interval are those of SciPy's t-test of pairs; one pair has no interval."""
    generator = np.random.default_rng(20_180_903)
    luck = 2.0 * generator.normal(size=12)
    new, other = luck + generator.normal(size=12) + 0.3, luck + generator.normal(size=12)

    found = estimate_paired_difference(new, other)

    golden = stats.ttest_rel(new, other).confidence_interval(0.95)
    assert found.value == pytest.approx(np.mean(new) - np.mean(other))
    assert (found.interval.low, found.interval.high) == pytest.approx((golden.low, golden.high))
    assert np.isnan(estimate_paired_difference([1.0], [2.0]).interval.low)
