"""Numbers and claims as words, the same in the terminal and on every page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import Interval, Summary
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.measured import JUDGED, Judgement

UNKNOWN = "unknown"

_METRICS = {
    "loss": "loss",
    "accuracy": "accuracy",
    "error": "error",
    "learning_rate": "learning rate",
    "seconds_per_period": "time per period",
    "total_seconds": "total time",
    "label": "label",
    "accuracy_promise": "accuracy (stated)",
    "accuracy_target": "accuracy (target)",
}
_FRACTIONS = frozenset({"accuracy", "error", "accuracy_promise", "accuracy_target"})
_TIMES = frozenset({"seconds_per_period", "total_seconds"})


def format_subject(claim: Claim) -> str:
    """Name the set and the metric of a claim."""
    metric = _METRICS[claim.metric]
    return f"{claim.evaluation_set} {metric}" if claim.evaluation_set else metric


def format_number(value: float, claim: Claim, *, like: float | None = None) -> str:
    """Format one of our values in the unit in which pages show the claim: fractions as percent.

    Parameters
    ----------
    like
        For times: the value whose decimals are taken, so that an interval has those of its mean. None takes `value`.
    """
    if math.isnan(value):
        return UNKNOWN
    if claim.metric in _FRACTIONS:
        return f"{value if claim.unit == 'percent' else 100 * value:.2f} %"
    if claim.metric in _TIMES:
        return f"{value:.{_count_decimals(value if like is None else like)}f} s"
    if claim.metric == "learning_rate":
        # The shortest digits that identify a float32, as TensorFlow prints it.
        return str(np.float32(value))
    return f"{value:.4f}"


def _count_decimals(value: float) -> int:
    """Return the decimals that show three significant digits of a value, 4 at most."""
    return min(4, max(0, 2 - math.floor(math.log10(abs(value))))) if value and math.isfinite(value) else 2


def format_tick(value: float, claim: Claim) -> str:
    """Label a tick on the axis of a claim, with as many digits as it needs."""
    scale, unit = 1.0, ""
    if claim.metric in _FRACTIONS:
        scale, unit = 100.0 if claim.unit == "fraction" else 1.0, " %"
    elif claim.unit == "seconds":
        unit = " s"
    # Adding 0 drops the sign of a value that rounds to 0.
    return f"{round(scale * value, 10) + 0.0:.4g}{unit}"


def format_reported(claim: Claim) -> str:
    """Format the value in the document: fractions as percent, with no digit that was not printed."""
    if claim.metric in _FRACTIONS and claim.unit == "fraction":
        return f"{100 * claim.value:.{max(0, claim.decimals - 2)}f} %"
    if claim.metric in _FRACTIONS:
        # The last digits of a float are noise: 10.879999999999999.
        return f"{claim.value:.{min(2, claim.decimals)}f} %"
    if claim.metric == "loss":
        return f"{claim.value:.{min(4, claim.decimals)}f}"
    if claim.unit == "seconds":
        return f"{claim.value:g} s"
    return f"{claim.value:g}" if claim.metric == "label" else claim.printed


def format_interval(interval: Interval, claim: Claim, *, like: float | None = None) -> str:
    """Format an interval in the unit of the claim; empty for a learning rate, which is the same in every run.

    Parameters
    ----------
    like
        As for `format_number`; None takes the upper end.
    """
    if claim.metric == "learning_rate":
        return ""
    if math.isnan(interval.low):
        return UNKNOWN
    # Intervals from few runs reach beyond what is possible: below 0, or above 100 %.
    most = {"fraction": 1.0, "percent": 100.0}.get(claim.unit, math.inf)
    ends = max(interval.low, 0.0), min(interval.high, most)
    low, high = (format_number(end, claim, like=ends[1] if like is None else like) for end in ends)
    unit = next((unit for unit in (" %", " s") if low.endswith(unit)), "")
    return f"{low.removesuffix(unit)} to {high}"


def format_mean(summary: Summary, claim: Claim) -> str:
    """Format the mean over runs with its confidence interval."""
    interval = format_interval(summary.mean_interval, claim, like=summary.mean)
    mean = format_number(summary.mean, claim)
    return f"{mean} ({interval})" if interval else mean


def format_difference(value: float, claim: Claim) -> str:
    """Format a difference between values of a claim, with its sign: fractions in percentage points, losses in nats."""
    if math.isnan(value):
        return UNKNOWN
    digits, scale = (2, 1.0 if claim.unit == "percent" else 100.0) if claim.metric in _FRACTIONS else (4, 1.0)
    # Adding 0 drops the sign of a value that rounds to 0.
    return f"{round(scale * value, digits) + 0.0:+.{digits}f} {format_difference_unit(claim)}"


def format_difference_unit(claim: Claim) -> str:
    """Name the unit of differences between values of a claim."""
    return "points" if claim.metric in _FRACTIONS else "nats"


def format_half_unit(claim: Claim) -> str:
    """Format half a unit of the last printed digit."""
    scale = 100.0 if claim.metric in _FRACTIONS and claim.unit == "fraction" else 1.0
    return f"{scale * claim.half_unit:.1g} {format_difference_unit(claim)}"


def format_difference_interval(value: float, interval: Interval, claim: Claim) -> str:
    """Format a difference between values of a claim with its interval; the unit stands once, at the end."""
    unit = f" {format_difference_unit(claim)}"
    if math.isnan(interval.low):
        return f"{format_difference(value, claim)} ({UNKNOWN})"
    middle, low, high = (
        format_difference(end, claim).removesuffix(unit) for end in (value, interval.low, interval.high)
    )
    return f"{middle} ({low} to {high}){unit}"


def format_verdict(family: Family) -> str:
    """Format the verdict with the p-value and the number of values inside one run's interval."""
    finding = family.finding
    details = [] if finding.p is None else [f"p = {finding.p:.2g}"]
    if places := format_places(family):
        details.append(places)
    return f"{finding.verdict.value} ({'; '.join(details)})" if details else finding.verdict.value


