"""Claims of each kind, and verdicts on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from made_up_claims import make_claim
from recorded_runs import CATALOGUE, choose_by

from mnist_repro.documents.claim import Claim
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Finding
from mnist_repro.verdicts.judge import judge_claims
from mnist_repro.verdicts.measured import Measurements
from mnist_repro.verdicts.reported_verdict import judge_reported_runs


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


def judge(claim: Claim, runs: Sequence[RunRecord], *, exact: Collection[str] = ()) -> Finding:
    """Return the verdict on a claim alone."""
    return judge_together(claim, runs=runs, exact=exact)


def judge_together(*claims: Claim, runs: Sequence[RunRecord], exact: Collection[str] = ()) -> Finding:
    """Return the one verdict on all claims of a family."""
    (finding,) = judge_all_of(claims, runs=runs, exact=exact)
    return finding


def judge_all_of(
    claims: Sequence[Claim],
    *,
    runs: Sequence[RunRecord],
    labels: Mapping[int, int] | None = None,
    exact: Collection[str] = (),
) -> list[Finding]:
    """Return the verdicts on all that a document reports that has these claims alone.

    Parameters
    ----------
    exact
        Ids of experiments that count as if chance had no part in them, where a claim is judged by a rule of its own.
    """
    measured = Measurements(runs)
    document = replace(CATALOGUE.documents["tf1-notebook"], claims=tuple(claims))
    protocols = choose_by(protocols=CATALOGUE.protocols)
    verdicts = judge_reported_runs(document, measured=measured, protocols=protocols)
    return judge_claims(claims, measured=measured, labels=labels or {}, verdicts=verdicts, exact=exact)


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


def make_accurate(runs: Sequence[RunRecord], accuracies: Sequence[float]) -> list[RunRecord]:
    """Return as many runs as accuracies, which they end with."""
    return [replace(run, final_accuracy={"test": value}) for run, value in zip(runs, accuracies, strict=False)]
