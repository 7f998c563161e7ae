"""Which of the choices that a document leaves open could have produced its values.

Each choice is made otherwise, and the run that a document reports is placed among the runs of that alternative, as its
verdict places it among ours: one exact test of whether the document could have been made that way. An alternative in
whose runs ours would not stand out either is told apart by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.estimates import estimate_difference, estimate_paired_difference
from mnist_repro.stats.summary import Interval
from mnist_repro.verdicts.exact import Exactness, compare_exactly
from mnist_repro.verdicts.finding import LEVEL, MINIMUM_RUNS
from mnist_repro.verdicts.measured import Measured, Runs, list_different_rates
from mnist_repro.verdicts.standing import Standing, place_among

# An alternative that would exclude fewer of our own runs is told apart by nothing.
_LEAST_EXCLUDED = 0.2
_RANKED = frozenset({"loss", "accuracy"})
_MEASURED = frozenset({*_RANKED, "learning_rate"})


class Answer(Enum):
    """Whether the document could have been made in some way."""

    POSSIBLE = "possible"
    EXCLUDED = "excluded"
    ALIKE = "cannot be told apart"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an alternative does to one value: the alternative's mean minus the experiment's, in the claim's unit."""

    claim: Claim
    difference: float
    interval: Interval  #: 95 % interval of the difference


@dataclass(frozen=True, kw_only=True, eq=False)
class Cause:
    """An alternative, or the experiment as reconstructed, and whether the document could have been made so."""

    variant: Variant | None  #: the alternative; None for the experiment as reconstructed
    runs: int  #: runs that completed
    unfinished: int  #: runs that diverged or failed
    tested: Answer  #: what the test alone answers
    reason: str  #: the same in words
    #: exact p-value of the document's run, in [1 / (runs + 1), 1]; None with too few runs
    p: float | None
    standing: Standing | None = None  #: the document's run among these; None without a test
    exact: Exactness | None = None  #: digit by digit, where chance has no part in these; else None
    ours: Runs | None = None  #: the experiment's own runs; None for the reconstruction
    last: tuple[Measured, ...] = ()  #: the document's last accuracy and loss, measured on these runs
    effects: tuple[Effect, ...] = ()  #: on the same; none for the experiment itself

    @cached_property
    def excludes(self) -> float | None:
        """The fraction of the experiment's runs that would be excluded in the document's place; None where unknown."""
        compared = self.standing or self.exact
        if compared is None or self.ours is None or not self.ours.judged:
            return None
        values = np.stack([self.ours.measure(claim).judged for claim in compared.claims], axis=1)
        if self.standing is None:
            return float(np.mean(self.exact.differs(values))) if self.exact else None
        return float(np.mean(self.standing.place_others(values) <= int(LEVEL * (self.runs + 1))))

    @property
    def answer(self) -> Answer:
        """Whether the document could have been made so; an alternative to which nothing differs answers nothing."""
        is_alike = self.excludes is not None and self.excludes < _LEAST_EXCLUDED
        return Answer.ALIKE if self.tested is Answer.POSSIBLE and is_alike else self.tested


def judge_reconstruction(
    claims: Sequence[Claim],
    *,
    records: Sequence[RunRecord],
    reported: Sequence[tuple[Claim, ...]],
    is_exact: bool = False,
) -> Cause:
    """Ask, by all claims about an experiment and its pooled runs, whether the document could have been made so.

    Parameters
    ----------
    reported
        The curves and values of the run that the document reports of it, without functions of others.
    is_exact
        Whether chance has no part in these runs.
    """
    return _judge(None, claims, records, reported=reported, ours=None, is_exact=is_exact)


