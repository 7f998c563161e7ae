"""Permutation tests: SciPy's are the golden source, and what must hold of any data is tried on any data."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from mnist_repro.stats.permutation import (
    PERMUTATIONS,
    PermutationTests,
    Splits,
    draw_splits,
    draw_subsets,
    permutation_p_value,
    smallest_p,
)

SEED = 20_180_902


def draw_groups(seed: int, *, new: int, baseline: int, points: int, shift: float = 0.0) -> tuple[np.ndarray, ...]:
    """Return two groups of curves whose points depend on each other, the new one moved by `shift`."""
    generator = np.random.default_rng(seed)
    curves = np.cumsum(generator.normal(size=(new + baseline, points)), axis=1)
    return curves[:new] + shift, curves[new:]


def largest_t(new: np.ndarray, old: np.ndarray, *, axis: int = 0) -> float:
    """Return the largest difference of the means in units of the standard deviation pooled over both groups."""
    del axis
    squares = (new.var(axis=0) * len(new) + old.var(axis=0) * len(old)) / (len(new) + len(old) - 2)
    return float(np.max(np.abs(new.mean(axis=0) - old.mean(axis=0)) / np.sqrt(squares)))


def p_by_scipy(new: np.ndarray, old: np.ndarray) -> float:
    """Return the exact p-value of the largest t statistic: SciPy lists all splits of the runs' numbers."""
    runs = np.vstack([new, old])

    def statistic(chosen: np.ndarray, rest: np.ndarray) -> float:
        return largest_t(runs[chosen.astype(int)], runs[rest.astype(int)])

    places = np.arange(len(runs), dtype=float)
    result = stats.permutation_test(
        (places[: len(new)], places[len(new) :]),
        statistic,
        permutation_type="independent",
        vectorized=False,
        alternative="greater",
        n_resamples=np.inf,
    )
    return float(result.pvalue)


@pytest.mark.parametrize("points", [1, 4], ids=["single figure", "curve"])
@pytest.mark.parametrize("sizes", [(2, 7), (4, 4), (5, 3)], ids=["few new", "equal", "few old"])
@pytest.mark.parametrize("shift", [0.0, 1.5], ids=["alike", "moved"])
def test_permutation_p_value_all_splits_is_scipys(points: int, sizes: tuple[int, int], shift: float) -> None:
    """Where all splits are listed the p-value is that of scipy.stats.permutation_test, with the pooled t statistic."""
    new, old = draw_groups(SEED, new=sizes[0], baseline=sizes[1], points=points, shift=shift)

    p = permutation_p_value(new, old, generator=np.random.default_rng(0))

    assert p == pytest.approx(p_by_scipy(new, old), abs=1e-12)


def test_permutation_p_value_random_splits_is_near_the_exact_one() -> None:
    """A thousand random splits give the exact p-value within four standard errors, and never 0."""
    new, old = draw_groups(SEED, new=5, baseline=9, points=3, shift=1.0)
    exact = permutation_p_value(new, old, generator=np.random.default_rng(0))
    assert 0.01 < exact < 0.9

    p = permutation_p_value(new, old, generator=np.random.default_rng(1), permutations=1_000)

    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 1_000))


def test_permutation_p_value_random_splits_counts_the_split_at_hand() -> None:
    """Groups far apart have the smallest p-value of random splits: 1 / (permutations + 1), as Phipson and Smyth say."""
    new, old = draw_groups(SEED, new=10, baseline=20, points=2, shift=1_000.0)

    assert permutation_p_value(new, old, generator=np.random.default_rng(0), permutations=999) == 1 / 1_000


def test_permutation_p_value_by_hand() -> None:
    """Of the six ways to take two of 1, 2, 3, 10 two have means as far apart as {3, 10} and {1, 2}."""
    new, old = [[3.0], [10.0]], [[1.0], [2.0]]

    assert permutation_p_value(new, old, generator=np.random.default_rng(0)) == pytest.approx(2 / 6)


