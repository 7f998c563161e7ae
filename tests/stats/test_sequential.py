"""Looking after every run refutes no more true documents than the fixed test does, and needs fewer runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from mnist_repro.stats.sequential import count_until_decided, score_by_first

FAMILIES = np.array([0, 0, 0, 0, 1])


@pytest.mark.parametrize(
    ("scores", "p", "runs", "is_final"),
    [
        pytest.param([9, 9, 9, 9, 9], Fraction(1), 3, True, id="the first three reach it"),
        pytest.param([9, 0, 5, 0, 9, 0], Fraction(3, 5), 5, True, id="a tie reaches it"),
        pytest.param([9, 0, 0, 9, 0, 0], Fraction(3, 7), 6, True, id="two of all that were planned"),
        pytest.param([0] * 6, Fraction(1, 7), 6, True, id="none"),
        pytest.param([9, 0, 0], Fraction(2, 7), 3, False, id="more are to come"),
        pytest.param([], Fraction(1, 7), 0, False, id="all are to come"),
    ],
)
def test_count_until_decided_agrees_with_counting_by_hand(
    scores: list[float], p: Fraction, runs: int, *, is_final: bool
) -> None:
    """It ends with the third run that reaches the document's score, or with the last that was planned."""
    found = count_until_decided(5.0, scores, planned=6)

    assert (found.p, found.runs, found.is_final) == (p, runs, is_final)
    assert found.reached == sum(score >= 5 for score in scores[:runs])


def test_count_until_decided_reads_no_run_that_is_not_needed() -> None:
    """A run costs minutes: none is asked for once the verdict stands."""

    def train() -> Iterator[float]:
        yield from (9.0, 9.0, 9.0)
        pytest.fail("a fourth run was made")

    assert count_until_decided(5.0, train(), planned=100).is_final


def decide_all(shift: float, *, documents: int) -> list[list[tuple[Fraction, int]]]:
    """Return p and runs of the three runs of each made-up document, by 20 first and up to 180 further runs."""
    generator = np.random.default_rng(11)
    found = []
    for _ in range(documents):
        of_document = []
        for _run in range(3):
            values = generator.standard_t(4, size=(201, 5))
            values[20] += shift
            document, *others = score_by_first(values[:20], values[20:], FAMILIES)
            # Decided only if no further run can change it: what a look after every run would have seen.
            decided = count_until_decided(document, others, planned=180)
            of_document.append((decided.p, decided.runs))
        found.append(of_document)
    return found


def test_count_until_decided_errs_in_five_percent_of_documents_with_a_look_after_every_run() -> None:
    """Of documents with three true runs, at most 5 % have one refuted by Holm's first step; 35 runs decide on average.

    The rule ends by itself, so how often one looks changes nothing.
    """
    found = decide_all(0.0, documents=1_000)

    refuted = np.mean([min(p for p, _ in each) * 3 <= Fraction(1, 20) for each in found])
    runs = np.mean([runs for each in found for _, runs in each])

    assert refuted <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1_000)
    assert 20 + runs == pytest.approx(35, abs=5)


def test_count_until_decided_finds_a_run_that_is_off() -> None:
    """Of documents whose runs are four standard deviations off, nearly all have one refuted."""
    found = decide_all(4 * math.sqrt(2), documents=50)

    assert np.mean([min(p for p, _ in each) * 3 <= Fraction(1, 20) for each in found]) > 0.9


def test_score_by_first_runs_that_agree_have_finite_scores() -> None:
    """Where all first runs print the same, one that prints another number lies far off."""
    scores = score_by_first([[0.5]] * 20, [[0.5], [0.25]], [0])

    assert np.isfinite(scores).all()
    assert scores[1] > scores[0]
