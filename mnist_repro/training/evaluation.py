"""Loss, accuracy and confusion matrix from a network's outputs, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import accuracy_score, confusion_matrix

from mnist_repro.documents.protocol import CLASSES


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Performance of a network on one evaluation set."""

    loss: float  #: mean cross-entropy in nats
    labels: NDArray[np.uint8]  #: true classes, of shape (n,)
    predicted: NDArray[np.int64]  #: predicted classes, of shape (n,)

    @property
    def accuracy(self) -> float:
        """Fraction of correct predictions."""
        return float(accuracy_score(self.labels, self.predicted))

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts, of shape (10, 10): one row per true class, one column per predicted class."""
        counts: NDArray[np.int64] = confusion_matrix(self.labels, self.predicted, labels=np.arange(CLASSES))
        return counts


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
    # From the logits: probabilities underflow, and scikit-learn's log_loss, which takes them, is six times slower.
    log_probabilities = log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    return Evaluation(loss=float(-log_probabilities.mean()), labels=labels, predicted=logits.argmax(axis=1))
