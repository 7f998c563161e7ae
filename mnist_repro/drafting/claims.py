"""Results with their answers become claims; what is no claim has a reason."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mnist_repro.documents.claim import read_number, read_whole
from mnist_repro.drafting.grammar import Value
from mnist_repro.drafting.promises import Promise
from mnist_repro.drafting.questions import Answers, is_running, is_unit_doubtful, name_quantity, name_unit_key, set_of
from mnist_repro.drafting.series import Findings, Result
from mnist_repro.drafting.text import StoredText

_CUT = "The bar prints minutes:seconds and cuts the elapsed time to whole seconds."
_SMOOTHED = "The bar prints a smoothed average of the periods so far, not the last period's time."
VAGUER = "Another line has the same, and says of which images."
OTHER_VALUE = "Another line has another value of the same run, period and images by the answers: look which is meant."
_SQUARED = re.compile(r"mse_loss|MSELoss|mean_squared_error|loss\s*=\s*['\"]mse")
_PROMISED = "Stated in prose as a rough value."


@dataclass(frozen=True, kw_only=True)
class DraftedClaim:
    """An entry of `claims.toml`."""

    subject: str  #: id of the experiment, or what the claim is about
    of_run: int  #: counted from 1; 0 where it is about none
    quantity: str
    metric: str
    unit: str
    line: int
    printed: str
    cell: str
    evaluation_set: str | None = None
    period: int | None = None
    printed_unit: str | None = None
    cut: bool = False
    example: int | None = None
    note: str | None = None


def make_claims(
    text: StoredText, findings: Findings, promises: Sequence[Promise], answers: Answers
) -> list[DraftedClaim]:
    """Return the claims; what an answer makes none is excused on its line."""
    first = int(answers.get("first-period", "1"))
    claims = []
    is_squared = any(_SQUARED.search(code) for _, code in text.sources())
    _drop_vaguer(findings, answers)
    for result in findings.results:
        if result.metric == "loss" and is_squared:
            findings.lines[result.line].excuse_value(result.value, "The source has a squared error: no cross-entropy.")
        elif is_running(result, answers):
            reason = "Running mean over the period's batches: no experiment measures it."
            findings.lines[result.line].excuse_value(result.value, reason)
        elif result.mark is not None and result.mark < first:
            findings.lines[result.line].excuse_value(result.value, "Before the first period.")
        elif result.mark is not None and result.metric == "total_seconds":
            findings.lines[result.line].excuse_value(result.value, "Time so far.")
        else:
            claims.append(_claim(result, answers, first=first))
    if answers.get("promises", "no") == "yes":
        claims += _promise_claims(text, promises, claims, answers)
    return claims


def _drop_vaguer(findings: Findings, answers: Answers) -> None:
    """Of two results that are the same by the answers, keep the one that names its images, or the last."""
    kept: dict[tuple[object, ...], Result] = {}
    for result in findings.results:
        key = (result.run, result.metric, set_of(result, answers), result.mark, result.example)
        other = kept.get(key)
        if other is None or result.evaluation_set is not None or other.evaluation_set is None:
            kept[key] = result
        if other is not None:
            vaguer = other if kept[key] is result else result
            is_same = _is_printed_alike(vaguer, kept[key])
            findings.lines[vaguer.line].excuse_value(vaguer.value, VAGUER if is_same else OTHER_VALUE)
    findings.results[:] = sorted(kept.values(), key=lambda result: (result.run, result.line, result.value.start))


def _is_printed_alike(first: Result, second: Result) -> bool:
    """Whether two printed numbers are one value, in whatever unit, by the digits of the coarser."""
    (one, decimals), (other, others) = (_read_fraction(result.value) for result in (first, second))
    return abs(one - other) <= 0.5 * 10.0 ** -min(decimals, others) * (1 + 1e-9)


def _read_fraction(value: Value) -> tuple[float, int]:
    """Return a printed number, a percentage or a count as a fraction, and its decimals."""
    unit = {"%": "percent", "images": "images"}.get(value.unit, "seconds")
    number, decimals = read_number(value.text, unit=unit)
    whole = read_whole(value.text, unit=unit)
    return number / whole, decimals + round(math.log10(whole))


def _claim(result: Result, answers: Answers, *, first: int) -> DraftedClaim:
    on = set_of(result, answers)
    unit, printed_unit = _units(result, on, answers)
    is_bar = result.value.name in ("rate", "elapsed")
    is_label = result.metric == "label"
    return DraftedClaim(
        subject=f"{answers['id']}-example-{result.example}" if is_label else answers[f"run-{result.run}"],
        of_run=result.run,
        quantity=name_quantity(result.metric, on),
        metric=result.metric,
        unit=unit,
        line=result.line,
        printed=result.value.text,
        cell=result.cell,
        evaluation_set=on,
        period=None if result.mark is None else result.mark - first + 1,
        printed_unit=printed_unit,
        cut=is_bar and result.metric == "total_seconds",
        example=result.example,
        note={"total_seconds": _CUT, "seconds_per_period": _SMOOTHED}.get(result.metric) if is_bar else None,
    )


def _units(result: Result, on: str | None, answers: Answers) -> tuple[str, str | None]:
    """Return the true unit, and the printed one where it is another."""
    if result.metric in ("accuracy", "error"):
        printed = {"%": "percent", "images": "images"}.get(result.value.unit, "fraction")
        # One name may stand for a fraction and a percentage; an error in percent may fall below 1.
        is_asked = printed != "images" and (result.metric == "error" or is_unit_doubtful(result))
        unit = answers.get(name_unit_key(result, on), printed) if is_asked else printed
        return unit, printed if result.value.unit == "%" and printed != unit else None
    fixed = {"loss": "nat", "learning_rate": "1", "label": "1"}
    return fixed.get(result.metric, "seconds"), None


def _promise_claims(
    text: StoredText, promises: Sequence[Promise], claims: Sequence[DraftedClaim], answers: Answers
) -> list[DraftedClaim]:
    """Return what prose states of the next run of the text, or of the last where none follows."""
    first_lines = {run: min(c.line for c in claims if c.of_run == run) for run in {c.of_run for c in claims} - {0}}
    if not first_lines and "run-1" in answers.questions:
        first_lines = {1: 0}
    made: list[DraftedClaim] = []
    for promise in promises if first_lines else ():
        following = [run for run, line in first_lines.items() if line > promise.line]
        run = min(following or first_lines, key=lambda each: abs(first_lines[each] - promise.line))
        metric = "accuracy_target" if promise.is_target else "accuracy_promise"
        quantity = metric.replace("_", "-")
        count = sum(claim.of_run == run and claim.metric == metric for claim in made)
        accuracies = [c for c in claims if c.of_run == run and c.metric == "accuracy"]
        final = next((c.evaluation_set for c in accuracies if c.period is None), None)
        on = promise.evaluation_set or final or next((c.evaluation_set for c in accuracies), "test")
        claim = DraftedClaim(
            subject=answers[f"run-{run}"],
            of_run=run,
            quantity=f"{quantity}-{count + 1}" if count else quantity,
            metric=metric,
            unit=promise.unit,
            line=promise.line,
            printed=promise.printed,
            cell=_cell_after(text, promise),
            evaluation_set=on,
            note=_PROMISED,
        )
        made.append(claim)
    return made


def _cell_after(text: StoredText, promise: Promise) -> str:
    """Return the cell that a sentence stands in or before."""
    if text.lines[promise.line - 1].kind == "source":
        return text.cells[promise.cell].label
    following = (
        text.cells[line.cell].label
        for line in text.lines[promise.line :]
        if line.cell != promise.cell and text.cells[line.cell].order >= 0
    )
    label = next(following, None)
    return f"text before {label}" if label else "text"
