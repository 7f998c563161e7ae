"""Made-up claims: one of any kind, and those of a document that has every kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mnist_repro.documents.claim import Claim
from mnist_repro.verdicts.environment import EnvironmentResult

Summarize = Callable[..., EnvironmentResult]
EXPERIMENT = "julia-linear-lr0.02"


def make_claim(
    printed: str = "0.9000",
    *,
    quantity: str = "test-accuracy",
    experiment: str | None = "tf1-basic",
    metric: str = "accuracy",
    unit: str = "fraction",
    evaluation_set: str | None = "test",
    **changes: Any,
) -> Claim:
    """Return a claim about the basic net's accuracy on the test set, with the changes that are given."""
    entry: dict[str, Any] = {"id": f"{experiment or 'tf1-basic'}.{quantity}", "document": "tf1-notebook"}
    entry |= {"cell": "In [10]", "line": 1, **changes}
    return Claim(
        experiment=experiment, printed=printed, metric=metric, unit=unit, evaluation_set=evaluation_set, **entry
    )


def make_claims() -> tuple[Claim, ...]:
    """Return a curve of three losses, an accuracy, a time, a promise, and a label of no experiment."""
    claim = partial(make_claim, document="made-up", experiment=EXPERIMENT, evaluation_set="validation")
    loss = partial(claim, metric="loss", unit="nat")
    return (
        loss("0.3000", quantity="loss.1", period=1),
        loss("0.2500", quantity="loss.2", period=2),
        loss("9.0000", quantity="loss.3", period=3),
        claim("0.90", quantity="accuracy"),
        claim("2.5", quantity="seconds", metric="total_seconds", unit="seconds", evaluation_set=None),
        claim("0.9", quantity="promise", metric="accuracy_promise"),
        claim(
            "7.0", id=f"{EXPERIMENT}.label", experiment=None, metric="label", unit="1", evaluation_set=None, example=72
        ),
    )
