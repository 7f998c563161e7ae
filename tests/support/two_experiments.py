"""The two experiments that tests of the regression gate judge, and the types of their fixtures."""

from __future__ import annotations

from collections.abc import Callable

from mnist_repro.comparison.gate.regression import ExperimentTest
from mnist_repro.records.run import RunRecord

FIRST, SECOND = "julia-linear-lr0.02", "julia-mlp-100x100"
Study = dict[str, list[RunRecord]]
Judge = Callable[..., dict[str, ExperimentTest]]
