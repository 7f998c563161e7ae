"""A curve is ranked among curves exactly, and no more true ones are rejected than is said."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from mnist_repro.stats.ranks import adjust_holm, rank_curve, runs_to_reject

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
    """The p-value is the fraction of numbers at least as far from the rest as the reported one; ties count."""
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


# Fraction of normal documents, shifted by 0, 1 ... 5 standard deviations at every point, with p <= 0.05: by number of
# points, each with noise of its own, and number of runs. From 20,000 documents for each row; the first number of a
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
    """A point of small numbers counts as much as one of large ones, and one where all agree counts nothing."""
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
    """With this number of runs the smallest adjusted p-value is significant, and with one fewer it is not."""
    assert runs_to_reject(tests=tests) == expected
    assert tests / (expected + 1) <= 0.05 + 1e-12 < tests / expected
