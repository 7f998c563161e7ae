"""Which of the choices that a document leaves open could have produced its values.

Each choice is made otherwise, and all values that a document reports of an experiment are ranked together among the
runs of that alternative: one exact test of whether the document could have been made that way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.estimates import estimate_difference, estimate_paired_difference
from mnist_repro.stats.ranks import rank_curve
from mnist_repro.stats.summary import Interval
from mnist_repro.verdicts.finding import MINIMUM_RUNS, SIGNIFICANCE
from mnist_repro.verdicts.measured import Measured, Runs, list_different_rates, stack_judged

_RANKED = frozenset({"loss", "accuracy"})
_MEASURED = frozenset({*_RANKED, "learning_rate"})


class Answer(Enum):
    """Whether the document could have been made in some way."""

    POSSIBLE = "possible"
    EXCLUDED = "excluded"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an alternative does to one value: the alternative's mean minus the experiment's, in the claim's unit."""

    claim: Claim
    difference: float
    interval: Interval  #: 95 % interval of the difference


@dataclass(frozen=True, kw_only=True)
class Cause:
    """An alternative, or the experiment as reconstructed, and whether the document could have been made so."""

    variant: Variant | None  #: the alternative; None for the experiment as reconstructed
    runs: int  #: runs that completed
    unfinished: int  #: runs that diverged or failed
    answer: Answer
    reason: str  #: the answer in words
    #: exact rank p-value of all the document's values together, in [1 / (runs + 1), 1]; None with too few runs
    p: float | None
    last: tuple[Measured, ...] = ()  #: the document's last accuracy and loss, measured on these runs
    effects: tuple[Effect, ...] = ()  #: on the same; none for the experiment itself


def judge_reconstruction(claims: Sequence[Claim], *, records: Sequence[RunRecord]) -> Cause:
    """Ask, by all claims about an experiment and its pooled runs, whether the document could have been made so."""
    return _judge(None, claims, records)


def judge_alternative(
    variant: Variant, claims: Sequence[Claim], *, records: Sequence[RunRecord], reconstruction: Cause
) -> Cause:
    """Ask whether the document could have been made in another way, and what that way does to its values.

    Parameters
    ----------
    records
        The alternative's pooled runs; the experiment's own where these serve.
    reconstruction
        The experiment as reconstructed, judged by the same claims.
    """
    cause = _judge(variant, claims, records)
    effects = (
        _effect(ours, theirs, is_paired=not variant.is_trained)
        for ours, theirs in zip(reconstruction.last, cause.last, strict=True)
    )
    return replace(cause, effects=tuple(effect for effect in effects if effect))


def last_values(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the accuracy and the loss that the document reports last, in its order."""
    last = {claim.metric: claim for claim in claims if claim.metric in _RANKED}
    return tuple(claim for claim in claims if last.get(claim.metric) is claim)


def _judge(variant: Variant | None, claims: Sequence[Claim], records: Sequence[RunRecord]) -> Cause:
    made = Runs(records)
    measured = {c: made.measure(read_instead(c, variant)) for c in claims if c.metric in _MEASURED}
    ranked = [each for claim, each in measured.items() if claim.metric in _RANKED]
    runs = made.judged
    unfinished = sum(record.status != "completed" for record in records)
    p = None
    if different := list_different_rates(measured.values()):
        answer, reason = Answer.EXCLUDED, f"the printed learning rates differ after period {', '.join(different)}"
    elif not ranked:
        answer, reason = Answer.UNKNOWN, "the document reports no loss and no accuracy of it"
    elif runs >= MINIMUM_RUNS:
        p = rank_curve([each.claim.value for each in ranked], stack_judged(ranked))
        rank = f"{round(p * (runs + 1))} of {runs + 1} runs lie as far out as the document's"
        answer, reason = (Answer.EXCLUDED, f"only {rank}") if p <= SIGNIFICANCE else (Answer.POSSIBLE, rank)
    elif unfinished >= MINIMUM_RUNS and not runs:
        answer, reason = Answer.EXCLUDED, "none of its runs completed"
    else:
        answer, reason = Answer.UNKNOWN, f"{runs} runs cannot tell; it takes {MINIMUM_RUNS}"
    return Cause(
        variant=variant,
        runs=runs,
        unfinished=unfinished,
        answer=answer,
        reason=reason,
        p=p,
        last=tuple(measured[claim] for claim in last_values(claims)),
    )


def read_instead(claim: Claim, variant: Variant | None) -> Claim:
    """Return the claim as it reads on the set that the variant takes in place of the document's."""
    instead = variant.reads.get(claim.evaluation_set or "") if variant else None
    return replace(claim, evaluation_set=instead) if instead else claim


def _effect(ours: Measured, theirs: Measured, *, is_paired: bool) -> Effect | None:
    """Return the difference of means with its 95 % interval; None where a single run has no standard deviation.

    By Welch's t where the runs differ; by pairs where the same runs are read otherwise.
    """
    if min(len(ours.judged), len(theirs.judged)) < 2:  # noqa: PLR2004 - one run has no standard deviation
        return None
    estimate = (estimate_paired_difference if is_paired else estimate_difference)(theirs.judged, ours.judged)
    return Effect(claim=ours.claim, difference=estimate.value, interval=estimate.interval)
