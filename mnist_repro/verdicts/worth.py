"""What a verdict on a reported run is worth: what it leaves possible, and what it would have found.

*Reproduced* says that nothing was found. How much that is worth depends on what would have been found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Material
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.summary import bound_difference, summarize
from mnist_repro.verdicts.causes.alternatives import read_instead
from mnist_repro.verdicts.detection import POWER
from mnist_repro.verdicts.measured import Runs, list_different_rates
from mnist_repro.verdicts.run_verdict import RunVerdict
from mnist_repro.verdicts.standing import Standing

_ACCURACIES = frozenset({"accuracy", "error"})


class Grade(Enum):
    """How much a verdict is worth."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"


# What is material where a document does not say it.
MATERIAL = Material()
# Of the alternatives a strong verdict tells apart the first fraction at least, and a weak one less than the second.
STRONG_SHARE, WEAK_SHARE = Fraction(2, 3), Fraction(1, 3)


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What a verdict is worth, beside its word."""

    #: the two ways of training differ by no more, in final accuracy as a fraction, at 5 %: the largest bound of those
    #: reported; NaN where none is, or with a single run
    within: float
    told_apart: tuple[str, ...]  #: ids of the alternatives of whose runs at least 80 % would be refuted
    tried: int  #: number of alternatives that are declared
    ran: int  #: of how many of them there are runs
    grade: Grade
    material: Material = MATERIAL  #: what makes it strong or weak


def assess_worth(
    verdict: RunVerdict,
    *,
    claims: Iterable[Claim],
    alternatives: Iterable[Variant],
    runs: Mapping[str, Sequence[RunRecord]],
    material: Material = MATERIAL,
) -> Worth:
    """Return what the verdict on a reported run is worth.

    Parameters
    ----------
    claims
        All claims of its document: printed learning rates tell alternatives apart too.
    alternatives
        Those that are declared, of any experiment; one without runs is not told apart.
    runs
        Pooled runs of alternatives, by id.
    material
        What its document calls material.
    """
    experiment = verdict.reported.experiment
    declared = [variant for variant in alternatives if variant.experiment == experiment]
    rates = [claim for claim in claims if (claim.experiment, claim.metric) == (experiment, "learning_rate")]
    told = tuple(
        variant.id
        for variant in declared
        if share_refuted(verdict, variant, records=runs.get(variant.id, ()), rates=rates) >= POWER
    )
    within = _find_within(verdict.standing) if verdict.standing else math.nan
    share = Fraction(len(told), len(declared)) if declared else Fraction(0)
    return Worth(
        within=within,
        told_apart=told,
        tried=len(declared),
        ran=sum(any(record.tells_of_mnist for record in runs.get(variant.id, ())) for variant in declared),
        grade=grade_verdict(within, share, material=material) if verdict.refuting_place else Grade.WEAK,
        material=material,
    )


def grade_verdict(within: float, share: Fraction, *, material: Material = MATERIAL) -> Grade:
    """Grade a verdict that could have refuted, by its bound and the fraction of alternatives that it tells apart."""
    if within <= material.strong_within and share >= STRONG_SHARE:
        return Grade.STRONG
    # An unknown bound is none.
    is_close = within <= material.weak_beyond
    return Grade.MODERATE if is_close and share >= WEAK_SHARE else Grade.WEAK


def _find_within(standing: Standing) -> float:
    """Return the largest bound of a final accuracy."""
    bounds = []
    for claim, values in list_final_accuracies(standing):
        low, high = claim.limits
        bounds.append(bound_difference(summarize(values), low=low, high=high) / claim.whole)
    return max(bounds, default=math.nan)


def list_final_accuracies(standing: Standing) -> list[tuple[Claim, NDArray[np.float64]]]:
    """Return the final accuracies with our values, of shape (runs,); the ends of curves, where none is reported."""
    last = np.cumsum([len(family) for family in standing.families]) - 1
    ends = [
        (family[-1], standing.ours[:, place])
        for family, place in zip(standing.families, last, strict=True)
        if family[-1].metric in _ACCURACIES
    ]
    return [(claim, values) for claim, values in ends if claim.period is None] or ends


def share_refuted(
    verdict: RunVerdict, variant: Variant, *, records: Sequence[RunRecord], rates: Sequence[Claim]
) -> Fraction:
    """Return the fraction of an alternative's runs that would be refuted in the document's place; 0 without any.

    Parameters
    ----------
    records
        The alternative's pooled runs. One that did not complete has no values to print, and is refuted.
    rates
        Claims about learning rates: where the alternative has others, all its runs are refuted.
    """
    made = Runs(records)
    if not made.judged:
        return Fraction(0)
    if list_different_rates(made.measure(claim) for claim in rates):
        return Fraction(1)
    if verdict.standing is None and verdict.exact is None:
        return Fraction(0)
    values = np.stack([measure_as(variant, made, claim) for claim in verdict.reported.claims], axis=1)
    finite = np.isfinite(values).all(axis=1)
    refuted = int(verdict.refutes(values[finite]).sum())
    unfinished = sum(record.status == "diverged" for record in records)
    return Fraction(refuted + int((~finite).sum()) + unfinished, len(values) + unfinished)


def measure_as(variant: Variant, made: Runs, claim: Claim) -> NDArray[np.float64]:
    """Return what an alternative's runs measured of a claim, of shape (runs,), on the set that it reads instead."""
    return made.measure(read_instead(claim, variant)).judged