def format_places(family: Family) -> str:
    """Count the values of a family inside the interval of one run; empty where that is not asked of any."""
    placed = sum(family.places[judgement] for judgement in JUDGED)
    counts = [(judgement.value, family.places[judgement]) for judgement in Judgement if judgement in JUDGED]
    if len(family.assessments) == 1:
        return next((name for name, count in counts if count), "")
    return ", ".join(f"{count} of {placed} {name}" for name, count in counts if count)


def list_family_cells(family: Family) -> tuple[str, ...]:
    """Return the cells of a family: its subject, the value in the document, ours, and the verdict."""
    claim, summary = family.claim, family.assessments[-1].summary
    points = len(family.assessments)
    numbers = ("", "", "")
    if summary:
        one_run = format_interval(summary.prediction_interval, claim, like=summary.mean)
        numbers = format_mean(summary, claim), one_run, str(summary.n)
    subject = f"{format_subject(claim)}, last of a curve of {points}" if points > 1 else format_subject(claim)
    return subject, format_reported(claim), *numbers, format_verdict(family)


def list_remarks(result: EnvironmentResult, *, file: str) -> list[str]:
    """Return sentences on how experiments were made differently, and why lines of a file of records are excluded."""
    made = [
        f"{name} {', '.join(f'{value} in {_list_words(experiments)}' for value, experiments in values.items())}"
        for name, values in result.differing.items()
    ]
    excluded = (f"{file}, {format_lines(each)}: excluded, {reason.value}." for reason, each in result.left_out.items())
    return [*([f"The experiments were not made alike: {'; '.join(made)}."] if made else []), *excluded]


def _list_words(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def format_lines(lines: Sequence[int]) -> str:
    """Name lines of a file, consecutive lines as a range."""
    # Within a range, the difference of a number and its place stays the same.
    ranges = [[line for _, line in run] for _, run in groupby(enumerate(lines), key=lambda entry: entry[1] - entry[0])]
    named = (f"{each[0]} to {each[-1]}" if len(each) > 1 else f"{each[0]}" for each in ranges)
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(named)}"


def format_sentence(text: str) -> str:
    """Capitalize the first letter, and end with a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def format_unfinished(record: RunRecord) -> str:
    """Return a line with the reason why a run did not complete."""
    return f"{record.experiment}, seed {record.seed}: {record.status}: {record.reason}"


def format_made_with(result: EnvironmentResult) -> str:
    """Return `format_environment` of the newest run, and what differs between experiments."""
    differing = f"; experiments differ in {_list_words(tuple(result.differing))}" if result.differing else ""
    return f"{format_environment(result.environment)}{differing}"


def format_environment(environment: Environment) -> str:
    """Return a line with the versions, system and processor of an environment."""
    return (
        f"TensorFlow {environment.tensorflow}, Keras {environment.keras}, NumPy {environment.numpy}, "
        f"Python {environment.python}; {environment.system}, {environment.processor}"
    )


def format_estimate(estimate: Estimate) -> str:
    """Format a ratio to three significant digits, with its interval to as many decimals."""
    interval, decimals = estimate.interval, _count_decimals(estimate.value)
    value = f"{estimate.value:.{decimals}f}"
    if math.isnan(interval.low):
        return value
    return f"{value} ({interval.low:.{decimals}f} to {interval.high:.{decimals}f})"


STAND_IN_WARNING = (
    "A stand-in replaces MNIST, digits that come with scikit-learn: "
    "these runs say nothing about any value in the documents."
)
