"""The reported run: all that a document prints of one training run, and how it prints it.

A document shows runs, not numbers: what one run printed, in whichever cell, hangs together and is judged together. The
claims about one experiment are those of one run, unless they name further ones. A quantity that is a function of
another is no evidence of its own: an error is 1 minus the accuracy on the same images, and a final value is its curve's
last point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.claim import Claim, read_number
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.verdicts.finding import RANKED_METRICS

_ROUNDING = 1e-9
# What was measured, on which set, and after which period, or on which set its best period was chosen.
_Point = tuple[str, str | None, int | str]


@dataclass(frozen=True, kw_only=True)
class ReportedRun:
    """A training run of which a document prints losses, accuracies or errors."""

    document: str  #: id of the document
    experiment: str  #: id of the experiment
    run: str | None = None  #: id of its own; None for the only run of its experiment, or the first
    families: tuple[tuple[Claim, ...], ...]  #: curves and single values that judge it, in the document's order
    chose: tuple[tuple[Claim, ...], ...]  #: those whose values chose the protocol, and so judge nothing
    derived: Mapping[str, str]  #: by id of a family that is a function of another: the id of the latter
    #: by id of such a family: its first number that is none of the other's roundings, and the other's
    contradicted: Mapping[str, tuple[Claim, Claim]] = field(default_factory=dict)
    #: how many runs the document made for it: more than one where it shows the best of several, or their mean
    runs_each: int = 1
    made_as: str = ""  #: the same in words; empty for a single run
    is_deterministic: bool = False  #: whether chance has no part in it, so that digits are compared and nothing tested

    @property
    def id(self) -> str:
        """Its own id, or that of its experiment."""
        return self.run or self.experiment

    @property
    def family_ids(self) -> tuple[str, ...]:
        """Ids of all that it shows."""
        return (*(family[0].family for family in (*self.families, *self.chose)), *self.derived)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims that judge it, family by family."""
        return tuple(claim for family in self.families for claim in family)


def list_reported_runs(document: Document, *, protocols: Mapping[str, Protocol]) -> tuple[ReportedRun, ...]:
    """Return the runs that a document reports, in its order.

    Parameters
    ----------
    protocols
        Those of its experiments, by id. Where one is missing, its final values are taken for other measurements than
        the ends of its curves.
    """
    chosen_by = {name for each in protocols.values() for made in each.reconstructions for name in made.chosen_by}
    ranked = [claim for claim in document.claims if claim.experiment and claim.metric in RANKED_METRICS]
    found = []
    for experiment, run in dict.fromkeys((str(claim.experiment), claim.run) for claim in ranked):
        own = [claim for claim in ranked if (claim.experiment, claim.run) == (experiment, run)]
        periods = protocols[experiment].training.periods if experiment in protocols else 0
        families, sources = _split(own, periods=periods)
        found.append(
            ReportedRun(
                document=document.id,
                experiment=experiment,
                run=run,
                families=tuple(each for each in families if each[0].family not in chosen_by),
                chose=tuple(each for each in families if each[0].family in chosen_by),
                derived={family: next(iter(pairs.values())).family for family, pairs in sources.items()},
                contradicted={
                    family: different[0]
                    for family, pairs in sources.items()
                    if (different := [pair for pair in pairs.items() if not pair[0].agrees_with(pair[1])])
                },
                runs_each=own[0].runs_each,
                made_as=own[0].made_as,
                is_deterministic=experiment in protocols and is_deterministic(protocols[experiment]),
            )
        )
    return tuple(found)


def _split(claims: Sequence[Claim], *, periods: int) -> tuple[list[tuple[Claim, ...]], dict[str, dict[Claim, Claim]]]:
    """Return families without what is a function of another's points, and those that are so altogether, with these."""
    by_family: dict[str, list[Claim]] = {}
    for claim in claims:
        by_family.setdefault(claim.family, []).append(claim)
    taken: dict[_Point, Claim] = {}
    kept, derived = {}, {}
    for family, members in sorted(by_family.items(), key=lambda item: _rank_source(item[1])):
        points = {claim: _find_point(claim, periods=periods, taken=taken) for claim in members}
        if own := tuple(claim for claim, point in points.items() if point not in taken):
            kept[family] = own
        else:
            derived[family] = {claim: taken[point] for claim, point in points.items()}
        taken = {**{point: claim for claim, point in points.items()}, **taken}
    return [kept[family] for family in by_family if family in kept], derived


def _rank_source(family: Sequence[Claim]) -> tuple[bool, int, float]:
    """Order families: accuracies before errors, curves before their ends, and many digits before few."""
    return family[0].metric == "error", -len(family), family[0].half_unit / family[0].whole


def _find_point(claim: Claim, *, periods: int, taken: Mapping[_Point, Claim]) -> _Point:
    """Return what decides the value of a claim in a run: what was measured, on what, and when.

    The best value of a curve of which every point is taken is the best of these.
    """
    metric = "accuracy" if claim.metric == "error" else claim.metric
    if claim.at_best is None:
        return metric, claim.evaluation_set, claim.period or periods
    curve = [(metric, claim.evaluation_set, period) for period in range(1, periods + 1)]
    if curve and claim.at_best == claim.evaluation_set and all(point in taken for point in curve):
        return max(curve, key=lambda point: _rate(taken[point]))
    return metric, claim.evaluation_set, claim.at_best


def _rate(claim: Claim) -> float:
    return -claim.fraction if claim.metric in {"loss", "error"} else claim.fraction


def count_tests(reported: Iterable[ReportedRun]) -> int:
    """Return how many runs of a document are tested together.

    Those in which chance has no part are not tested, nor are those of which every value chose the protocol.
    """
    return sum(bool(run.families) and not run.is_deterministic for run in reported)


@dataclass(frozen=True, kw_only=True, eq=False)
class Printing:
    """How a document prints the points of a run: ours are printed alike before they are compared."""

    decimals: NDArray[np.int64]  #: of shape (points,): digits after the point; less than 0 where tens are rounded
    cut: NDArray[np.bool_]  #: of shape (points,): whether digits were cut off; else numbers were rounded

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Print values of shape (..., points) and read them again.

        A common map of all runs, the document's among them, keeps them exchangeable.
        """
        # Powers of ten are exact up to 1e22, and one below 1 never is.
        up, down = (10.0 ** np.maximum(sign * self.decimals, 0) for sign in (1, -1))
        scaled = values * up / down
        nearest = np.rint(scaled)
        beside = np.abs(scaled - nearest) > _ROUNDING * np.maximum(1.0, np.abs(nearest))
        printed: NDArray[np.float64] = np.where(self.cut & beside, np.trunc(scaled), nearest) * down / up
        return printed


def find_printing(families: Sequence[Sequence[Claim]]) -> Printing:
    """Return how the points of families are printed, family by family.

    The points of a curve are printed by the same code. So each has as many digits as that with most: one with fewer had
    zeros at its end, which were not printed.
    """
    decimals = [[read_number(claim.printed, unit=claim.unit)[1] for claim in family] for family in families]
    return Printing(
        decimals=np.array([max(each) for each in decimals for _ in each], dtype=np.int64),
        cut=np.array([claim.cut for family in families for claim in family], dtype=np.bool_),
    )
