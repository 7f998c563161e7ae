"""What a verdict would have found is what it finds, when our own runs take the document's place."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from recorded_runs import CATALOGUE, judge_all, measure

from mnist_repro.stats.summary import UNKNOWN, Interval
from mnist_repro.verdicts import standing
from mnist_repro.verdicts.detection import find_detectable, find_interval, find_power
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.reported_verdict import judge_reported_runs
from mnist_repro.verdicts.run_verdict import RunVerdict

REFUTABLE = [name for name, verdict in judge_all().items() if verdict.refuting_place]
SHIFTED = [
    pytest.param(name, family, id=family or f"all of {name}")
    for name in REFUTABLE
    for family in (None, *(members[0].family for members in judge_all()[name].reported.families))
]


def share_found(verdict: RunVerdict, *, family: str | None, deviations: float) -> float:
    """Return the fraction of our runs that are refuted by the others when they are shifted, one by one."""
    standing = verdict.standing
    assert standing is not None
    shift = [
        deviations * standing.ours[:, point].std(ddof=1) * (family in {None, claim.family})
        for point, claim in enumerate(standing.claims)
    ]
    found = []
    for run in range(verdict.runs):
        others = np.delete(standing.ours, run, axis=0)
        for sign in (-1, 1):
            document = standing.ours[run] + sign * np.array(shift)
            p = replace(standing, document=document, ours=others).p
            found.append(p * verdict.runs <= verdict.refuting_place)
    return float(np.mean(found))


@pytest.mark.parametrize(("experiment", "family"), SHIFTED)
def test_find_detectable_shift_is_found_with_80_percent(experiment: str, family: str | None) -> None:
    """Our own runs, shifted by it, are refuted in 75 to 85 % of cases; shifted by half of it, in fewer than 50 %."""
    verdict = judge_all()[experiment]

    found = find_detectable(verdict, family=family)

    assert share_found(verdict, family=family, deviations=found) == pytest.approx(0.8, abs=0.05)
    assert share_found(verdict, family=family, deviations=found / 2) < 0.5


def test_find_power_of_many_runs_takes_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 900 runs 177 stand for all: the power is nearly the same, and a verdict's memory grows with its runs alone."""
    verdict = judge_all()["julia-linear-lr0.003"]
    assert verdict.standing is not None
    generator = np.random.default_rng(3)
    many = generator.multivariate_normal(verdict.standing.ours.mean(axis=0), np.cov(verdict.standing.ours.T), size=900)
    refutable = replace(verdict, standing=replace(verdict.standing, ours=many))

    tracemalloc.start()
    some = find_power(refutable, deviations=1.5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    monkeypatch.setattr(standing, "_MOST_PAIRS", 900 * 900)
    exact = find_power(refutable, deviations=1.5)

    assert (some.denominator, exact.denominator) <= (2 * 177, 2 * 900)
    assert 0.1 < exact < 0.9
    assert float(some) == pytest.approx(float(exact), abs=0.06)
    assert peak < 20 * many.nbytes


@pytest.mark.parametrize("experiment", REFUTABLE)
def test_find_interval_holds_what_is_not_refuted(experiment: str) -> None:
    """Where a value in the interval is printed instead, the run is not refuted; where one beyond it is, it is."""
    verdict = judge_all()[experiment]
    claim = verdict.reported.claims[-1]
    document = CATALOGUE.documents[claim.document]

    interval = find_interval(verdict, claim)

    assert interval.low < claim.value < interval.high
    width = interval.high - interval.low
    for place in (-1.0, -0.02, 0.02, 0.3, 0.7, 0.98, 1.02, 2.0):
        value = round(interval.low + place * width, claim.decimals)
        printed = replace(claim, printed=f"{value:.{claim.decimals}f}")
        claims = tuple(printed if each.id == claim.id else each for each in document.claims)
        altered = judge_reported_runs(
            replace(document, claims=claims), measured=measure(), protocols=CATALOGUE.protocols
        )
        word = next(each.word for each in altered if each.reported.experiment == experiment)
        assert (word is Verdict.NOT_REPRODUCED) == (not interval.low <= value <= interval.high), value


def test_find_interval_of_a_run_that_is_refuted_anyway_is_unknown() -> None:
    """No value of one claim saves a run whose other values refute it."""
    verdict = judge_all()["julia-mlp-100x100"]
    assert verdict.standing is not None
    far = replace(verdict, standing=replace(verdict.standing, document=verdict.standing.document + 50))

    assert find_interval(far, verdict.reported.claims[-1]) == UNKNOWN


def test_detection_verdict_that_could_not_refute_finds_nothing() -> None:
    """With 40 runs of each of three experiments no shift is found, and every value is left possible."""
    verdict = judge_all(most=40)["tf1-basic"]

    assert verdict.word is Verdict.CONSISTENT
    assert math.isinf(find_detectable(verdict))
    assert find_interval(verdict, verdict.reported.claims[0]) == Interval(-math.inf, math.inf)
