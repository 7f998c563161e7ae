"""A run has its exact place among others, and no more true ones are refuted than is said."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from largest_distance import rank_curve
from reference_judgement import find_distances

from mnist_repro.stats.places import adjust_exactly, count_as_far, measure_distances, step_down

# A curve of four points and two single values.
FAMILIES = np.array([0, 0, 0, 0, 1, 2])
WHOLE = st.integers(-20, 20)


@given(st.lists(WHOLE, min_size=2, max_size=30), WHOLE)
def test_count_as_far_of_single_numbers_is_their_rank(ours: list[int], reported: int) -> None:
    """The place of one number is that by its distance from the mean of the others; ties count."""
    values = np.array([reported, *ours], dtype=float)[:, None]

    place = count_as_far(measure_distances(values, [0]))

    assert place == round((len(ours) + 1) * rank_curve([reported], values[1:]))


@given(
    st.lists(st.lists(WHOLE, min_size=6, max_size=6), min_size=3, max_size=12),
    st.integers(0, 100).flatmap(lambda seed: st.just(np.random.default_rng(seed))),
)
def test_measure_distances_agrees_with_leaving_out(rows: list[list[int]], generator: np.random.Generator) -> None:
    """Distances are those of leaving each run out in turn, and do not depend on order, units or signs."""
    values = np.array(rows, dtype=float)
    order = generator.permutation(len(rows))
    scale, shift = generator.uniform(-2, 2, size=(2, 6))
    expected = find_distances([[row[:4], row[4:5], row[5:]] for row in values.tolist()])

    found = measure_distances(values, FAMILIES)

    assert found == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)
    assert measure_distances((values * scale + shift)[order], FAMILIES) == pytest.approx(
        found[order], rel=1e-6, abs=1e-6
    )


def test_measure_distances_run_that_alone_differs_lies_as_far_off_as_it_says() -> None:
    """Where all others agree at one point of a curve, the reference and the function put the run equally far off."""
    rows = np.random.default_rng(8).integers(-20, 20, size=(12, 6)).astype(float)
    rows[:, 0] = [1.0, *[0.0] * 11]
    expected = find_distances([[row[:4], row[4:5], row[5:]] for row in rows.tolist()])

    assert measure_distances(rows, FAMILIES) == pytest.approx(np.array(expected), rel=1e-6)


@pytest.mark.parametrize("runs", [19, 59])
@pytest.mark.parametrize("point", range(6))
def test_count_as_far_one_point_far_off_is_the_farthest(runs: int, point: int) -> None:
    """However many points are true, a run with a single one that is far enough off has the first place."""
    values = np.random.default_rng([runs, point]).standard_t(3, size=(200, runs + 1, 6))
    values[:, 0, point] = 1e4

    assert (count_as_far(measure_distances(values, FAMILIES)) == 1).all()


def test_count_as_far_run_astray_hides_nothing() -> None:
    """Where one of ours is far off in a family, a document that is off less, and clearly, comes next to it."""
    values = np.random.default_rng(6).normal(size=(200, 100, 6))
    values[:, 7, 4] = 30.0
    values[:, 0, 4] += 9.0

    assert (count_as_far(measure_distances(values, FAMILIES)) <= 2).all()


@pytest.mark.parametrize(
    ("column", "places"),
    [
        pytest.param([0.1] * 6, [6] * 6, id="all agree"),
        pytest.param([0.3, *[0.1] * 5], [1, *[6] * 5], id="all but one agree"),
        pytest.param([0.3, 0.3, *[0.1] * 4], [2, 2, *[6] * 4], id="two others agree"),
        pytest.param([0.1, 0.7] * 5, [10] * 10, id="half and half"),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_count_as_far_numbers_that_agree_have_a_place(column: list[float], places: list[int]) -> None:
    """Where the others have no standard deviation a place is defined, and the same whichever run comes first."""
    values = np.array(column)[:, None]

    found = [int(count_as_far(measure_distances(np.roll(values, -first, axis=0), [0]))) for first in range(len(column))]

    assert found == places


def test_measure_distances_point_where_all_agree_says_nothing() -> None:
    """A family of such a point has distance 0 in all runs, and in a curve it changes no place."""
    values = np.random.default_rng(1).normal(size=(20, 3))
    values[:, 1] = 0.1

    apart, together = measure_distances(values, [0, 1, 0]), measure_distances(values[:, [0, 2]], [0, 0])

    assert apart[:, 1] == pytest.approx(0.0)
    assert apart[:, :1] == pytest.approx(together)


@pytest.mark.parametrize("runs", [19, 59, 199])
@pytest.mark.parametrize("kind", ["normal", "skewed", "with ties"])
def test_count_as_far_true_runs_are_refuted_no_more_often_than_it_says(runs: int, kind: str) -> None:
    """Of 2,000 runs made as the others at most 5 % have p <= 0.05, within simulation error."""
    values = np.random.default_rng([runs, len(kind)]).normal(size=(2_000, runs + 1, 6)).cumsum(axis=-1)
    if kind == "skewed":
        values = np.exp(values)
    elif kind == "with ties":
        values = np.round(values)

    refuted = np.mean(count_as_far(measure_distances(values, FAMILIES)) <= 0.05 * (runs + 1))

    assert refuted <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2_000)


def test_step_down_true_families_are_named_no_more_often_than_it_says() -> None:
    """With a curve far off, at most 5 % of runs have one of their two true families named too; and the curve always."""
    values = np.random.default_rng(3).normal(size=(2_000, 40, 6))
    values[:, 0, :4] += 9.0

    named = np.array([step_down(each) for each in measure_distances(values, FAMILIES)]) <= 2

    assert named[:, 0].all()
    assert named[:, 1:].any(axis=1).mean() == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 2_000))


def test_step_down_smallest_place_is_that_of_the_run() -> None:
    """The farthest family is held against all families, as the run is."""
    for each in measure_distances(np.random.default_rng(4).normal(size=(50, 30, 6)), FAMILIES):
        assert step_down(each).min() == count_as_far(each)


@pytest.mark.parametrize(
    ("values", "families", "received"),
    [
        pytest.param(np.zeros((5, 2)), [0], r"\(5, 2\) and \(1,\)", id="a family is missing"),
        pytest.param(np.zeros(5), [0], r"\(5,\) and \(1,\)", id="one run"),
        pytest.param(np.zeros((5, 0)), [], r"\(5, 0\) and \(0,\)", id="no points"),
        pytest.param(np.zeros((2, 1)), [0], "2 runs", id="one other run"),
        pytest.param([[1.0], [2.0], [math.nan]], [0], "3 runs, or a value that is not", id="not a number"),
    ],
)
def test_measure_distances_other_values_are_refused(values: Any, families: Any, received: str) -> None:
    """Values without families, too few runs, and what is not finite raise an error that says what was received."""
    with pytest.raises(ValueError, match=received):
        measure_distances(values, families)


def test_adjust_exactly_three_runs_are_refuted_by_59() -> None:
    """Three times one in sixty is 5 %, not a little more; with Holm's method the second may have two in 120."""
    assert adjust_exactly([Fraction(1, 60), Fraction(1), Fraction(1, 2)])[0] == Fraction(1, 20)
    assert adjust_exactly([Fraction(1, 120), Fraction(1, 60), Fraction(1, 60)]) == [
        Fraction(1, 40),
        Fraction(1, 30),
        Fraction(1, 30),
    ]
    assert adjust_exactly([]) == []
