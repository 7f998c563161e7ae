"""Numbers and claims as words: the same in the terminal and on every page."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.records.environment import Environment
from mnist_repro.records.pooling import Reason
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.estimates import Estimate
from mnist_repro.stats.summary import Interval, Summary
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.finding import DECIDED, Verdict
from mnist_repro.verdicts.measured import JUDGED, Judgement

UNKNOWN = "unknown"

_METRICS = {
    "loss": "loss",
    "accuracy": "accuracy",
    "error": "error",
    "learning_rate": "learning rate",
    "seconds_per_period": "seconds per period",
    "total_seconds": "seconds in all",
    "label": "label",
    "accuracy_promise": "accuracy promised",
    "accuracy_target": "accuracy asked for",
}
_FRACTIONS = frozenset({"accuracy", "error", "accuracy_promise", "accuracy_target"})


def format_subject(claim: Claim) -> str:
    """Say what a claim is about: set and metric."""
    metric = _METRICS[claim.metric]
    return f"{claim.evaluation_set} {metric}" if claim.evaluation_set else metric


def format_number(value: float, claim: Claim) -> str:
    """Format one of our numbers in the unit in which pages show the claim: fractions as percent."""
    if math.isnan(value):
        return UNKNOWN
    if claim.metric in _FRACTIONS:
        return f"{value if claim.unit == 'percent' else 100 * value:.2f} %"
    if claim.metric in {"seconds_per_period", "total_seconds"}:
        return f"{value:.1f} s"
    if claim.metric == "learning_rate":
        # The shortest digits that tell one float32 from the next, as TensorFlow prints it.
        return str(np.float32(value))
    return f"{value:.4f}"


def format_tick(value: float, claim: Claim) -> str:
    """Label a place on an axis of a claim's numbers, with as many digits as it has."""
    scale, unit = 1.0, ""
    if claim.metric in _FRACTIONS:
        scale, unit = 100.0 if claim.unit == "fraction" else 1.0, " %"
    elif claim.unit == "seconds":
        unit = " s"
    # What rounds to nothing has no sign of its own.
    return f"{round(scale * value, 10) + 0.0:.4g}{unit}"


def format_reported(claim: Claim) -> str:
    """Format the document's number; fractions as percent, with no digit that was not printed."""
    if claim.metric in _FRACTIONS and claim.unit == "fraction":
        return f"{100 * claim.value:.{max(0, claim.decimals - 2)}f} %"
    if claim.metric in _FRACTIONS:
        # A float's last digits say nothing: 10.879999999999999.
        return f"{claim.value:.{min(2, claim.decimals)}f} %"
    if claim.metric == "loss":
        return f"{claim.value:.{min(4, claim.decimals)}f}"
    if claim.unit == "seconds":
        return f"{claim.value:g} s"
    return claim.printed


def format_interval(interval: Interval, claim: Claim) -> str:
    """Format an interval in the claim's unit; empty for what is the same in every run."""
    if claim.metric == "learning_rate":
        return ""
    if math.isnan(interval.low):
        return UNKNOWN
    # Intervals from few runs reach beyond what can be: nothing here is negative, and no share is more than all.
    most = {"fraction": 1.0, "percent": 100.0}.get(claim.unit, math.inf)
    low, high = format_number(max(interval.low, 0.0), claim), format_number(min(interval.high, most), claim)
    unit = next((unit for unit in (" %", " s") if low.endswith(unit)), "")
    return f"{low.removesuffix(unit)} to {high}"


def format_mean(summary: Summary, claim: Claim) -> str:
    """Format the mean over runs with its confidence interval."""
    interval = format_interval(summary.mean_interval, claim)
    mean = format_number(summary.mean, claim)
    return f"{mean} ({interval})" if interval else mean


def format_difference(value: float, claim: Claim) -> str:
    """Format a difference between numbers of a claim's kind, with its sign: shares in points, losses in nats."""
    if math.isnan(value):
        return UNKNOWN
    digits, scale = (2, 1.0 if claim.unit == "percent" else 100.0) if claim.metric in _FRACTIONS else (4, 1.0)
    # What rounds to nothing has no sign of its own.
    return f"{round(scale * value, digits) + 0.0:+.{digits}f} {format_difference_unit(claim)}"


def format_difference_unit(claim: Claim) -> str:
    """Name the unit of differences between numbers of a claim's kind."""
    return "points" if claim.metric in _FRACTIONS else "nats"


def format_half_unit(claim: Claim) -> str:
    """Format what rounding may have taken from the printed number, by its first digit."""
    scale = 100.0 if claim.metric in _FRACTIONS and claim.unit == "fraction" else 1.0
    return f"{scale * claim.half_unit:.1g} {format_difference_unit(claim)}"