def test_permutation_p_value_ties_count_against_rejection() -> None:
    """Splits that give the same difference but for rounding are all as far out as the one at hand."""
    # In binary, 0.1 + 0.2 is not 0.3: four runs are one number twice, but for the last digit.
    new, old = [[0.1 + 0.2], [0.5]], [[0.3], [0.1], [0.1], [0.1]]

    p = permutation_p_value(new, old, generator=np.random.default_rng(0))

    assert p == pytest.approx(2 / comb(6, 2))


def test_permutation_p_value_runs_all_equal_is_one() -> None:
    """Equal runs show no difference, also where their mean is rounded."""
    assert permutation_p_value([[0.1]] * 3, [[0.1]] * 7, generator=np.random.default_rng(0)) == 1.0


def test_permutation_p_value_no_spread_within_groups_is_the_smallest() -> None:
    """Where runs differ between the groups alone, no other split is as far out."""
    assert permutation_p_value([[1.0]] * 3, [[2.0]] * 7, generator=np.random.default_rng(0)) == 1 / comb(10, 3)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        pytest.param([[1.0]], np.empty((0, 1)), id="empty group"),
        pytest.param([[1.0]], [[1.0, 2.0]], id="other points"),
        pytest.param([1.0, 2.0], [3.0, 4.0], id="no points"),
        pytest.param([[1.0]], [[np.nan], [2.0]], id="nan"),
        pytest.param([[np.inf]], [[1.0], [2.0]], id="infinite"),
    ],
)
def test_permutation_p_value_bad_groups_are_refused(new: object, old: object) -> None:
    """What has no p-value raises, and never gives a number."""
    with pytest.raises(ValueError, match="received"):
        permutation_p_value(new, old, generator=np.random.default_rng(0))  # type: ignore[arg-type]


VALUES = st.lists(st.integers(-4, 4), min_size=5, max_size=9)


@settings(max_examples=60)
@given(values=VALUES, new=st.integers(1, 4), scale=st.sampled_from([1e-6, 0.1, 3.0, 1e9]), move=st.integers(-5, 5))
def test_permutation_p_value_any_data_keeps_what_must_hold(
    values: list[int], new: int, scale: float, move: int
) -> None:
    """A p-value is in [smallest, 1], and the same after a change of unit and of the order within groups."""
    runs = np.array(values, dtype=float)[:, None]
    p = permutation_p_value(runs[:new], runs[new:], generator=np.random.default_rng(0))

    other = runs * scale + move * scale
    again = permutation_p_value(other[:new][::-1], other[new:][::-1], generator=np.random.default_rng(0))

    assert smallest_p(new, len(values) - new) <= p <= 1
    assert again == p


@pytest.mark.parametrize("shape", ["normal", "skewed", "discrete"])
def test_permutation_p_values_true_hypothesis_errs_no_more_than_said(shape: str) -> None:
    """Over 2,000 splits of the same runs the fraction with p <= 0.05 is at most 0.05 within four standard errors."""
    generator = np.random.default_rng(SEED)
    runs = {
        "normal": generator.normal(size=(24, 3)),
        "skewed": generator.exponential(size=(24, 3)) ** 2,
        "discrete": generator.integers(0, 3, (24, 3)).astype(float),
    }[shape]
    tests = PermutationTests(runs, widths=[2, 1], splits=draw_splits(8, 16, generator=generator, permutations=9_999))

    members = draw_subsets(2_000, 24, 8, generator=generator)
    share, joint = (np.mean(p <= 0.05, axis=0) for p in (tests.p_values(members), tests.joint_p_values(members)))

    error = 4 * np.sqrt(0.05 * 0.95 / 2_000)
    assert (share <= 0.05 + error).all()
    assert np.mean((tests.joint_p_values(members) <= 0.05).any(axis=1)) <= 0.05 + error
    assert (joint <= share).all()


