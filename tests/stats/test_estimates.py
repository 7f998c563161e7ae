"""Differences, ratios, medians and fractions have the intervals that references and simulations give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from mnist_repro.stats.estimates import (
    bootstrap_mean,
    estimate_difference,
    estimate_median,
    estimate_paired_difference,
    estimate_ratio,
    estimate_share,
    runs_to_tell_share,
    share_interval,
)
from mnist_repro.stats.summary import Interval, summarize

SHARES = st.tuples(st.floats(0, 1), st.integers(2, 300), st.integers(2, 300))


def _generator() -> np.random.Generator:
    return np.random.default_rng(0)


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


def test_bootstrap_mean_agrees_with_students_interval_where_both_hold() -> None:
    """For many normal values the two intervals of the mean are the same to within a tenth of their width."""
    values = np.random.default_rng(1).normal(10, 2, size=400)
    students = summarize(values).mean_interval

    interval = bootstrap_mean(values, generator=_generator())

    assert interval.low == pytest.approx(students.low, abs=0.04)
    assert interval.high == pytest.approx(students.high, abs=0.04)


def test_bootstrap_mean_is_scipys() -> None:
    """The interval is that of SciPy's bias-corrected and accelerated bootstrap from the same draws."""
    values = np.random.default_rng(2).exponential(size=30)
    expected = stats.bootstrap((values,), np.mean, n_resamples=9_999, random_state=_generator()).confidence_interval

    interval = bootstrap_mean(values, generator=_generator())

    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_bootstrap_mean_same_seed_gives_the_same_interval() -> None:
    """Nothing is drawn but from the generator that is given."""
    values = np.random.default_rng(3).normal(size=20)

    assert bootstrap_mean(values, generator=_generator()) == bootstrap_mean(values, generator=_generator())


def test_bootstrap_mean_of_skewed_values_is_held_as_often_as_it_says() -> None:
    """Of 400 means of 40 skewed values, about 95 % lie in their own interval; the bootstrap errs somewhat below."""
    generator = np.random.default_rng(4)
    intervals = [bootstrap_mean(generator.exponential(size=40), generator=generator) for _ in range(400)]

    held = np.mean([interval.overlaps(1.0, 1.0) for interval in intervals])

    assert 0.90 <= held <= 0.98


@pytest.mark.parametrize("values", [[0.9], [0.9, 0.9, 0.9]], ids=["one value", "equal values"])
def test_bootstrap_mean_without_spread_is_unknown_or_a_point(values: list[float]) -> None:
    """One value has no standard deviation; that of equal ones is 0."""
    interval = bootstrap_mean(values, generator=_generator())

    assert math.isnan(interval.low) if len(values) == 1 else (interval.low, interval.high) == (0.9, 0.9)


def test_estimate_ratio_agrees_with_fiellers_theorem() -> None:
    """The interval of a ratio of means is near Fieller's (1954), which holds exactly for normal values."""
    generator = np.random.default_rng(5)
    above, below = generator.normal(30, 3, size=60), generator.normal(12, 1, size=60)
    # Fieller: (m1 - r m2)^2 = t^2 (v1 + r^2 v2) solved for r, with v the squared standard errors.
    (m1, m2), (v1, v2) = (above.mean(), below.mean()), (above.var(ddof=1) / 60, below.var(ddof=1) / 60)
    t = stats.t.ppf(0.975, 118)
    low, high = sorted(np.roots([m2**2 - t**2 * v2, -2 * m1 * m2, m1**2 - t**2 * v1]).real)

    ratio = estimate_ratio(above, below, generator=_generator())

    assert ratio.value == pytest.approx(m1 / m2)
    assert ratio.interval.low == pytest.approx(low, abs=0.01)
    assert ratio.interval.high == pytest.approx(high, abs=0.01)


def test_estimate_ratio_without_spread_is_a_point() -> None:
    """Times that are all the same have one ratio, and it is known."""
    ratio = estimate_ratio([3.0, 3.0], [2.0, 2.0], generator=_generator())

    assert (ratio.value, ratio.interval.low, ratio.interval.high) == (1.5, 1.5, 1.5)


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
def test_runs_to_tell_share_is_the_fewest_that_suffice(share: float) -> None:
    """With this number of runs of each one half lies outside, and with one fewer it does not."""
    needed = runs_to_tell_share(share, runs=2)

    assert needed is not None
    assert not share_interval(share, first=needed, second=needed).overlaps(0.5, 0.5)
    assert share_interval(share, first=needed - 1, second=needed - 1).overlaps(0.5, 0.5)


def test_runs_to_tell_share_of_one_half_are_none() -> None:
    """What holds in half of the pairs is decided by no number of runs."""
    assert runs_to_tell_share(0.5, runs=40) is None


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