def format_difference_interval(value: float, interval: Interval, claim: Claim) -> str:
    """Format a difference between numbers of a claim's kind with its interval; the unit is said once."""
    unit = f" {format_difference_unit(claim)}"
    if math.isnan(interval.low):
        return f"{format_difference(value, claim)} ({UNKNOWN})"
    middle, low, high = (
        format_difference(end, claim).removesuffix(unit) for end in (value, interval.low, interval.high)
    )
    return f"{middle} ({low} to {high}){unit}"


def format_verdict(family: Family) -> str:
    """Give the verdict with what it rests on: the p-value, and where the numbers lie."""
    finding = family.finding
    details = [] if finding.p is None else [f"p = {finding.p:.2g}"]
    if places := format_places(family):
        details.append(places)
    return f"{finding.verdict.value} ({'; '.join(details)})" if details else finding.verdict.value


def format_places(family: Family) -> str:
    """Say how many of a family's numbers lie inside one run's interval; empty where none has a place."""
    placed = sum(family.places[judgement] for judgement in JUDGED)
    counts = [(judgement.value, family.places[judgement]) for judgement in Judgement if judgement in JUDGED]
    if len(family.assessments) == 1:
        return next((name for name, count in counts if count), "")
    return ", ".join(f"{count} of {placed} {name}" for name, count in counts if count)


def format_outcome(outcome: Counter[Verdict]) -> str:
    """Say in a sentence how many claims reproduce, of those that can be judged, and what became of the others."""
    decided = sum(outcome[verdict] for verdict in DECIDED)
    others = outcome.copy()
    del others[Verdict.REPRODUCED]
    rest = format_verdicts(others, named={Verdict.CONTRADICTED: "contradicted by their own document"})
    if not decided:
        return f"none of {outcome.total()} claims (a curve counts as one) can be judged: {rest}."
    reproduced = (
        f"{outcome[Verdict.REPRODUCED]} of {decided} claims that can be judged reproduce (a curve counts as one)"
    )
    return f"{reproduced}; {rest}." if rest else f"{reproduced}."


def format_verdicts(outcome: Counter[Verdict], *, named: Mapping[Verdict, str] | None = None) -> str:
    """Count verdicts, without a sentence; `named` has words for those that are not told by their value."""
    words = {verdict: verdict.value for verdict in Verdict} | dict(named or {})
    return ", ".join(f"{outcome[verdict]} {words[verdict]}" for verdict in Verdict if outcome[verdict])


def list_family_cells(family: Family) -> tuple[str, ...]:
    """Return what tables say of a family: its subject, the document's number, ours, and the verdict on all of it."""
    claim, summary = family.claim, family.assessments[-1].summary
    points = len(family.assessments)
    numbers = ("", "", "")
    if summary:
        numbers = format_mean(summary, claim), format_interval(summary.prediction_interval, claim), str(summary.n)
    subject = f"{format_subject(claim)}, last of {points}" if points > 1 else format_subject(claim)
    return subject, format_reported(claim), *numbers, format_verdict(family)


def format_left_out(left_out: Mapping[Reason, Sequence[int]], *, file: str) -> list[str]:
    """Say which lines of a file of records are not counted, and why: a sentence for each reason."""
    return [f"{file}, {format_lines(lines)}: not counted, {reason.value}." for reason, lines in left_out.items()]


def format_lines(lines: Sequence[int]) -> str:
    """Name lines of a file, those that follow each other as a range."""
    # In a range, a number and its place go up alike.
    ranges = [[line for _, line in run] for _, run in groupby(enumerate(lines), key=lambda entry: entry[1] - entry[0])]
    named = (f"{each[0]} to {each[-1]}" if len(each) > 1 else f"{each[0]}" for each in ranges)
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(named)}"


def format_sentence(text: str) -> str:
    """Make a sentence of words that begin small and have no end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def format_unfinished(record: RunRecord) -> str:
    """Say why a run did not complete."""
    return f"{record.experiment}, seed {record.seed}: {record.status}: {record.reason}"


def format_environment(environment: Environment) -> str:
    """Name what decides an environment's numbers, in a line."""
    return (
        f"TensorFlow {environment.tensorflow}, Keras {environment.keras}, NumPy {environment.numpy}, "
        f"Python {environment.python}; {environment.system}, {environment.processor}"
    )


def escape_markdown(text: object) -> str:
    """Make any text safe within a line or a table cell of a Markdown page."""
    escaped = html.escape(" ".join(str(text).split()), quote=False)
    for character in "\\`*_[]|~":
        escaped = escaped.replace(character, f"\\{character}")
    return escaped


def format_estimate(estimate: Estimate) -> str:
    """Format a ratio with its interval."""
    interval = estimate.interval
    if math.isnan(interval.low):
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} ({interval.low:.3g} to {interval.high:.3g})"


STAND_IN_WARNING = (
    "A stand-in for MNIST is used, digits that come with scikit-learn: "
    "these runs say nothing about any number of the documents."
)
