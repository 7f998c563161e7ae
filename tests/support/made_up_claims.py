"""A made-up document with a claim of each kind, for what a report says of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mnist_repro.documents.claim import Claim
from mnist_repro.verdicts.environment import EnvironmentResult

Summarize = Callable[..., EnvironmentResult]
EXPERIMENT = "julia-linear-lr0.02"


def make_claims() -> tuple[Claim, ...]:
    """Return a curve of three losses, an accuracy, a time, a promise, and a label of no experiment."""

    def claim(quantity: str, metric: str, unit: str, printed: str, **changes: Any) -> Claim:
        values: dict[str, Any] = {"experiment": EXPERIMENT, "cell": "In [1]", "line": 1, "document": "made-up"}
        return Claim(id=f"{EXPERIMENT}.{quantity}", metric=metric, unit=unit, printed=printed, **{**values, **changes})

    return (
        claim("loss.1", "loss", "nat", "0.3000", period=1, evaluation_set="validation"),
        claim("loss.2", "loss", "nat", "0.2500", period=2, evaluation_set="validation"),
        claim("loss.3", "loss", "nat", "9.0000", period=3, evaluation_set="validation"),
        claim("accuracy", "accuracy", "fraction", "0.90", evaluation_set="validation"),
        claim("seconds", "total_seconds", "seconds", "2.5"),
        claim("promise", "accuracy_promise", "fraction", "0.9", evaluation_set="validation"),
        claim("label", "label", "1", "7.0", experiment=None, example=72),
    )
