"""P-values are adjusted as the paper does, and the runs that a rank needs are the fewest that suffice."""

from __future__ import annotations

import pytest

from mnist_repro.stats.ranks import adjust_holm, runs_to_reject


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
