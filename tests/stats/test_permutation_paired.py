"""Permutations within starts: SciPy's exact test is the golden source, and errors are counted over many studies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from mnist_repro.stats.permutation import ENOUGH, PERMUTATIONS, smallest_two_ways_p, two_ways_p_value

SEED = 20_180_903


def stream(seed: int = SEED) -> np.random.Generator:
    """Return a generator."""
    return np.random.default_rng(seed)


@pytest.mark.parametrize("shift", [0.0, 0.6, 2.0], ids=["alike", "moved a little", "moved far"])
def test_two_ways_few_starts_gives_scipys_exact_p(shift: float) -> None:
    """With so few starts that all exchanges can be listed, the p-value is SciPy's of the same exchanges."""
    differences = stream().normal(loc=shift, size=9)

    ours = two_ways_p_value(differences[:, None], generator=stream())

    golden = stats.permutation_test(
        (differences,), lambda d, axis: np.abs(d.mean(axis=axis)), permutation_type="samples", alternative="greater"
    )
    assert ours == pytest.approx(golden.pvalue, abs=1e-12)


def test_two_ways_many_starts_is_close_to_students_t() -> None:
    """With 30 starts of a normally distributed difference, drawn exchanges say nearly what Student's t says."""
    differences = stream(1).normal(loc=0.35, size=30)

    ours = two_ways_p_value(differences[:, None], generator=stream(), permutations=20_000)

    golden = stats.ttest_1samp(differences, 0.0).pvalue
    assert ours == pytest.approx(golden, rel=0.25)


def test_two_ways_no_difference_gives_one() -> None:
    """Runs that are equal everywhere, or at all points but where all are, do not differ."""
    assert two_ways_p_value(np.zeros((20, 3)), generator=stream()) == 1.0


def test_two_ways_constant_difference_gives_smallest_p() -> None:
    """A difference that every one of 20 starts has alike is as extreme as can be."""
    assert two_ways_p_value(np.full((20, 1), 1e-6), generator=stream()) == pytest.approx(1 / (PERMUTATIONS + 1), rel=3)


def test_two_ways_point_without_difference_changes_nothing() -> None:
    """A point at which no run differs takes no part."""
    differences = stream().normal(size=(20, 2))

    alone = two_ways_p_value(differences, generator=stream())
    beside = two_ways_p_value(np.hstack([differences, np.zeros((20, 1))]), generator=stream())

    assert alone == beside


@given(st.integers(0, 2**32 - 1), st.integers(2, 24), st.floats(1e-3, 1e3))
def test_two_ways_sign_and_scale_do_not_matter(seed: int, starts: int, scale: float) -> None:
    """The p-value is in (0, 1], and the same whichever way is called the first and in whichever unit."""
    differences = np.random.default_rng(seed).normal(size=(starts, 3))

    p = two_ways_p_value(differences, generator=stream(), permutations=999)

    assert 0 < p <= 1
    assert two_ways_p_value(-scale * differences, generator=stream(), permutations=999) == p


@pytest.mark.parametrize("kind", ["normal", "discrete", "alike by start"])
def test_two_ways_of_the_same_errs_as_often_as_it_says(kind: str) -> None:
    """Over 2,000 studies without a difference, p is at most 5 % in 5 % of them, within Monte-Carlo error."""
    generator = stream(7)
    found = 0
    for _ in range(2_000):
        runs = generator.normal(size=(2, 14, 4))
        if kind == "discrete":
            runs = np.round(2 * runs)
        if kind == "alike by start":
            runs = 5 * generator.normal(size=(1, 14, 4)) + 0.1 * runs
        found += two_ways_p_value(runs[1] - runs[0], generator=generator, permutations=999) <= 0.05

    assert stats.binomtest(found, 2_000, 0.05, alternative="greater").pvalue > 0.001
    if kind != "discrete":  # ties make it err more seldom
        assert stats.binomtest(found, 2_000, 0.05, alternative="less").pvalue > 0.001


