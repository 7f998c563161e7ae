"""Which of the choices that a document leaves open its numbers bear out: each made otherwise, and what came of it.

All figures that a document reports of an experiment are ranked together among the runs of an alternative: one exact
test for the question whether the document could have been made that way.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from scipy import stats

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.ranks import rank_curve
from mnist_repro.stats.summary import CONFIDENCE, Interval, summarize
from mnist_repro.verdicts.finding import MINIMUM_RUNS, SIGNIFICANCE
from mnist_repro.verdicts.measured import is_same_rate, measured_value

_RANKED = frozenset({"loss", "accuracy"})


class Answer(Enum):
    """Whether the document could have been made in some way."""

    POSSIBLE = "possible"
    EXCLUDED = "excluded"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an alternative does to one figure: the difference of means over runs, in the claim's unit."""

    claim: Claim
    difference: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class Cause:
    """An alternative, or the experiment as it was reconstructed, and whether the document could have been made so.

    Parameters
    ----------
    variant
        The alternative; None for the experiment as reconstructed.
    runs, unfinished
        Runs that completed, and that diverged or failed.
    answer, reason
        Whether the document could have been made so, and why.
    p
        Exact rank p-value of all the document's figures together, in [1 / (runs + 1), 1]; None with too few runs.
    effects
        On the final accuracy and the last loss of the validation set; none for the experiment itself.
    """

    variant: Variant | None
    runs: int
    unfinished: int
    answer: Answer
    reason: str
    p: float | None
    effects: tuple[Effect, ...] = ()


def judge_reconstruction(claims: Sequence[Claim], *, records: Sequence[RunRecord]) -> Cause:
    """Ask whether the document could have been made as its experiment was reconstructed.

    Parameters
    ----------
    claims
        All claims about the experiment.
    records
        Its pooled runs.
    """
    return _judge(None, claims, records)


def judge_alternative(
    variant: Variant, claims: Sequence[Claim], *, records: Sequence[RunRecord], reconstruction: Sequence[RunRecord]
) -> Cause:
    """Ask whether the document could have been made in another way, and what that way does to its figures.

    Parameters
    ----------
    claims
        All claims about the experiment.
    records
        The alternative's pooled runs; the experiment's own where these serve.
    reconstruction
        The experiment's pooled runs.
    """
    read = [read_instead(claim, variant) for claim in claims]
    cause = _judge(variant, read, records)
    effects = (
        _effect(claim, instead, records=records, reconstruction=reconstruction)
        for claim, instead in zip(claims, read, strict=True)
        if claim in last_figures(claims)
    )
    return replace(cause, effects=tuple(effect for effect in effects if effect))


def last_figures(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the accuracy and the loss that the document reports last."""
    last = {claim.metric: claim for claim in claims if claim.metric in _RANKED}
    return tuple(last.values())


def read_instead(claim: Claim, variant: Variant | None) -> Claim:
    """Return the claim as it reads on the set that the variant takes in place of the document's."""
    instead = variant.reads.get(claim.evaluation_set or "") if variant else None
    return replace(claim, evaluation_set=instead) if instead else claim


def _judge(variant: Variant | None, claims: Sequence[Claim], records: Sequence[RunRecord]) -> Cause:
    completed = _completed(records)
    figures = [claim for claim in claims if claim.metric in _RANKED]
    unfinished = sum(record.status != "completed" for record in records)
    p = None
    if different := _different_rates(claims, completed):
        answer, reason = Answer.EXCLUDED, f"the printed learning rates differ after period {', '.join(different)}"
    elif not figures:
        answer, reason = Answer.UNKNOWN, "the document reports no loss and no accuracy of it"
    elif len(completed) >= MINIMUM_RUNS:
        curves = [[measured_value(claim, record) for claim in figures] for record in completed]
        p = rank_curve([claim.value for claim in figures], curves)
        rank = f"{round(p * (len(completed) + 1))} of {len(completed) + 1} runs lie as far out as the document's"
        answer, reason = (Answer.EXCLUDED, f"only {rank}") if p <= SIGNIFICANCE else (Answer.POSSIBLE, rank)
    elif unfinished >= MINIMUM_RUNS and not completed:
        answer, reason = Answer.EXCLUDED, "none of its runs completed"
    else:
        answer, reason = Answer.UNKNOWN, f"{len(completed)} runs cannot tell; it takes {MINIMUM_RUNS}"
    return Cause(variant=variant, runs=len(completed), unfinished=unfinished, answer=answer, reason=reason, p=p)


def _completed(records: Iterable[RunRecord]) -> list[RunRecord]:
    return [record for record in records if record.tells_of_mnist]


def _different_rates(claims: Sequence[Claim], completed: Sequence[RunRecord]) -> list[str]:
    """Return the periods after which another learning rate was used than was printed: no chance is involved."""
    return [
        str(claim.period)
        for claim in claims
        if claim.metric == "learning_rate"
        and not all(is_same_rate(claim, measured_value(claim, record)) for record in completed)
    ]


def _effect(
    claim: Claim, instead: Claim, *, records: Sequence[RunRecord], reconstruction: Sequence[RunRecord]
) -> Effect | None:
    """Return the difference of means with its 95 % interval; None where a single run has no spread.

    By Welch's t where the runs are others; by pairs where the same runs are read otherwise.
    """
    ours = [measured_value(claim, record) for record in _completed(reconstruction)]
    theirs = [measured_value(instead, record) for record in _completed(records)]
    if min(len(ours), len(theirs)) < 2:  # noqa: PLR2004 - one run has no spread
        return None
    if list(records) == list(reconstruction):
        paired = summarize([b - a for a, b in zip(ours, theirs, strict=True)])
        return Effect(claim=claim, difference=paired.mean, interval=paired.mean_interval)
    difference = math.fsum(theirs) / len(theirs) - math.fsum(ours) / len(ours)
    with warnings.catch_warnings():
        # A network that has died gives the same number in every run.
        warnings.filterwarnings("ignore", message="Precision loss occurred", category=RuntimeWarning)
        interval = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval(CONFIDENCE)
    return Effect(claim=claim, difference=difference, interval=Interval(float(interval.low), float(interval.high)))
