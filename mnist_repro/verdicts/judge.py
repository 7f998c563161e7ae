"""Whether what a document reports can be had again: a verdict on every curve and every single number.

A document's number is one run with an unknown seed; if our protocol is right, that run is exchangeable with ours. So a
curve or a final figure is ranked among our runs, exactly, and all that a document reports is tested together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.ranks import adjust_holm, rank_curve, runs_to_reject
from mnist_repro.stats.summary import runs_to_separate, summarize
from mnist_repro.verdicts.comparisons import judge_comparisons
from mnist_repro.verdicts.finding import (
    MINIMUM_RUNS,
    RANKED_METRICS,
    SIGNIFICANCE,
    Finding,
    Verdict,
    count_runs,
    judged_runs,
    round_up,
)
from mnist_repro.verdicts.measured import is_same_rate, measured_value
from mnist_repro.verdicts.statements import judge_statements

__all__ = ["MINIMUM_RUNS", "SIGNIFICANCE", "Finding", "Verdict", "judge_claims", "judge_document"]

_Judged = tuple[Verdict, str, int | None]


def judge_document(
    document: Document,
    *,
    records: Sequence[RunRecord],
    protocols: Mapping[str, Protocol],
    labels: Mapping[int, int] | None = None,
    supported: AbstractSet[str] = frozenset(),
) -> list[Finding]:
    """Give a verdict on all that a document reports: its claims, its comparisons and its statements, in this order.

    Parameters
    ----------
    records, labels, supported
        As for `judge_claims`.
    protocols
        Those of the experiments that were run, by id.
    """
    findings = [
        *judge_claims(document.claims, records=records, labels=labels),
        *judge_comparisons(document.comparisons, records=records, protocols=protocols),
        *judge_statements(document.statements, records=records, protocols=protocols),
    ]
    return [_explain(finding, document.explanations, supported) for finding in findings]


def judge_claims(
    claims: Sequence[Claim],
    *,
    records: Sequence[RunRecord],
    labels: Mapping[int, int] | None = None,
    explanations: Sequence[Explanation] = (),
    supported: AbstractSet[str] = frozenset(),
) -> list[Finding]:
    """Give a verdict on every family among the claims of one document.

    Parameters
    ----------
    claims
        All claims of the document, the points of a curve one after the other.
    records
        Pooled runs of any experiments; those that did not complete are left out.
    labels
        Labels of training images of MNIST, by their place counted from 1.
    explanations
        Why some families do not reproduce.
    supported
        Ids of the variants under which the cause finder found the document possible. A family that is not reproduced
        is explained where one of its explanations names one of them.

    Returns
    -------
    list of Finding
        In the order of the claims.

    Notes
    -----
    The families that are ranked are tested together: the chance that any of a document's true curves and figures is
    found not to reproduce is at most 5 %.
    """
    families = {members[0].family: members for members in _families(claims)}
    runs = {family: judged_runs(records, experiment=members[0].experiment) for family, members in families.items()}
    measured = {
        family: np.array([[measured_value(claim, record) for claim in members] for record in runs[family]])
        for family, members in families.items()
        if members[0].metric != "label"
    }
    ranked = {
        family: rank_curve([claim.value for claim in families[family]], curves)
        for family, curves in measured.items()
        if families[family][0].metric in RANKED_METRICS and len(curves) >= MINIMUM_RUNS and _are_finite(curves)
    }
    adjusted = dict(zip(ranked, adjust_holm(list(ranked.values())), strict=True))
    tests = sum(members[0].metric in RANKED_METRICS for members in families.values())
    findings = []
    for family, members in families.items():
        claim = members[0]
        if family in ranked:
            judged = _judge_rank(ranked[family], float(adjusted[family]), runs=len(runs[family]), tests=tests)
        elif claim.metric == "label":
            judged = _judge_label(claim, labels or {})
        elif not runs[family]:
            judged = Verdict.NOT_RUN, "no completed run of its experiment on MNIST", None
        elif not _are_finite(measured[family]):
            judged = Verdict.INCONCLUSIVE, "one of our numbers is not finite", None
        else:
            judged = _judge_unranked(members, runs[family], needed=runs_to_reject(tests=tests))
        finding = Finding(
            family=family,
            verdict=judged[0],
            reason=judged[1],
            runs=len(runs[family]),
            runs_needed=judged[2],
            p=ranked.get(family),
            adjusted_p=float(adjusted[family]) if family in adjusted else None,
        )
        findings.append(_explain(_contradict(claim, finding), explanations, supported))
    return findings


def _families(claims: Sequence[Claim]) -> list[tuple[Claim, ...]]:
    return [tuple(members) for _, members in groupby(claims, key=lambda claim: claim.family)]


def _are_finite(curves: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(curves).all())


def _judge_rank(p: float, adjusted_p: float, *, runs: int, tests: int) -> _Judged:
    place = f"{round(p * (runs + 1))} of {runs + 1} runs, the document's among them, lie as far out or farther"
    if adjusted_p <= SIGNIFICANCE:
        return Verdict.NOT_REPRODUCED, f"only {place}", None
    needed = runs_to_reject(tests=tests)
    if p <= SIGNIFICANCE and runs < needed:
        return Verdict.INCONCLUSIVE, f"only {place}; among {tests} tests {needed} runs would decide", needed
    return Verdict.REPRODUCED, place, None


def _judge_label(claim: Claim, labels: Mapping[int, int]) -> _Judged:
    """Compare a label with that of the same image: a fact of the data, and no run is involved."""
    if claim.example is None or claim.example not in labels:
        return Verdict.NOT_RUN, "the label of this image in MNIST is not kept with the records", None
    label = labels[claim.example]
    same = label == claim.value
    verdict = Verdict.REPRODUCED if same else Verdict.NOT_REPRODUCED
    return verdict, f"training image {claim.example} of MNIST is labelled {label}", None


def _judge_unranked(members: Sequence[Claim], runs: Sequence[RunRecord], *, needed: int) -> _Judged:
    claim = members[0]
    values = [measured_value(claim, record) for record in runs]
    match claim.metric:
        case "learning_rate":
            return _judge_rates(members, runs)
        case "accuracy_promise":
            return _judge_promise(claim, values)
        case "accuracy_target":
            return _judge_target(claim, values)
        case "seconds_per_period" | "total_seconds":
            return Verdict.NOT_COMPARABLE, "a time on other hardware", None
    reason = f"{count_runs(len(runs))} cannot tell; it takes {MINIMUM_RUNS}, and {needed} decide in any case"
    return Verdict.INCONCLUSIVE, reason, needed


def _judge_rates(members: Sequence[Claim], runs: Sequence[RunRecord]) -> _Judged:
    """Compare rates exactly: no chance is involved."""
    different = [
        str(claim.period)
        for claim in members
        if not all(is_same_rate(claim, measured_value(claim, record)) for record in runs)
    ]
    if different:
        return Verdict.NOT_REPRODUCED, f"another float32 number after period {', '.join(different)}", None
    if len(runs) < 2:  # noqa: PLR2004 - a single run says nothing of the next
        return Verdict.INCONCLUSIVE, "the same float32 numbers in a single run; 2 runs decide", 2
    return Verdict.REPRODUCED, "the same float32 numbers", None


def _judge_promise(claim: Claim, accuracies: Sequence[float]) -> _Judged:
    """Ask whether our mean, with all its uncertainty, rounds to what was promised."""
    summary = summarize(accuracies)
    interval, (low, high) = summary.mean_interval, claim.limits
    if low <= interval.low and interval.high < high:
        return Verdict.REPRODUCED, "our mean rounds to it", None
    if not interval.overlaps(low, high) and not math.isnan(interval.low):
        return Verdict.NOT_REPRODUCED, "our mean rounds to another number", None
    doubt = "our mean is not known well enough to say whether it rounds to it"
    if summary.n == 1:
        unknown = "a single run has no spread, and from 2 on it can be said how many would decide"
        return Verdict.INCONCLUSIVE, f"{doubt}; {unknown}", None
    enough = runs_to_separate(summary, distance=min(abs(summary.mean - low), abs(summary.mean - high)))
    if enough is None:
        return Verdict.INCONCLUSIVE, f"{doubt}; no number of runs would decide", None
    needed = round_up(enough)
    return Verdict.INCONCLUSIVE, f"{doubt}; about {needed:,} runs would decide", needed


def _judge_target(claim: Claim, accuracies: Sequence[float]) -> _Judged:
    """Ask whether the document's own experiment reaches the aim that the document sets; else it contradicts itself."""
    reached = sum(accuracy >= claim.value for accuracy in accuracies)
    reason = f"{reached} of our {count_runs(len(accuracies))} of the document's experiment reach it"
    if reached < len(accuracies):
        return Verdict.CONTRADICTED, reason, None
    if len(accuracies) < MINIMUM_RUNS:
        return Verdict.INCONCLUSIVE, f"{reason}; it takes {MINIMUM_RUNS} to decide", MINIMUM_RUNS
    return Verdict.REPRODUCED, reason, None


