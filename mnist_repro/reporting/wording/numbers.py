"""Claims and their values as words, the same in the terminal and on every page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from mnist_repro.documents.claim import Claim
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.wording.digits import (
    MINUS,
    UNKNOWN,
    count_decimals,
    join_interval,
    name_p,
    part_decimals,
    write,
)
from mnist_repro.stats.summary import Interval, Summary
from mnist_repro.verdicts.document import Family
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import JUDGED, Judgement, Measured

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
# Half of it is less than the last digit that is shown of any loss.
_LEAST_SHOWN = 0.0001

_FRACTIONS = frozenset({"accuracy", "error", "accuracy_promise", "accuracy_target"})
_TIMES = frozenset({"seconds_per_period", "total_seconds"})


def format_subject(claim: Claim) -> str:
    """Name the set and the metric of a claim, how it was chosen, and its run where it is not the experiment's first."""
    words = (claim.evaluation_set, _METRICS[claim.metric], format_choice(claim), claim.run and f"of {claim.run}")
    return " ".join(filter(None, words))


def format_choice(claim: Claim) -> str:
    """Say how a claim is no plain value of one run; empty for one that is."""
    best = {claim.evaluation_set: "at its best", None: ""}.get(claim.at_best, f"at the best on {claim.at_best}")
    return ", ".join(filter(None, (best, claim.made_as, "at least" if claim.at_least else "")))


def format_last(claim: Claim, *, points: int) -> str:
    """Name the last claim of a family with so many points: of a curve, its end."""
    subject = format_subject(claim)
    return f"final {subject} ({points}-point curve)" if points > 1 else subject


def format_number(value: float, claim: Claim) -> str:
    """Format one of our values in the unit in which pages show the claim: fractions as percent."""
    if math.isnan(value):
        return UNKNOWN
    if claim.metric == "learning_rate":
        # The shortest digits that identify a float32, as TensorFlow prints it.
        return str(np.float32(value))
    shown = _scale(claim) * value
    return f"{write(shown, _count_least(shown, claim))}{_unit(claim)}"


def _scale(claim: Claim) -> float:
    return 100.0 / claim.whole if claim.metric in _FRACTIONS else 1.0


def _unit(claim: Claim) -> str:
    return " %" if claim.metric in _FRACTIONS else " s" if claim.metric in _TIMES else ""


def _count_least(shown: float, claim: Claim) -> int:
    """Return the decimals of a value: 2 of a percentage, 4 of a loss, of a time as many as show three digits."""
    return count_decimals(shown) if claim.metric in _TIMES else 2 if claim.metric in _FRACTIONS else 4


def format_tick(value: float, claim: Claim) -> str:
    """Label a tick on the axis of a claim, with as many digits as it needs."""
    # Adding 0 drops the sign of a value that rounds to 0.
    return f"{round(_scale(claim) * value, 10) + 0.0:.4g}{_unit(claim)}".replace("-", MINUS)


def format_reported(claim: Claim) -> str:
    """Format the value in the document: fractions as percent, with no digit that was not printed.

    A value whose printed unit is not the true one stays as it is printed: that is what contradicts it. A count does
    too, and its percentage follows.
    """
    if claim.printed_unit not in {None, claim.unit}:
        return format_printed(claim)
    if claim.unit == "images":
        return f"{format_printed(claim)} ({format_number(claim.value, claim)})"
    if claim.metric in _FRACTIONS:
        # The last digits of a percentage may be a float's noise: 10.879999999999999.
        decimals = min(2, claim.decimals) if claim.unit == "percent" else max(0, claim.decimals - 2)
        return f"{_scale(claim) * claim.value:.{decimals}f} %"
    if claim.metric == "loss":
        return f"{claim.value:.{min(4, claim.decimals)}f}"
    if claim.unit == "seconds":
        return f"{claim.value:.{claim.decimals}f} s"
    return f"{claim.value:g}" if claim.metric == "label" else claim.printed


def format_printed(claim: Claim) -> str:
    """Quote the value as the document prints it, with the unit that it prints."""
    return f"{claim.printed}{format_printed_unit(claim)}"


def format_printed_unit(claim: Claim) -> str:
    """Return what stands behind the printed number: a percent sign, or of how many images a count is."""
    return " %" if (claim.printed_unit or claim.unit) == "percent" else f" of {claim.of:,}" if claim.of else ""


def format_quoted(claim: Claim) -> str:
    """Quote the value as printed, with what it is in the unit of ours where that differs."""
    printed, shown = format_printed(claim), format_reported(claim)
    if claim.metric not in _FRACTIONS | _TIMES or claim.unit == "percent" or printed == shown:
        return printed
    return shown if shown.startswith(f"{printed} ") else f"{printed} ({shown})"


