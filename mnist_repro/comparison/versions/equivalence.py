"""How nearly equal versions are, and which shift would have been seen: what "no difference" is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mnist_repro.comparison.runs import find_losses, notice
from mnist_repro.comparison.versions.pairwise import Drift, ExperimentDrift, subtract
from mnist_repro.records.metrics import Quantity
from mnist_repro.stats.summary import CONFIDENCE
from mnist_repro.verdicts.finding import SIGNIFICANCE

POWER = 0.8
_SEED = 20_181_201
# Enough for p-values of a thousandth, at which shifts are seen; more change no digit that is shown.
_EXCHANGES = 10_000
_ROUNDING = 1e-9
_LARGEST, _STEPS = 10.0, 10  # standard deviations, and halvings of what is between


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """What is known of one experiment on all versions beside the reference."""

    experiment: str
    classes: int  #: number of classes of versions, equal up to rounding
    #: no version moves the mean final accuracy by more, a fraction, at 95 % over all experiments; NaN where unknown
    bound: float
    #: shift of all values of a run, in standard deviations over seeds, that the tests see with 80 %; 0 where all
    #: versions are equal up to rounding
    visible_run: float
    visible_accuracy: float  #: the same of the final accuracy alone
    standard_deviation: float  #: of the final accuracy over the reference's seeds, a fraction


def measure_equivalence(drift: Drift) -> tuple[Equivalence, ...]:
    """Bound what versions may change in every experiment, and find the shifts that would have been seen.

    Notes
    -----
    The bound of a version is ``|D| + t * s / sqrt(n)`` with the mean D and standard deviation s of the n differences
    from the reference of the same seeds, two one-sided tests [1]_; t is Student's quantile at 5 % divided by the number
    of classes of all experiments. The experiment's is the largest.

    For the visible shift, the differences of each class from the reference are shifted, up and down, until the test
    between classes finds it at 5 % divided by all tests; in four of five cases a shift of this size is found.

    References
    ----------
    .. [1] D. J. Schuirmann, "A comparison of the Two One-Sided Tests Procedure and the Power Approach for assessing the
       equivalence of average bioavailability", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987), 657-680.
    """
    classes = sum(len(each.classes) for each in drift.experiments.values())
    level = SIGNIFICANCE / max(1, len(drift.pairs))
    return tuple(
        _measure(experiment, each, classes=classes, level=level)
        for experiment, each in drift.experiments.items()
        if each.beside
    )


def _measure(experiment: str, drift: ExperimentDrift, *, classes: int, level: float) -> Equivalence:
    differences = [pair.agreement.accuracy for pair in drift.beside.values()]
    quantiles = [special.stdtrit(each.n - 1, 1 - (1 - CONFIDENCE) / classes) for each in differences]
    bounds = [
        abs(each.mean) + quantile * each.standard_deviation / np.sqrt(each.n)
        for each, quantile in zip(differences, quantiles, strict=True)
    ]
    reference = next(iter(drift.runs.values()))
    deviations = reference.values.std(axis=0, ddof=min(1, len(reference.seeds) - 1))
    worse = np.where(find_losses(reference.quantities), deviations, -deviations)
    final = np.arange(len(worse)) == reference.find_final("accuracy")
    parted = [subtract(reference, drift.runs[members[0]]) for members in drift.classes if members[0] in drift.beside]
    return Equivalence(
        experiment=experiment,
        classes=len(drift.classes),
        bound=float(max(bounds)),
        visible_run=_find_visible(parted, worse, quantities=reference.quantities, level=level),
        visible_accuracy=_find_visible(
            parted, np.where(final, worse, 0.0), quantities=reference.quantities, level=level
        ),
        standard_deviation=float(deviations[final][0]),
    )


def _find_visible(
    parted: Sequence[NDArray[np.float64]], shift: NDArray[np.float64], *, quantities: Sequence[Quantity], level: float
) -> float:
    """Return the multiple of `shift`, of shape (points,), that is seen in 80 % of differences between classes."""
    found = [
        _find_first_seen(each, way * shift, quantities=quantities, level=level) for each in parted for way in (-1, 1)
    ]
    return float(np.quantile(found, POWER, method="higher")) if found else 0.0


def _find_first_seen(
    differences: NDArray[np.float64], shift: NDArray[np.float64], *, quantities: Sequence[Quantity], level: float
) -> float:
    """Return the smallest multiple of a shift that the exchange of runs shows; infinite where none does."""
    generator = np.random.default_rng([_SEED, len(differences)])
    signs = np.where(generator.random((_EXCHANGES, len(differences))) < 0.5, -1.0, 1.0)  # noqa: PLR2004 - a coin
    # The differences as they are come first.
    signs[0] = 1.0
    moves = shift != 0

    def reach(points: NDArray[np.float64]) -> NDArray[np.float64]:
        scale = np.sqrt(np.square(points).sum(axis=0))
        # A column for each exchange, and no other array of this size: that takes a third of the time.
        sums = (points / np.where(scale > 0, scale, 1.0)).T @ signs.T
        return np.asarray(np.abs(sums, out=sums).max(axis=0, initial=0.0))

    fixed = reach(notice(differences, quantities=quantities)[:, ~moves])

    def is_seen(size: float) -> bool:
        moved = notice(differences + size * shift, quantities=quantities)[:, moves]
        reached = np.maximum(fixed, reach(moved))
        return bool((reached >= reached[0] * (1 - _ROUNDING)).mean() <= level)

    low, high = 0.0, _LARGEST
    if not is_seen(high):
        return float("inf")
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_seen(middle) else (middle, high)
    return high
