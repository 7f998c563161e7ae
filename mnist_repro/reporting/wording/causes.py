"""Findings of the cause finder in words, the same in the terminal and on the pages."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mnist_repro.documents.variant import FIRST_STEPS
from mnist_repro.reporting.wording.digits import UNKNOWN, format_estimate, format_fraction, format_p
from mnist_repro.reporting.wording.numbers import format_difference_interval
from mnist_repro.stats.estimates import Estimate
from mnist_repro.verdicts.causes.alternatives import Answer, Cause
from mnist_repro.verdicts.causes.finder import ExperimentCauses
from mnist_repro.verdicts.causes.rounding import RoundingSensitivity
from mnist_repro.verdicts.finding import LEVEL


def summarize_causes(causes: Sequence[ExperimentCauses]) -> str:
    """Count excluded and possible alternatives in a sentence."""
    tried = [cause.answer for experiment in causes for cause in experiment.alternatives]
    counts = {answer: tried.count(answer) for answer in Answer}
    text = f"of {len(tried)} alternatives {counts[Answer.EXCLUDED]} are excluded and {counts[Answer.POSSIBLE]} possible"
    if counts[Answer.ALIKE]:
        text += f"; {counts[Answer.ALIKE]} cannot be told apart from the reconstruction"
    return f"{text}; for {counts[Answer.UNKNOWN]} there are too few runs." if counts[Answer.UNKNOWN] else f"{text}."


def count_tests(causes: Sequence[ExperimentCauses]) -> str:
    """Say how many tests were made, and that no p-value is adjusted for the others; empty without a test."""
    tests = sum(cause.p is not None for experiment in causes for cause in experiment.ways)
    if not tests:
        return ""
    return (
        f"These are {tests} tests, each at {float(100 * LEVEL):.0f} % by itself: p is adjusted for none of the others. "
        f"Were all of these ways possible, chance would exclude {float(LEVEL * tests):.1f}."
    )


def list_cause_cells(cause: Cause) -> list[str]:
    """Return the cells of an alternative: choice, change, runs, effects on accuracy and loss, p, power, answer."""
    variant = cause.variant
    runs = f"{cause.runs}, {cause.unfinished} not completed" if cause.unfinished else str(cause.runs)
    effects = {e.claim.metric: format_difference_interval(e.difference, e.interval, e.claim) for e in cause.effects}
    return [
        variant.choice if variant else "as reconstructed",
        variant.change if variant else "",
        runs,
        effects.get("accuracy", ""),
        effects.get("loss", ""),
        "" if cause.p is None else format_p(cause.p),
        "" if cause.excludes is None else format_fraction(cause.excludes),
        cause.answer.value,
    ]


def list_rounding_cells(sensitivity: RoundingSensitivity) -> list[str]:
    """Return the cells of the effect of rounding: runs, ratio of standard deviations, steps, and the consequence."""
    is_known = not math.isnan(sensitivity.ratio)
    ratio = format_estimate(Estimate(sensitivity.ratio, sensitivity.interval)) if is_known else UNKNOWN
    return [str(sensitivity.pairs), ratio, _format_parted(sensitivity), sensitivity.effect.value]


def _format_parted(sensitivity: RoundingSensitivity) -> str:
    if math.isnan(sensitivity.parted):
        return UNKNOWN
    if math.isinf(sensitivity.parted):
        return f"more than {FIRST_STEPS} steps"
    return f"{sensitivity.parted:g} steps (median of {sensitivity.followed})"
