"""Optimisers and their learning rates, as declarations."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_repro.documents.protocol_rules import check_rates
from mnist_repro.documents.validation import Checked, Decay, From0, From1, Positive


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
    """Plain stochastic gradient descent; `clip_norm` as in `Adam`."""

    learning_rate: LearningRate  #: of each step
    clip_norm: Positive | None = None


@dataclass(frozen=True, kw_only=True)
class Adam(Checked):
    """Adam in the form of its paper's section 2: epsilon is added to the uncorrected root of the second moment."""

    learning_rate: LearningRate  #: of each step
    beta_1: Decay  #: decay of the mean gradient
    beta_2: Decay  #: decay of the mean square
    epsilon: Positive  #: added to the root of that
    clip_norm: Positive | None = None  #: largest norm of each variable's gradient by itself; None: no clipping


Optimizer = GradientDescent | Adam
