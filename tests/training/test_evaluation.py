"""Logits become loss, accuracy and confusion matrix, without TensorFlow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mnist_repro.training.evaluation import DivergedError, evaluate_logits


def test_evaluate_logits_small_example_gives_known_values() -> None:
    """Log-loss, accuracy and confusion matrix of four answers are what they are by hand."""
    probabilities = np.full((4, 10), 1e-3)
    labels = np.array([0, 1, 1, 9], dtype=np.uint8)
    # The largest share, and so the answer: 0 (right), 1 (right), 2 (wrong) and 9 (right).
    probabilities[0, :2] = 0.5, 0.492
    probabilities[1, :3] = 0.1, 0.8, 0.093
    probabilities[2, :3] = 0.1, 0.25, 0.643
    probabilities[3, 8:] = 0.3, 0.692
    # Any constant may be added to a row of logits.
    logits = np.log(probabilities) + np.array([[0.0], [10.0], [-20.0], [300.0]])

    evaluation = evaluate_logits(logits, labels)

    # python -c "from math import log; print(-(log(0.5) + log(0.8) + log(0.25) + log(0.692)) / 4)"
    assert evaluation.loss == pytest.approx(0.6676886, abs=5e-8)
    assert evaluation.accuracy == 0.75
    confusion = np.zeros((10, 10), dtype=int)
    confusion[0, 0] = confusion[1, 1] = confusion[1, 2] = confusion[9, 9] = 1
    np.testing.assert_array_equal(evaluation.confusion, confusion)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=["NaN", "infinite", "minus infinite"])
def test_evaluate_logits_not_finite_is_divergence(value: float) -> None:
    """One logit that is no finite number makes the network diverged."""
    logits = np.zeros((3, 10))
    logits[1, 4] = value

    with pytest.raises(DivergedError, match="no longer finite"):
        evaluate_logits(logits, np.zeros(3, dtype=np.uint8))
