"""What training minimises, as declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_repro.documents.validation import Checked, Flag, Positive


@dataclass(frozen=True, kw_only=True)
class L2(Checked):
    """``factor`` times the sum of squares, added to the loss of every batch."""

    factor: Positive  #: of the sum; half of ``decay`` in ``w -= rate * decay * w``
    of: Literal["weights", "weights and biases"]  #: which variables
    reported: Flag  #: whether the losses that are recorded have it too; else it is in the training alone


@dataclass(frozen=True, kw_only=True)
class Loss(Checked):
    """What training minimises on a batch, and what evaluation reports of a set of images.

    The last layer's activation is part of it: sigmoid for "cross entropy per class" and "quadratic", else softmax.
    """

    #: of an image: "quadratic" is half the sum of squared errors; "per class" sums ten cross entropies of two classes;
    #: "softmax twice" is the cross entropy where a network ends in softmax and the loss applies it again
    kind: Literal["cross entropy", "softmax twice", "cross entropy per class", "quadratic"] = "cross entropy"
    summed: Flag = False  #: whether images are summed; else the loss is their mean
    divisor: Positive = 1.0  #: by which that is divided: 10 where a mean is over images and classes
    penalty: L2 | None = None  #: what is added

    @property
    def activation(self) -> str:
        """The activation of the last layer."""
        return "sigmoid" if self.kind in {"cross entropy per class", "quadratic"} else "softmax"
