"""Loss, accuracy and confusion matrix from a network's outputs, in float64."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import confusion_matrix

from mnist_repro.documents.losses import L2, Loss
from mnist_repro.documents.protocol import CLASSES


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Performance of a network on one evaluation set."""

    loss: float  #: as the protocol declares it; cross entropies in nats
    labels: NDArray[np.uint8]  #: true classes, of shape (n,)
    predicted: NDArray[np.int64]  #: predicted classes, of shape (n,)
    batch_size: int | None = None  #: of the evaluation set

    @property
    def accuracy(self) -> float:
        """Fraction of correct predictions."""
        return _average(self.labels == self.predicted, self.batch_size)

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts, of shape (10, 10): one row per true class, one column per predicted class."""
        counts: NDArray[np.int64] = confusion_matrix(self.labels, self.predicted, labels=np.arange(CLASSES))
        return counts


class DivergedError(Exception):
    """A loss is not a finite number."""


def evaluate_logits(
    logits: NDArray[np.float64],
    labels: NDArray[np.uint8],
    *,
    loss: Loss,
    penalty: float = 0.0,
    batch_size: int | None = None,
) -> Evaluation:
    """Evaluate logits of shape (n, 10) against true classes of shape (n,); the loss is `loss`, plus `penalty`.

    Parameters
    ----------
    batch_size
        Of the evaluation set: loss and accuracy are means over such batches; None, over all images. A summed loss is
        the mean times their number.

    Raises
    ------
    DivergedError
        If a logit is not finite.
    """
    if not np.isfinite(logits).all():
        msg = "the network's outputs are no longer finite"
        raise DivergedError(msg)
    losses = _find_losses(loss, logits, labels)
    value = _average(losses, batch_size) * (len(losses) if loss.summed else 1) / loss.divisor + penalty
    return Evaluation(loss=value, labels=labels, predicted=logits.argmax(axis=1), batch_size=batch_size)


def _average(values: NDArray[Any], batch_size: int | None) -> float:
    """Return the mean over all values, or over batches, in which an incomplete last one counts as the others do."""
    batches = np.split(values, range(batch_size or len(values), len(values), batch_size or 1))
    return float(np.mean([batch.mean() for batch in batches]))


def is_penalized(penalty: L2, shape: Sequence[int]) -> bool:
    """Return whether a variable of this shape is penalised: weights have two axes or more, and biases one."""
    return penalty.of == "weights and biases" or len(shape) > 1


def find_penalty(loss: Loss, variables: Iterable[NDArray[Any]]) -> float:
    """Return what a network's trained variables, its weights and biases, add to its recorded losses."""
    if loss.penalty is None or not loss.penalty.reported:
        return 0.0
    penalized = [each for each in variables if is_penalized(loss.penalty, each.shape)]
    return loss.penalty.factor * sum(float(np.square(each, dtype=np.float64).sum()) for each in penalized)


def _find_losses(loss: Loss, logits: NDArray[np.float64], labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return each image's loss, of shape (n,).

    From the logits: probabilities underflow, and scikit-learn's log_loss, which takes them, is six times slower.
    """
    images = np.arange(len(labels))
    if loss.kind in {"cross entropy", "softmax twice"}:
        outputs = logits if loss.kind == "cross entropy" else softmax(logits, axis=1)
        return np.asarray(-log_softmax(outputs, axis=1)[images, labels])
    wanted = np.eye(CLASSES)[labels]
    if loss.kind == "quadratic":
        return np.asarray(((expit(logits) - wanted) ** 2).sum(axis=1) / 2)
    return np.asarray(np.logaddexp(0, np.where(wanted, -logits, logits)).sum(axis=1))