def judge_alternative(
    variant: Variant,
    claims: Sequence[Claim],
    *,
    records: Sequence[RunRecord],
    reported: Sequence[tuple[Claim, ...]],
    ours: Sequence[RunRecord],
    reconstruction: Cause,
) -> Cause:
    """Ask whether the document could have been made in another way, and what that way does to its values.

    Parameters
    ----------
    records
        The alternative's pooled runs; the experiment's own where these serve.
    reported
        As for `judge_reconstruction`.
    ours
        The experiment's own pooled runs.
    reconstruction
        The experiment as reconstructed, judged by the same claims.
    """
    is_exact = is_deterministic(variant.protocol)
    cause = _judge(variant, claims, records, reported=reported, ours=ours, is_exact=is_exact)
    effects = (
        _effect(ours, theirs, is_paired=not variant.is_trained)
        for ours, theirs in zip(reconstruction.last, cause.last, strict=True)
    )
    return replace(cause, effects=tuple(effect for effect in effects if effect))


def last_values(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the accuracy and the loss that the document reports last, in its order."""
    last = {claim.metric: claim for claim in claims if claim.metric in _RANKED}
    return tuple(claim for claim in claims if last.get(claim.metric) is claim)


def _judge(
    variant: Variant | None,
    claims: Sequence[Claim],
    records: Sequence[RunRecord],
    *,
    reported: Sequence[tuple[Claim, ...]],
    ours: Sequence[RunRecord] | None,
    is_exact: bool,
) -> Cause:
    made = Runs(records)
    measured = {c: made.measure(read_instead(c, variant)) for c in claims if c.metric in _MEASURED}
    runs = made.judged // (reported[0][0].runs_each if reported else 1)
    unfinished = sum(record.status != "completed" for record in records)
    standing, exact = None, None

    def measure(claim: Claim) -> NDArray[np.float64]:
        return made.measure(read_instead(claim, variant)).judged

    if different := list_different_rates(measured.values()):
        answer, reason = Answer.EXCLUDED, f"the printed learning rates differ after period {', '.join(different)}"
    elif not reported:
        answer, reason = Answer.UNKNOWN, "the document reports no loss and no accuracy of it"
    elif is_exact and (exact := compare_exactly(reported, measure=measure)):
        answer = Answer.EXCLUDED if exact.first_difference else Answer.POSSIBLE
        reason = f"{exact.equal} of {len(exact.units)} printed values are equal to its own"
    elif runs >= MINIMUM_RUNS:
        standing = place_among(reported, measure=measure)
        answer = Answer.EXCLUDED if standing.p <= LEVEL else Answer.POSSIBLE
        # The document's own place is one of them.
        reason = f"{int(standing.p * (runs + 1)) - 1} of its {runs} runs lie as far out as the document's"
    elif unfinished >= MINIMUM_RUNS and not runs:
        answer, reason = Answer.EXCLUDED, "none of its runs completed"
    else:
        answer, reason = Answer.UNKNOWN, f"{runs} runs cannot tell; it takes {MINIMUM_RUNS}"
    return Cause(
        variant=variant,
        runs=runs,
        unfinished=unfinished,
        tested=answer,
        reason=reason,
        p=float(standing.p) if standing else None,
        standing=standing,
        exact=exact,
        ours=None if ours is None else Runs(ours),
        last=tuple(measured[claim] for claim in last_values(claims)),
    )


def read_instead(claim: Claim, variant: Variant | None) -> Claim:
    """Return the claim as it reads on the sets that the variant takes in place of the document's."""
    reads = variant.reads if variant else {}
    own, best = (reads.get(name or "", name) for name in (claim.evaluation_set, claim.at_best))
    return replace(claim, evaluation_set=own, at_best=best)


def _effect(ours: Measured, theirs: Measured, *, is_paired: bool) -> Effect | None:
    """Return the difference of means with its 95 % interval; None where a single run has no standard deviation.

    By Welch's t where the runs differ; by pairs where the same runs are read otherwise.
    """
    if min(len(ours.judged), len(theirs.judged)) < 2:  # noqa: PLR2004 - one run has no standard deviation
        return None
    estimate = (estimate_paired_difference if is_paired else estimate_difference)(theirs.judged, ours.judged)
    return Effect(claim=ours.claim, difference=estimate.value, interval=estimate.interval)
