"""Claims of each kind, and verdicts on them."""

from __future__ import annotations

from collections.abc import Sequence

from made_up_claims import make_claim

from mnist_repro.documents.claim import Claim
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Finding
from mnist_repro.verdicts.judge import judge_claims
from mnist_repro.verdicts.measured import Measurements


def make_curve(printed: Sequence[str]) -> list[Claim]:
    """Return the claims of a curve of losses, one for each period."""
    return [
        make_claim(
            text,
            quantity=f"validation-loss.{period}",
            metric="loss",
            unit="nat",
            evaluation_set="validation",
            period=period,
        )
        for period, text in enumerate(printed, 1)
    ]


def judge(claim: Claim, runs: Sequence[RunRecord]) -> Finding:
    """Return the verdict on a claim alone."""
    return judge_together(claim, runs=runs)


def judge_together(*claims: Claim, runs: Sequence[RunRecord]) -> Finding:
    """Return the one verdict on all claims of a family."""
    (finding,) = judge_claims(claims, measured=Measurements(runs), labels={})
    return finding


def make_rate(printed: str, *, period: int = 1) -> Claim:
    """Return a claim about the learning rate after a period."""
    return make_claim(
        printed, quantity=f"rate.{period}", metric="learning_rate", unit="1", evaluation_set=None, period=period
    )


def make_promise(printed: str) -> Claim:
    """Return a rough promise of an accuracy."""
    return make_claim(printed, quantity="accuracy-promise", metric="accuracy_promise")


def make_target(printed: str) -> Claim:
    """Return an accuracy that the document aims at."""
    return make_claim(printed, quantity="accuracy-target", metric="accuracy_target")