def _contradict(claim: Claim, finding: Finding) -> Finding:
    """Overrule the verdict on a number whose printed unit the document's own code contradicts."""
    if claim.printed_unit is None or finding.verdict is Verdict.NOT_RUN:
        return finding
    reason = (
        f"printed as {claim.printed_unit}, but a {claim.unit}; read as such: {finding.verdict.value}, {finding.reason}"
    )
    return replace(finding, verdict=Verdict.CONTRADICTED, reason=reason)


def _explain(finding: Finding, explanations: Sequence[Explanation], supported: AbstractSet[str]) -> Finding:
    """Overrule a miss that we have explained, where runs of the changed experiment bear the explanation out."""
    if finding.verdict is not Verdict.NOT_REPRODUCED:
        return finding
    own = [explanation for explanation in explanations if explanation.family == finding.family]
    borne_out = [explanation for explanation in own if explanation.variant in supported]
    if borne_out:
        found = borne_out[0]
        reason = f"{finding.reason}; explained on {found.date.isoformat()} by {found.variant}: {found.text}"
        return replace(finding, verdict=Verdict.EXPLAINED, reason=reason)
    if own:
        variants = ", ".join(explanation.variant for explanation in own)
        return replace(finding, reason=f"{finding.reason}; explained by {variants}, which no runs support")
    return finding
