"""What our runs measured of each claim, and where the document's value lies among them.

A document's value is one run with an unknown seed: it lies inside or outside the 95 % prediction interval of one run.
This is no verdict: of twenty true values about one lies outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.catalogue import not_measured
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import UNKNOWN, Interval, Summary, summarize
from mnist_repro.studies.stopping import StoppingRule
from mnist_repro.verdicts.exact import compare_exactly, format_units
from mnist_repro.verdicts.finding import RANKED_METRICS


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A claim and what our completed runs measured of it.

    All completed runs are shown; a verdict rests on those alone that were trained on MNIST itself.
    """

    claim: Claim
    #: of shape (runs,), in the claim's unit; empty for a label, which no run measures. The best or the mean of several
    #: runs counts as one
    values: NDArray[np.float64]
    on_mnist: NDArray[np.bool_]  #: of shape (runs,): False for runs on the stand-in

    @cached_property
    def judged(self) -> NDArray[np.float64]:
        """The values that a verdict may rest on, of shape (runs on MNIST,)."""
        return self.values[self.on_mnist]

    @cached_property
    def summary(self) -> Summary | None:
        """The summary of all values; None without any."""
        return summarize(self.values) if len(self.values) else None

    @property
    def one_run(self) -> Interval:
        """Where one of these runs lies in 95 % of cases; NaN for fewer than two.

        Times are skewed, and a busy machine makes a few long: theirs is between the quantiles of 2.5 and 97.5 %.
        """
        if self.summary is None or len(self.values) < 2:  # noqa: PLR2004 - one value has no interval
            return UNKNOWN
        if self.claim.unit == "seconds":
            low, high = np.quantile(self.values, (0.025, 0.975))
            return Interval(float(low), float(high))
        return self.summary.prediction_interval


_Values = TypeVar("_Values", np.float64, np.bool_)
# Metrics of periods that have no evaluation set, by the field that holds them.
_OF_PERIODS = {"learning_rate": "learning_rate", "seconds_per_period": "seconds"}


class Runs:
    """The completed runs of one experiment or variant, measured claim by claim.

    Parameters
    ----------
    records
        Pooled runs; those that did not complete are excluded.
    """

    def __init__(self, records: Iterable[RunRecord]) -> None:
        self._completed = [record for record in records if record.status == "completed"]
        self._on_mnist = np.array([record.tells_of_mnist for record in self._completed], dtype=np.bool_)

    @property
    def judged(self) -> int:
        """Number of runs that a verdict may rest on."""
        return int(self._on_mnist.sum())

    def measure(self, claim: Claim) -> Measured:
        """Return a claim with what these runs measured of it.

        Raises
        ------
        ReproError
            If the claim names a period or an evaluation set that the runs do not have.
        """
        if claim.metric == "label":
            return Measured(claim=claim, values=np.empty(0), on_mnist=self._on_mnist[:0])
        try:
            values = np.array(_read_column(claim, self._completed), dtype=np.float64)
        except (KeyError, IndexError):
            raise not_measured(claim) from None
        fractions = 1 - values if claim.metric == "error" else values
        # Runs in the order of their seeds make one of several each, as the document's did; none is in two.
        several = _part(claim.whole * fractions, claim.runs_each)
        gather = np.mean if claim.mean_of else np.max if claim.metric.startswith("accuracy") else np.min
        counts = np.all(_part(self._on_mnist, claim.runs_each), axis=1)
        return Measured(claim=claim, values=gather(several, axis=1), on_mnist=np.asarray(counts))