def test_permutation_tests_quantities_side_by_side_are_those_alone() -> None:
    """Each quantity's p-value is what it would be by itself with the same splits."""
    new, old = draw_groups(SEED, new=4, baseline=8, points=5, shift=1.0)
    splits = draw_splits(4, 8, generator=np.random.default_rng(0))
    pooled, at_hand = np.vstack([new, old]), [np.arange(12) < 4]

    together = PermutationTests(pooled, widths=[3, 1, 1], splits=splits).p_values(at_hand)[0]

    alone = [
        permutation_p_value(new[:, part], old[:, part], generator=np.random.default_rng(0))
        for part in (slice(0, 3), slice(3, 4), slice(4, 5))
    ]
    assert together.tolist() == alone


def test_permutation_tests_joint_p_of_the_largest_is_that_of_all_as_one() -> None:
    """The smallest joint p-value is that of all points as one curve; none is below the quantity's own."""
    new, old = draw_groups(SEED, new=4, baseline=8, points=5, shift=1.0)
    splits = draw_splits(4, 8, generator=np.random.default_rng(0))
    pooled, at_hand = np.vstack([new, old]), [np.arange(12) < 4]
    tests = PermutationTests(pooled, widths=[3, 1, 1], splits=splits)

    joint = tests.joint_p_values(at_hand)[0]

    assert joint.min() == permutation_p_value(new, old, generator=np.random.default_rng(0))
    assert (joint >= tests.p_values(at_hand)[0]).all()


def test_permutation_tests_wrong_widths_or_splits_are_refused() -> None:
    """Quantities that do not cover the points, and splits of other runs, raise."""
    splits = draw_splits(1, 2, generator=np.random.default_rng(0))
    with pytest.raises(ValueError, match="widths"):
        PermutationTests(np.zeros((3, 2)), widths=[1], splits=splits)
    with pytest.raises(ValueError, match="Splits are of the runs at hand: 4"):
        PermutationTests(np.zeros((4, 1)), widths=[1], splits=splits)


@pytest.mark.parametrize(
    ("new", "baseline", "expected"),
    [
        pytest.param(4, 36, 1 / 91_390, id="all splits"),
        pytest.param(40, 160, 1 / 100_000, id="random splits"),
        pytest.param(5, 5, 2 / 252, id="equal groups"),
        pytest.param(0, 36, 1.0, id="nothing new"),
        pytest.param(4, 0, 1.0, id="no baseline"),
    ],
)
def test_smallest_p_is_that_of_groups_wholly_apart(new: int, baseline: int, expected: float) -> None:
    """It is 1 / splits, twice that between equal groups, 1e-5 for random splits, and 1 with an empty group."""
    assert smallest_p(new, baseline) == pytest.approx(expected)


def test_draw_splits_lists_each_split_once() -> None:
    """All C(7, 3) splits are there, each once, as they are no more than the permutations."""
    splits = draw_splits(3, 4, generator=np.random.default_rng(0), permutations=comb(7, 3))

    assert splits.exact
    assert splits.members.shape == (35, 7)
    assert len(np.unique(splits.members, axis=0)) == 35
    assert set(splits.members.sum(axis=1)) == {3}


def test_draw_splits_random_are_equally_probable() -> None:
    """Where there are more splits than permutations each run is as often new as any other, and the seed decides."""
    first, again = (draw_splits(10, 30, generator=np.random.default_rng(5)) for _ in range(2))

    assert not first.exact
    assert first.members.shape == (PERMUTATIONS, 40)
    assert set(first.members.sum(axis=1)) == {10}
    # Binomial: four standard errors of a fraction of 1 / 4.
    assert np.abs(first.members.mean(axis=0) - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / PERMUTATIONS)
    assert np.array_equal(first.members, again.members)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)], ids=["nothing new", "no baseline"])
def test_draw_splits_empty_group_is_refused(sizes: tuple[int, int]) -> None:
    """Nothing is split into something and nothing."""
    with pytest.raises(ValueError, match="at least one run"):
        draw_splits(*sizes, generator=np.random.default_rng(0))


def test_splits_hold_what_they_are_given() -> None:
    """A split can be made by hand."""
    members = np.array([[True, False, False]])
    tests = PermutationTests([[1.0], [2.0], [3.0]], widths=[1], splits=Splits(members=members, exact=True))

    assert tests.p_values(members)[0, 0] == 1.0
