"""Strips: every run and every number stands where it belongs on the axis, also where there is next to nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from made_up_claims import make_claim
from made_up_runs import make_run
from made_up_studies import make_study

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import Period, RunRecord
from mnist_repro.reporting.html.strips import STEPS, Strip, Strips, place_runs
from mnist_repro.verdicts.measured import Measurements, assess_claims


@pytest.fixture
def runs(protocols: dict[str, Protocol], environment: Environment) -> list[RunRecord]:
    """Return six runs of the basic net, whose final accuracies are 0.895, 0.9 and 0.905, each twice."""
    return [make_run(protocols["tf1-basic"], seed=seed, environment=environment) for seed in range(6)]


def place(claims: list[Claim], runs: list[RunRecord]) -> Strips:
    """Return the strips of claims about one experiment."""
    found = place_runs(assess_claims(claims, measured=Measurements(runs)))
    assert found is not None
    return found


def dots_of(strip: Strip) -> list[tuple[int, int]]:
    """Return the places of a strip's dots."""
    return [(int(x), int(y)) for x, y in re.findall(r"M(-?\d+) (-?\d+)h0", strip.dots)]


def read(percent: str) -> float:
    """Return the number of a percentage."""
    return float(percent.rstrip(" %"))


def test_place_runs_dots_and_number_stand_on_one_axis(runs: list[RunRecord]) -> None:
    """The places of dots, mean, number and ticks are those of their values, by one straight line."""
    strips = place([make_claim("0.9050")], runs)
    (strip,) = strips.rows

    places = [x for x, _ in dots_of(strip)]

    assert places[:3] == places[3:]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=1)
    assert STEPS * read(strip.reported) / 100 == pytest.approx(places[2], abs=1)
    assert STEPS * read(strip.mean or "") / 100 == pytest.approx(places[1], abs=1)
    for percent, label in strips.ticks:
        # Half a percent is one distance between dots.
        expected = places[1] + (read(label) - 90) / 0.5 * (places[2] - places[1])
        assert STEPS * read(percent) / 100 == pytest.approx(expected, abs=2)


def test_place_runs_everything_lies_within(runs: list[RunRecord]) -> None:
    """A number far off stretches the axis, as does one run's interval; no dot, band, tick or mark leaves it."""
    strips = place([make_claim("0.1000"), make_claim("0.9050")], runs)
    few = place([make_claim("0.9000")], runs[:2])

    for strip in (*strips.rows, *few.rows):
        assert all(0 < x < STEPS and 0 < y < strip.height for x, y in dots_of(strip))
        assert 0 < read(strip.reported) < 100
        assert strip.band is not None
        assert read(strip.band[0]) > 0
        assert sum(map(read, strip.band)) < 100
    assert all(0 <= read(percent) <= 100 for percent, _ in strips.ticks)
    assert read(strips.rows[0].reported) < 10
    assert read(strips.rows[1].reported) > 80


def test_place_runs_few_numbers_have_tall_rows(runs: list[RunRecord]) -> None:
    """One or two numbers have room; the points of a curve stand close."""
    alone = place([make_claim("0.9")], runs)
    curve = place([make_claim("0.9", id=f"tf1-basic.test-accuracy.{n}") for n in range(10)], runs)

    assert len(curve.rows) == 10
    assert alone.rows[0].height > 2 * max(strip.height for strip in curve.rows)


def test_place_runs_falling_curve_has_an_axis_in_deviations(
    protocols: dict[str, Protocol], environment: Environment
) -> None:
    """Where the points of a curve lie far apart, our means stand in one line, and the document by its deviations."""

    def fall(period: Period) -> Period:
        return replace(
            period, loss={name: (50 * loss - 15.5) / (period.step / 1000) for name, loss in period.loss.items()}
        )

    made = make_study(protocols["tf1-basic"], range(20), environment=environment)
    runs = [replace(run, periods=tuple(map(fall, run.periods))) for run in made]
    curve = [
        make_claim(
            f"{2.1 / n:.4f}", quantity=f"loss.{n}", metric="loss", unit="nat", evaluation_set="validation", period=n
        )
        for n in range(1, 11)
    ]

    strips = place(curve, runs)

    places = {label: read(percent) for percent, label in strips.ticks}
    for strip, claim in zip(strips.rows, curve, strict=True):
        ours = Measurements(runs).of(claim).values
        deviations = (claim.value - ours.mean()) / ours.std(ddof=1)
        assert read(strip.mean or "") == pytest.approx(places["0 sd"], abs=0.02)
        one = (places["+3"] - places["0 sd"]) / 3
        assert read(strip.reported) == pytest.approx(places["0 sd"] + deviations * one, abs=0.02)


def test_place_runs_single_run_has_no_band(runs: list[RunRecord]) -> None:
    """Of one run there is a dot and no interval."""
    (strip,) = place([make_claim("0.9")], runs[:1]).rows

    assert strip.band is None
    assert len(dots_of(strip)) == 1


def test_place_runs_equal_numbers_have_an_axis_all_the_same(runs: list[RunRecord]) -> None:
    """Where all numbers are the same, they stand in the middle."""
    claim = make_claim("0.5", metric="learning_rate", unit="1", period=1, evaluation_set=None)
    (strip,) = place([claim], runs).rows

    assert {x for x, _ in dots_of(strip)} == {STEPS // 2}
    assert read(strip.reported) == 50


def test_place_runs_without_runs_is_none(runs: list[RunRecord]) -> None:
    """Nothing is drawn without runs, nor of a label."""
    label = make_claim("7", metric="label", unit="1", example=1, evaluation_set=None)

    assert place_runs(assess_claims([make_claim("0.9")], measured=Measurements([]))) is None
    assert place_runs(assess_claims([label], measured=Measurements(runs))) is None
