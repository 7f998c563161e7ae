"""Where a reported number lies among our runs.

A document's number is one run with an unknown seed: its place is inside or outside the 95 % prediction interval of one
run. A place is no verdict: of twenty true numbers about one lies outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from mnist_repro.documents.checks import not_measured
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import Summary, summarize


class Judgement(Enum):
    """How a reported number stands to our runs."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not comparable"
    NOT_JUDGED = "not judged"
    NOT_RUN = "not run"


AGREEING = frozenset({Judgement.INSIDE, Judgement.EQUAL})
JUDGED = frozenset({*AGREEING, Judgement.OUTSIDE, Judgement.DIFFERENT})


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """A claim beside our runs.

    Parameters
    ----------
    claim
        What was reported.
    judgement
        Inside or outside the 95 % prediction interval of one run; equal or different where no chance is involved.
    reason
        The judgement in words.
    summary
        Our runs, in the claim's unit; None where no run measured the number.
    """

    claim: Claim
    judgement: Judgement
    reason: str
    summary: Summary | None


def assess_claims(claims: Iterable[Claim], *, records: Sequence[RunRecord]) -> list[Assessment]:
    """Assess claims by records that may be pooled: those of one experiment count for its claims.

    Parameters
    ----------
    claims
        Claims about any experiments, or none.
    records
        Runs of any experiments; those that did not complete are left out.
    """
    completed: dict[str | None, list[RunRecord]] = defaultdict(list)
    for record in records:
        if record.status == "completed":
            completed[record.experiment].append(record)
    return [_assess(claim, completed[claim.experiment]) for claim in claims]


def _assess(claim: Claim, records: list[RunRecord]) -> Assessment:
    if not claim.is_of_run:
        return _without(claim, Judgement.NOT_JUDGED, "stated in words or read from the data: no number of a run")
    if not records:
        return _without(claim, Judgement.NOT_RUN, "no completed run of its experiment")
    values = [measured_value(claim, record) for record in records]
    summary = summarize(values)
    if any(record.dataset != "mnist" for record in records):
        judgement, reason = Judgement.NOT_JUDGED, "made with the stand-in, which says nothing about MNIST"
    elif claim.metric in {"seconds_per_period", "total_seconds"}:
        judgement, reason = Judgement.NOT_COMPARABLE, "a time on other hardware"
    elif claim.metric == "learning_rate":
        judgement, reason = _compare_rates(claim, values)
    else:
        judgement, reason = _place(claim, summary)
    return Assessment(claim=claim, judgement=judgement, reason=reason, summary=summary)


def _without(claim: Claim, judgement: Judgement, reason: str) -> Assessment:
    return Assessment(claim=claim, judgement=judgement, reason=reason, summary=None)


def _compare_rates(claim: Claim, values: list[float]) -> tuple[Judgement, str]:
    different = {np.float32(value) for value in values if not is_same_rate(claim, value)}
    if different:
        ours = ", ".join(str(value) for value in sorted(different))
        return Judgement.DIFFERENT, f"ours is {ours} in float32"
    return Judgement.EQUAL, "the same float32 number"


def is_same_rate(claim: Claim, rate: float) -> bool:
    """Compare as TensorFlow prints rates: by the shortest digits that tell one float32 from the next."""
    return bool(np.float32(rate) == np.float32(claim.value))


def _place(claim: Claim, summary: Summary) -> tuple[Judgement, str]:
    interval = summary.prediction_interval
    if np.isnan(interval.low):
        return Judgement.NOT_JUDGED, "a single run has no spread"
    # What was printed stands for every number that rounds to it.
    if interval.overlaps(claim.value - claim.half_unit, claim.value + claim.half_unit):
        return Judgement.INSIDE, "inside the 95 % prediction interval of one run"
    if summary.standard_deviation == 0:
        return Judgement.OUTSIDE, "all our runs give another number, the same one"
    distance = (claim.value - summary.mean) / summary.standard_deviation
    side = "above" if distance > 0 else "below"
    return Judgement.OUTSIDE, f"{abs(distance):.1f} standard deviations {side} the mean over seeds"


def measured_value(claim: Claim, record: RunRecord) -> float:
    """Return what a completed run measured of a claim, in the claim's unit.

    Raises
    ------
    ReproError
        If the claim names a period or an evaluation set that its experiment does not have.
    """
    if claim.metric == "total_seconds":
        return record.training_seconds
    try:
        value = _read_figure(claim, record)
    except (KeyError, IndexError):
        raise not_measured(claim) from None
    fraction = 1 - value if claim.metric == "error" else value
    return 100 * fraction if claim.unit == "percent" else fraction


def _read_figure(claim: Claim, record: RunRecord) -> float:
    if claim.period is None:
        losses, accuracies = record.final_loss, record.final_accuracy
    else:
        period = record.periods[claim.period - 1]
        losses, accuracies = period.loss, period.accuracy
        if claim.metric == "learning_rate":
            return period.learning_rate
        if claim.metric == "seconds_per_period":
            return period.seconds
    return (losses if claim.metric == "loss" else accuracies)[claim.evaluation_set or ""]


def find_final_accuracy(claims: Iterable[Claim], *, protocol: Protocol) -> Claim | None:
    """Return the accuracy that is reported of an experiment at its end, on the set on which ours is asserted."""
    wanted = (protocol.id, "accuracy", None, protocol.gate.evaluation_set)
    found = (c for c in claims if (c.experiment, c.metric, c.period, c.evaluation_set) == wanted)
    return next(found, None)