def _part(values: NDArray[_Values], each: int) -> NDArray[_Values]:
    """Return values of shape (runs,) as (runs // each, each), without those that are left."""
    whole: NDArray[_Values] = values[: len(values) // each * each].reshape(-1, each)
    return whole


def _read_column(claim: Claim, records: Sequence[RunRecord]) -> list[float]:
    """Return what each completed run measured of a claim, errors as accuracies and percentages as fractions."""
    if claim.metric == "total_seconds":
        return [record.training_seconds for record in records]
    name, by_set = claim.evaluation_set or "", "loss" if claim.metric == "loss" else "accuracy"
    if claim.at_best is not None:
        best, read = claim.at_best, attrgetter(by_set)
        choose = min if claim.metric == "loss" else max  # either returns the first of several
        return [read(choose(record.periods, key=lambda period: read(period)[best]))[name] for record in records]
    if claim.period is None:
        final = attrgetter(f"final_{by_set}")
        return [final(record)[name] for record in records]
    place = claim.period - 1
    if field := _OF_PERIODS.get(claim.metric):
        read = attrgetter(field)
        return [read(record.periods[place]) for record in records]
    read = attrgetter(by_set)
    return [read(record.periods[place])[name] for record in records]


class Measurements:
    """Claims measured on one environment's runs, each once.

    Parameters
    ----------
    records
        Pooled runs of any experiments; those that did not complete are excluded.
    rules
        By experiment: when its runs stop, where their number was not fixed from the start.
    """

    def __init__(self, records: Iterable[RunRecord], *, rules: Mapping[str, StoppingRule] | None = None) -> None:
        self._records: dict[str | None, list[RunRecord]] = defaultdict(list)
        for record in records:
            self._records[record.experiment].append(record)
        self._runs = {experiment: Runs(found) for experiment, found in self._records.items()}
        self.rules = rules or {}
        self._measured: dict[Claim, Measured] = {}

    def of(self, claim: Claim) -> Measured:
        """Return a claim, measured on the runs of its experiment; raises as `Runs.measure`."""
        if claim not in self._measured:
            self._measured[claim] = self._find(claim.experiment).measure(claim)
        return self._measured[claim]

    def list_records(self, experiment: str) -> Sequence[RunRecord]:
        """Return the records of an experiment, also those of runs that did not complete."""
        return self._records.get(experiment, ())

    def count_judged(self, experiment: str) -> int:
        """Return the number of an experiment's runs that a verdict may rest on."""
        return self._find(experiment).judged

    def _find(self, experiment: str | None) -> Runs:
        return self._runs.get(experiment) or Runs(())


def list_different_rates(measured: Iterable[Measured]) -> list[str]:
    """Return the periods after which a run had another learning rate than was printed: no chance is involved."""
    return [
        str(each.claim.period)
        for each in measured
        if each.claim.metric == "learning_rate" and find_other_rates(each.claim, each.judged).size
    ]


def find_other_rates(claim: Claim, rates: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the learning rates that are not the claim's, ascending, each once.

    They are compared as TensorFlow prints them: by the shortest digits that distinguish one float32 from the next.
    """
    different = np.unique(rates.astype(np.float32))
    return np.asarray(different[different != np.float32(claim.value)])


class Judgement(Enum):
    """Where a reported value lies among our runs."""

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
    """A claim beside our runs."""

    measured: Measured  #: the claim and our values
    #: inside or outside the 95 % prediction interval of one run; equal or different where no chance is involved
    judgement: Judgement
    reason: str  #: the judgement in words

    @property
    def claim(self) -> Claim:
        """What was reported."""
        return self.measured.claim

    @property
    def summary(self) -> Summary | None:
        """Our runs, in the claim's unit; None where no run produced such a value."""
        return self.measured.summary if self.claim.is_of_run else None


def assess_claims(claims: Iterable[Claim], *, measured: Measurements, exact: Collection[str] = ()) -> list[Assessment]:
    """Place each claim among the runs of its experiment.

    Parameters
    ----------
    exact
        Ids of the experiments in which chance has no part: digits are compared.
    """
    found = []
    for _, members in groupby(claims, key=lambda claim: claim.family):
        family = tuple(members)
        is_compared = family[0].experiment in exact and family[0].metric in RANKED_METRICS
        digits = compare_exactly([family], measure=lambda claim: measured.of(claim).judged) if is_compared else None
        units = digits.units if digits else {}
        found += [_assess(measured.of(claim), off=units.get(claim)) for claim in family]
    return found


def _assess(measured: Measured, *, off: int | None) -> Assessment:
    judgement, reason = _place(measured)
    if off is not None and measured.on_mnist.all():
        judgement, reason = (
            (Judgement.DIFFERENT, format_units(off)) if off else (Judgement.EQUAL, "equal in all printed digits")
        )
    return Assessment(measured=measured, judgement=judgement, reason=reason)


def _place(measured: Measured) -> tuple[Judgement, str]:
    claim, summary = measured.claim, measured.summary
    if not claim.is_of_run:
        return Judgement.NOT_JUDGED, "no value of a run: judged by a rule of its own"
    if summary is None:
        return Judgement.NOT_RUN, "no completed run of its experiment"
    if not measured.on_mnist.all():
        return Judgement.NOT_JUDGED, "made with the stand-in, which says nothing about MNIST"
    if claim.metric in {"seconds_per_period", "total_seconds"}:
        return Judgement.NOT_COMPARABLE, "a time on other hardware"
    if claim.metric == "learning_rate":
        return _compare_rates(measured)
    return _compare_with_one_run(claim, summary)


def _compare_rates(measured: Measured) -> tuple[Judgement, str]:
    if (different := find_other_rates(measured.claim, measured.values)).size:
        ours = ", ".join(map(str, different))
        return Judgement.DIFFERENT, f"ours is {ours} in float32"
    return Judgement.EQUAL, "the same float32 number"


def _compare_with_one_run(claim: Claim, summary: Summary) -> tuple[Judgement, str]:
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


def find_final_accuracy(claims: Iterable[Claim], *, protocol: Protocol) -> Claim | None:
    """Return the final accuracy that is reported of an experiment on the set on which ours is asserted, if any."""
    wanted = (protocol.id, "accuracy", None, None, protocol.gate.evaluation_set)
    found = (c for c in claims if (c.experiment, c.metric, c.period, c.at_best, c.evaluation_set) == wanted)
    return next(found, None)
