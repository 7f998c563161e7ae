"""Optimisers and their learning rates, as declarations."""

from __future__ import annotations

from dataclasses import dataclass, field

from mnist_repro.documents.protocol_rules import check_rates
from mnist_repro.documents.validation import ADDED_LATER, Checked, Decay, Flag, From0, From1, Positive, require


@dataclass(frozen=True, kw_only=True)
class ConstantRate(Checked):
    """The same learning rate at every step."""

    rate: Positive  #: of all steps


@dataclass(frozen=True, kw_only=True)
class PiecewiseRate(Checked):
    """Learning rates that change at given steps.

    A step whose index, counted from 0, equals a boundary still has the earlier rate.
    """

    boundaries: tuple[From0, ...]  #: last steps with each rate but the last, counted from 0
    rates: tuple[Positive, ...]  #: one more than boundaries

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rates(self)


@dataclass(frozen=True, kw_only=True)
class ExponentialRate(Checked):
    """``start * factor ** floor(step / every_steps)``."""

    start: Positive  #: rate of the first step
    factor: Positive  #: by which it is multiplied
    every_steps: From1  #: after how many steps each time


LearningRate = ConstantRate | PiecewiseRate | ExponentialRate


@dataclass(frozen=True, kw_only=True)
class GradientDescent(Checked):
    """Stochastic gradient descent, with or without momentum.

    With it, ``velocity = momentum * velocity - rate * gradient`` is added to a variable; in Nesterov's form,
    ``momentum * velocity - rate * gradient``, with the new velocity.
    """

    learning_rate: LearningRate  #: of each step
    clip_norm: Positive | None = None  #: largest norm of each variable's gradient by itself; None: no clipping
    momentum: Decay = field(default=0.0, metadata=ADDED_LATER)  #: fraction of the velocity that a step keeps
    nesterov: Flag = field(default=False, metadata=ADDED_LATER)  #: whether momentum has Nesterov's form

    def __post_init__(self) -> None:
        super().__post_init__()
        require(not self.nesterov or self.momentum > 0, "GradientDescent.nesterov", "needs a momentum above 0")


@dataclass(frozen=True, kw_only=True)
class Adam(Checked):
    """Adam in the form of its paper's section 2: epsilon is added to the uncorrected root of the second moment."""

    learning_rate: LearningRate  #: of each step
    beta_1: Decay  #: decay of the mean gradient
    beta_2: Decay  #: decay of the mean square
    epsilon: Positive  #: added to the root of that
    clip_norm: Positive | None = None  #: largest norm of each variable's gradient by itself; None: no clipping


@dataclass(frozen=True, kw_only=True)
class RMSprop(Checked):
    """A step is the gradient over the root of the squares' running mean, times the rate.

    Keras's own has epsilon outside of the root before TensorFlow 2.11, and inside from there on.
    """

    learning_rate: LearningRate  #: of each step
    decay: Decay  #: of the mean square; Keras's rho
    epsilon: Positive  #: keeps the divisor from 0
    epsilon_in_root: Flag  #: True adds epsilon to the mean square, inside the root; False adds it to the root
    clip_norm: Positive | None = None  #: largest norm of each variable's gradient by itself; None: no clipping


@dataclass(frozen=True, kw_only=True)
class Adadelta(Checked):
    """Adadelta in the form of its paper, times a rate; epsilon is added within both roots."""

    learning_rate: LearningRate  #: of each step; the paper's is 1, as was Keras's until it became 0.001
    decay: Decay  #: of the mean squares of gradients and steps; Keras's rho
    epsilon: Positive  #: added to both
    clip_norm: Positive | None = None  #: largest norm of each variable's gradient by itself; None: no clipping


Optimizer = GradientDescent | Adam | RMSprop | Adadelta