def test_two_ways_shift_of_two_deviations_is_nearly_always_found() -> None:
    """A difference of two standard deviations between independent runs of 20 starts: Student's t would find 98 %."""
    generator = stream(8)
    p_values = [
        two_ways_p_value(np.diff(generator.normal(size=(2, 20, 1)), axis=0)[0] - 2.0, generator=generator)
        for _ in range(20)
    ]

    assert sum(p < 0.001 for p in p_values) >= 18


def test_settled_early_p_is_about_the_full_one() -> None:
    """Where the drawing ends early, the p-value is that of many more exchanges, within its error."""
    differences = stream(21).normal(loc=0.1, size=(20, 2))

    early = [two_ways_p_value(differences, generator=stream(seed)) for seed in range(40)]

    signs = np.where(stream(99).random((100_000, 20)) < 0.5, -1.0, 1.0)
    scaled = differences / np.sqrt(np.square(differences).sum(axis=0))
    full = np.mean(np.abs(signs @ scaled).max(axis=1) >= np.abs(scaled.sum(axis=0)).max())
    assert full > ENOUGH / 512
    assert np.mean(early) == pytest.approx(full, rel=0.08)


@pytest.mark.parametrize(
    ("values", "said"),
    [(np.zeros((0, 3)), "shape"), (np.zeros(5), "shape"), (np.array([[np.nan, 1.0]]), "finite")],
    ids=["no start", "one dimension", "not a number"],
)
def test_two_ways_bad_differences_are_refused(values: np.ndarray, said: str) -> None:
    """What cannot be compared is refused with its reason."""
    with pytest.raises(ValueError, match=said):
        two_ways_p_value(values, generator=stream())


def draw_pairs(pairs: int, *, shift: float, alike: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the new and the other run of each pair, which share a part of their luck, the new one moved by `shift`."""
    generator = np.random.default_rng([SEED, pairs])
    luck = alike * generator.normal(size=pairs)
    return luck + generator.normal(size=pairs) + shift, luck + generator.normal(size=pairs)


def p_of(new: np.ndarray, other: np.ndarray) -> float:
    """Return the p-value of the pairs at hand."""
    return two_ways_p_value((new - other)[:, None], generator=np.random.default_rng(SEED))


@pytest.mark.parametrize("pairs", [2, 4, 9], ids=["two pairs", "four", "nine"])
@pytest.mark.parametrize("shift", [0.0, 1.5], ids=["alike", "moved"])
def test_pairs_give_the_p_value_of_scipy(pairs: int, shift: float) -> None:
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

    assert p_of(new, other) == pytest.approx(golden.pvalue)


@pytest.mark.parametrize("pairs", [1, 2, 5, 16, 17, 40])
def test_smallest_two_ways_p_is_that_of_groups_apart(pairs: int) -> None:
    """No pairs can give a smaller p-value than those in which every new run lies far above the other."""
    new, other = draw_pairs(pairs, shift=1_000.0, alike=0.0)

    p = p_of(new, other)

    assert p == smallest_two_ways_p(pairs)


def test_smallest_two_ways_p_is_what_was_calculated_by_hand() -> None:
    """Of two swaps of one pair both are as far out; of 2**16 two are; more are drawn, and one is counted."""
    assert smallest_two_ways_p(0) == 1
    assert smallest_two_ways_p(1) == 1
    assert smallest_two_ways_p(5) == 2 / 32
    assert smallest_two_ways_p(16) == 2 / 65_536
    assert smallest_two_ways_p(17) == 1 / (PERMUTATIONS + 1)


def test_pairs_find_what_two_groups_cannot() -> None:
    """A small shift of runs that share their luck is found in pairs; equal runs differ in nothing."""
    new, other = draw_pairs(20, shift=1.5, alike=100.0)

    assert p_of(new, other) < 0.01
    assert stats.ttest_ind(new, other).pvalue > 0.5
    assert p_of(other, other) == 1
