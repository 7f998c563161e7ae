"""What a network's outputs are worth: loss, accuracy and confusion matrix, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from mnist_repro.protocols import CLASSES


@dataclass(frozen=True)
class Evaluation:
    """How a network does on one evaluation set.

    Parameters
    ----------
    loss
        Mean cross-entropy in nats, from float64 probabilities.
    accuracy
        Fraction of right answers.
    confusion
        int array of shape (10, 10): a row for each true class, a column for each predicted class.
    """

    loss: float
    accuracy: float
    confusion: NDArray[np.int64]


class DivergedError(Exception):
    """A loss is not a finite number."""


def evaluate_logits(logits: NDArray[np.float64], labels: NDArray[np.uint8]) -> Evaluation:
    """Evaluate logits of shape (n, 10) against true classes of shape (n,).

    Raises
    ------
    DivergedError
        If a logit is not finite.
    """
    if not np.isfinite(logits).all():
        msg = "the network's outputs are no longer finite"
        raise DivergedError(msg)
    classes = np.arange(CLASSES)
    predicted = logits.argmax(axis=1)
    return Evaluation(
        loss=float(log_loss(labels, softmax(logits, axis=1), labels=classes)),
        accuracy=float(accuracy_score(labels, predicted)),
        confusion=confusion_matrix(labels, predicted, labels=classes),
    )
