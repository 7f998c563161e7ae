"""Testing while runs come in: looking after every run costs nothing, because the rule says when to stop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_repro.stats.places import family_weights, standardize

# Where the first runs all agree, a run that differs lies very far off, and not infinitely.
_SMALLEST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Sequential:
    """What the runs so far say of a document's run."""

    p: Fraction  #: exact p-value if `is_final`; else the smallest one that can still come out
    runs: int  #: further runs that were counted
    reached: int  #: of them, those whose score reaches the document's
    is_final: bool  #: whether no further run is needed


def count_until_decided(document: float, scores: Iterable[float], *, planned: int, enough: int = 3) -> Sequential:
    """Count further runs until `enough` of them reach the document's score, or all that were planned are there.

    Parameters
    ----------
    document
        The document's score.
    scores
        Those of further runs, one after the other; more than are needed are not read.
    planned
        Most further runs that are made.
    enough
        Runs that end it.

    Notes
    -----
    Besag and Clifford's sequential Monte Carlo test [1]_: where it ends after l runs, p = enough / l; where g runs of
    all that were planned reach the document's score, p = (g + 1) / (planned + 1). At most a fraction a of true
    documents has p <= a, if the document and the further runs are exchangeable. So the score's centre and scale come
    from runs of their own, made before and fixed: the first ones.

    References
    ----------
    .. [1] J. Besag and P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78 (1991), 301-304.
    """
    reached = runs = 0
    for score in islice(scores, planned):
        runs += 1
        reached += score >= document
        if reached == enough:
            return Sequential(p=Fraction(enough, runs), runs=runs, reached=reached, is_final=True)
    return Sequential(p=Fraction(reached + 1, planned + 1), runs=runs, reached=reached, is_final=runs == planned)


def score_by_first(first: ArrayLike, values: ArrayLike, families: ArrayLike) -> NDArray[np.float64]:
    """Score runs by how far they lie from first runs, whose centre and scale are fixed.

    Parameters
    ----------
    first
        The first runs, of shape (first runs, points), at least 2, finite.
    values
        The runs that are scored, of shape (runs, points), finite: the document's and further ones.
    families
        Of shape (points,), as for `measure_distances`.

    Returns
    -------
    ndarray of float64, shape (runs,)
        The largest distance of a run's families, by the first runs' scale.
    """
    start, numbers = np.asarray(first, dtype=np.float64), np.asarray(values, dtype=np.float64)
    center, scale = start.mean(axis=0), np.maximum(start.std(axis=0, ddof=1), _SMALLEST)
    weights = family_weights(families)
    own, found = (np.abs(each - center) / scale @ weights for each in (start, numbers))
    scores: NDArray[np.float64] = standardize(found, among=own).max(axis=1)
    return scores
