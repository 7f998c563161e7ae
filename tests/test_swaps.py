"""Pairs of runs with the same seed: SciPy's are the golden source, and what must hold of any data is tried on any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from mnist_repro.swaps import draw_swaps, estimate_paired_difference, smallest_paired_p
from mnist_repro.two_samples import PERMUTATIONS, PermutationTests, Splits

SEED = 20_180_903


def draw_pairs(pairs: int, *, shift: float, alike: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the new and the other run of each pair, which share a part of their luck, the new one moved by `shift`."""
    generator = np.random.default_rng([SEED, pairs])
    luck = alike * generator.normal(size=pairs)
    return luck + generator.normal(size=pairs) + shift, luck + generator.normal(size=pairs)


def p_of(new: np.ndarray, other: np.ndarray, splits: Splits) -> float:
    """Return the p-value of the swaps at hand."""
    runs = np.concatenate([new, other])
    tests = PermutationTests(runs[:, None], widths=[1], splits=splits)
    return float(tests.p_values([np.arange(len(runs)) < len(new)])[0, 0])


@pytest.mark.parametrize("pairs", [2, 4, 9], ids=["two pairs", "four", "nine"])
@pytest.mark.parametrize("shift", [0.0, 1.5], ids=["alike", "moved"])
def test_swaps_give_the_p_value_of_scipy(pairs: int, shift: float) -> None:
    """The exact p-value is that of SciPy's permutation test of paired samples."""
    new, other = draw_pairs(pairs, shift=shift, alike=3.0)

    golden = stats.permutation_test(
        (new, other),
        lambda x, y: abs(np.mean(x - y)),
        permutation_type="samples",
        vectorized=False,
        alternative="greater",
        n_resamples=np.inf,
    )

    assert p_of(new, other, draw_swaps(pairs, generator=np.random.default_rng(0))) == pytest.approx(golden.pvalue)


@pytest.mark.parametrize("pairs", [1, 2, 5, 16, 17, 40])
def test_smallest_paired_p_is_that_of_groups_apart(pairs: int) -> None:
    """No pairs can give a smaller p-value than those in which every new run lies far above the other."""
    new, other = draw_pairs(pairs, shift=1_000.0, alike=0.0)

    p = p_of(new, other, draw_swaps(pairs, generator=np.random.default_rng(SEED)))

    assert p == smallest_paired_p(pairs)


def test_smallest_paired_p_is_what_was_calculated_by_hand() -> None:
    """Of two swaps of one pair both are as far out; of 2**16 two are; more are drawn, and one is counted."""
    assert smallest_paired_p(0) == 1
    assert smallest_paired_p(1) == 1
    assert smallest_paired_p(5) == 2 / 32
    assert smallest_paired_p(16) == 2 / 65_536
    assert smallest_paired_p(17) == 1 / (PERMUTATIONS + 1)


@given(pairs=st.integers(1, 20), seed=st.integers(0, 100))
@settings(max_examples=30)
def test_draw_swaps_takes_one_run_of_each_pair(pairs: int, seed: int) -> None:
    """In every way each pair has one run in the new group, and all ways are listed where there are few."""
    splits = draw_swaps(pairs, generator=np.random.default_rng(seed), permutations=300)

    first, second = splits.members[:, :pairs], splits.members[:, pairs:]
    assert (first ^ second).all()
    assert splits.exact == (2**pairs <= 300)
    assert len(splits.members) == (2**pairs if splits.exact else 300)
    assert not splits.exact or len(np.unique(splits.members, axis=0)) == 2**pairs


def test_draw_swaps_without_a_pair_is_refused() -> None:
    """Nothing cannot be swapped."""
    with pytest.raises(ValueError, match="at least one; received 0"):
        draw_swaps(0, generator=np.random.default_rng(0))


def test_pairs_find_what_two_groups_cannot() -> None:
    """A small shift of runs that share their luck is found in pairs; equal runs differ in nothing."""
    new, other = draw_pairs(20, shift=1.5, alike=100.0)
    swaps = draw_swaps(20, generator=np.random.default_rng(SEED))

    assert p_of(new, other, swaps) < 0.01
    assert stats.ttest_ind(new, other).pvalue > 0.5
    assert p_of(other, other, swaps) == 1


def test_estimate_paired_difference_is_that_of_scipy() -> None:
    """Mean and interval are those of SciPy's t-test of pairs; one pair has no interval."""
    new, other = draw_pairs(12, shift=0.3, alike=2.0)

    found = estimate_paired_difference(new, other)

    golden = stats.ttest_rel(new, other).confidence_interval(0.95)
    assert found.value == pytest.approx(np.mean(new) - np.mean(other))
    assert (found.interval.low, found.interval.high) == pytest.approx((golden.low, golden.high))
    assert np.isnan(estimate_paired_difference([1.0], [2.0]).interval.low)