def format_interval(interval: Interval, claim: Claim, *, like: float | None = None) -> str:
    """Format an interval in the unit of the claim; empty for a learning rate, which is the same in every run.

    Parameters
    ----------
    like
        For times: the value whose decimals are taken, so that an interval has those of its mean. None takes the upper
        end.
    """
    if claim.metric == "learning_rate":
        return ""
    if math.isnan(interval.low):
        return UNKNOWN
    cut = _cut(interval, claim)
    decimals = part_decimals(cut, _count_least(cut.high if like is None else _scale(claim) * like, claim))
    low, high = write(cut.low, decimals), write(cut.high, decimals)
    return f"{f'{low} to ' if low != high else ''}{high}{_unit(claim)}"


def _cut(interval: Interval, claim: Claim) -> Interval:
    """Return an interval in the unit of pages, without what is impossible: below 0, or above 100 %."""
    most = 100.0 if claim.metric in _FRACTIONS else math.inf
    return Interval(max(_scale(claim) * interval.low, 0.0), min(_scale(claim) * interval.high, most))


def format_mean(summary: Summary, claim: Claim) -> str:
    """Format the mean over runs with its confidence interval."""
    mean = format_number(summary.mean, claim)
    if claim.metric == "learning_rate":
        return mean
    if math.isnan(summary.mean_interval.low):
        return f"{mean} ({UNKNOWN})"
    shown = _scale(claim) * summary.mean
    return join_interval(shown, _cut(summary.mean_interval, claim), _count_least(shown, claim), unit=_unit(claim))


def format_one_run(measured: Measured) -> str:
    """Format where one of our runs lies in 95 % of cases; empty without runs."""
    mean = measured.summary.mean if measured.summary else math.nan
    return format_interval(measured.one_run, measured.claim, like=mean) if measured.summary else ""


def format_difference(value: float, claim: Claim) -> str:
    """Format a difference between values of a claim, with its sign: fractions in percentage points, losses in nats."""
    if math.isnan(value):
        return UNKNOWN
    shown = _scale(claim) * value
    return f"{write(shown, _count_least(shown, claim), signed=True)} {format_difference_unit(claim)}"


def format_difference_unit(claim: Claim) -> str:
    """Name the unit of differences between values of a claim."""
    return "points" if claim.metric in _FRACTIONS else "nats"


def format_half_unit(claim: Claim) -> str:
    """Format half a unit of the last printed digit; what is smaller than any shown digit only by its bound."""
    half, unit = _scale(claim) * claim.half_unit, format_difference_unit(claim)
    return f"< {_LEAST_SHOWN} {unit}" if half < _LEAST_SHOWN else f"{half:.1g} {unit}"


def format_difference_interval(value: float, interval: Interval, claim: Claim) -> str:
    """Format a difference between values of a claim with its interval; the unit stands once, at the end."""
    if math.isnan(interval.low):
        return f"{format_difference(value, claim)} ({UNKNOWN})"
    shown, ends = _scale(claim) * value, Interval(_scale(claim) * interval.low, _scale(claim) * interval.high)
    text = join_interval(shown, ends, _count_least(shown, claim), signed=True, unit="")
    return f"{text} {format_difference_unit(claim)}"


def format_verdict(family: Family) -> str:
    """Format the verdict with the p-value and the number of values inside one run's interval."""
    finding = family.finding
    word: str = finding.verdict.value
    if finding.verdict is Verdict.CONTRADICTED:
        # The document refutes it: where it lies among our runs is no argument.
        return word
    details = [] if finding.p is None else [name_p(finding.p)]
    if places := format_places(family):
        details.append(places)
    if family.claim.metric == "accuracy_promise":
        details.append(finding.reason)
    return f"{word} ({'; '.join(details)})" if details else word


def format_places(family: Family) -> str:
    """Count the values of a family inside the interval of one run; empty where that is not asked of any."""
    placed = sum(family.places[judgement] for judgement in JUDGED)
    counts = [(judgement.value, family.places[judgement]) for judgement in Judgement if judgement in JUDGED]
    if len(family.assessments) == 1:
        return next((name for name, count in counts if count), "")
    return ", ".join(f"{count} of {placed} {name}" for name, count in counts if count)


def list_family_cells(family: Family) -> tuple[str, ...]:
    """Return the cells of a family: its subject, the value in the document, ours, and the verdict."""
    claim, measured = family.claim, family.assessments[-1].measured
    summary, points = measured.summary, len(family.assessments)
    numbers = ("", "", "")
    if summary:
        numbers = format_mean(summary, claim), format_one_run(measured), str(summary.n)
    subject = format_last(claim, points=points)
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


STAND_IN_WARNING = (
    "A stand-in replaces MNIST, digits that come with scikit-learn: "
    "these runs say nothing about any value in the documents."
)
