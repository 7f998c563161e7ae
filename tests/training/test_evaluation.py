"""Logits become loss, accuracy and confusion matrix, without TensorFlow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import reference

from mnist_repro.documents.losses import L2, Loss
from mnist_repro.training.evaluation import DivergedError, evaluate_logits, find_penalty


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

    evaluation = evaluate_logits(logits, labels, loss=Loss())

    # python -c "from math import log; print(-(log(0.5) + log(0.8) + log(0.25) + log(0.692)) / 4)"
    assert evaluation.loss == pytest.approx(0.6676886, abs=5e-8)
    assert evaluation.accuracy == 0.75
    confusion = np.zeros((10, 10), dtype=int)
    confusion[0, 0] = confusion[1, 1] = confusion[1, 2] = confusion[9, 9] = 1
    np.testing.assert_array_equal(evaluation.confusion, confusion)


@pytest.mark.parametrize("divisor", [1.0, 10.0])
def test_evaluate_logits_in_batches_is_the_mean_of_them(divisor: float) -> None:
    """The last batch of 5 images counts as much as each of 15 does, in loss and accuracy."""
    generator, loss = np.random.default_rng(3), Loss(divisor=divisor)
    logits, labels = generator.normal(size=(50, 10)), generator.integers(0, 10, 50, dtype=np.uint8)
    right = logits.argmax(axis=1) == labels

    evaluation = evaluate_logits(logits, labels, loss=loss, batch_size=15)

    assert evaluation.loss == pytest.approx(reference.find_loss(loss, logits, labels, [], batch_size=15), rel=1e-9)
    assert evaluation.loss != pytest.approx(reference.find_loss(loss, logits, labels, []), rel=1e-6)
    assert evaluation.accuracy == pytest.approx((right[:45].sum() / 15 + right[45:].sum() / 5) / 4, rel=1e-12)
    assert evaluation.confusion.sum() == 50


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=["NaN", "infinite", "minus infinite"])
def test_evaluate_logits_not_finite_is_divergence(value: float) -> None:
    """One logit that is no finite number makes the network diverged."""
    logits = np.zeros((3, 10))
    logits[1, 4] = value

    with pytest.raises(DivergedError, match="no longer finite"):
        evaluate_logits(logits, np.zeros(3, dtype=np.uint8), loss=Loss())


@pytest.mark.parametrize("kind", ["cross entropy", "softmax twice", "cross entropy per class", "quadratic"])
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="mean"),
        pytest.param({"summed": True, "divisor": 4.0}, id="summed, divided"),
        pytest.param({"penalty": L2(factor=0.1, of="weights", reported=True)}, id="penalty"),
        pytest.param({"penalty": L2(factor=0.1, of="weights and biases", reported=True)}, id="penalty of all"),
        pytest.param({"penalty": L2(factor=0.1, of="weights", reported=False)}, id="penalty in training alone"),
    ],
)
def test_evaluate_logits_loss_is_the_declared_one(kind: Any, changes: dict[str, Any]) -> None:
    """Each kind of loss is the reference's, from outputs so large that probabilities round to 0 and 1."""
    loss = Loss(kind=kind, **changes)
    generator = np.random.default_rng(3)
    logits, labels = generator.normal(scale=5, size=(50, 10)), generator.integers(0, 10, 50, dtype=np.uint8)
    variables = [np.full((784, 10), 0.5, np.float32), np.full(10, 2.0, np.float32)]

    evaluation = evaluate_logits(logits, labels, loss=loss, penalty=find_penalty(loss, variables))

    assert evaluation.loss == pytest.approx(reference.find_loss(loss, logits, labels, variables), rel=1e-9)
