"""The uncertainty of a final value: its difference from our mean, and other errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.stats.summary import Interval, sampling_interval, summarize
from mnist_repro.verdicts.finding import RANKED_METRICS
from mnist_repro.verdicts.measured import Measured


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """What is known of one reported value and of ours; all in the claim's unit, NaN where a single run says nothing.

    The difference is between the document's way of training and ours, on average. The document shows one run of its
    own, so its interval is that of one run: it holds 0 where the document's value lies inside our prediction interval.
    """

    claim: Claim
    runs: int  #: our completed runs on MNIST
    difference: float  #: the document's value minus our mean
    difference_interval: Interval  #: 95 % interval of the difference
    mean_interval: Interval  #: 95 % interval of our mean
    images: int | None  #: images of the evaluation set; None for a loss, and for a mean over training batches
    #: 95 % interval of the document's value over other sets of as many images; None likewise
    sampling_interval: Interval | None
    half_unit: float  #: how far rounding of the printed number may have moved it


def assess_certainty(measured: Measured, *, protocol: Protocol) -> Certainty | None:
    """Quantify the uncertainty of a reported loss, accuracy or error. Return None for other metrics and without runs.

    Parameters
    ----------
    protocol
        That of the claim's experiment.
    """
    claim, values = measured.claim, measured.judged
    if claim.metric not in RANKED_METRICS or not len(values) or not np.isfinite(values).all():
        return None
    summary = summarize(values)
    # One more run lies as far from our mean as our mean lies from one run.
    one_run = summary.prediction_interval
    sizes = {} if claim.metric == "loss" else {each.name: len(each.images) for each in protocol.measured_sets}
    images = sizes.get(claim.evaluation_set or "")
    return Certainty(
        claim=claim,
        runs=summary.n,
        difference=claim.value - summary.mean,
        difference_interval=Interval(claim.value - one_run.high, claim.value - one_run.low),
        mean_interval=summary.mean_interval,
        images=images,
        sampling_interval=None if images is None else _sampling(claim, images),
        half_unit=claim.half_unit,
    )


def _sampling(claim: Claim, images: int) -> Interval:
    """Return the binomial interval of a fraction in the claim's unit; errors are as uncertain as right answers."""
    interval = sampling_interval(claim.fraction, images=images)
    return Interval(claim.whole * interval.low, claim.whole * interval.high)
