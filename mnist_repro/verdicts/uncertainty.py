"""How sure is what our runs say of a final figure: the difference, what could have been seen, and other errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.estimates import bootstrap_mean
from mnist_repro.stats.summary import Interval, detectable_difference, sampling_interval, summarize
from mnist_repro.verdicts.finding import judged_runs
from mnist_repro.verdicts.measured import measured_value

_BOOTSTRAP_SEED = 0
_WITH_SHARES = frozenset({"accuracy", "error"})
_FIGURES = frozenset({"loss", *_WITH_SHARES})


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """What is known of one reported number and of ours; all in the claim's unit, NaN where a single run cannot tell.

    Parameters
    ----------
    claim
        What was reported.
    runs
        Our runs that completed.
    difference, difference_interval
        The document's number less our mean, with the 95 % interval of the difference between what the document's way of
        training gives on average and what ours does. The document shows one run of its own, so the interval is that of
        one run: it holds 0 where the number lies inside our prediction interval.
    mean_interval, bootstrap_interval
        95 % intervals of our mean, by Student's t and by the bootstrap.
    detectable
        The smallest difference that would have been found outside with a probability of 80 %.
    images, sampling_interval
        Images of the evaluation set, and the 95 % interval of the document's number over other sets of as many; None
        for a loss.
    half_unit
        What rounding of the printed number may have taken or added.
    """

    claim: Claim
    runs: int
    difference: float
    difference_interval: Interval
    mean_interval: Interval
    bootstrap_interval: Interval
    detectable: float
    images: int | None
    sampling_interval: Interval | None
    half_unit: float


def assess_certainty(claim: Claim, *, records: Sequence[RunRecord], protocol: Protocol) -> Certainty | None:
    """Say how sure is what our runs say of a reported loss, accuracy or error; None of other metrics and without runs.

    Parameters
    ----------
    records
        Pooled runs; those that did not complete and those on a stand-in are left out.
    protocol
        That of the claim's experiment.
    """
    values = [measured_value(claim, r) for r in judged_runs(records, experiment=claim.experiment)]
    if claim.metric not in _FIGURES or not values or not all(map(math.isfinite, values)):
        return None
    summary = summarize(values)
    # One more run lies so far from our mean as our mean from one run.
    one_run = summary.prediction_interval
    difference = claim.value - summary.mean
    images = len(protocol.evaluation_set(claim.evaluation_set or "").images) if claim.metric in _WITH_SHARES else None
    return Certainty(
        claim=claim,
        runs=summary.n,
        difference=difference,
        difference_interval=Interval(claim.value - one_run.high, claim.value - one_run.low),
        mean_interval=summary.mean_interval,
        bootstrap_interval=bootstrap_mean(values, generator=np.random.default_rng(_BOOTSTRAP_SEED)),
        detectable=detectable_difference(summary),
        images=images,
        sampling_interval=None if images is None else _sampling(claim, images),
        half_unit=claim.half_unit,
    )


def _sampling(claim: Claim, images: int) -> Interval:
    """Return the binomial interval of a share in the claim's unit; errors are as uncertain as right answers."""
    whole = 100.0 if claim.unit == "percent" else 1.0
    interval = sampling_interval(claim.value / whole, images=images)
    return Interval(whole * interval.low, whole * interval.high)
