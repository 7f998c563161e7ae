"""The regression gate on seeds of the baseline: the same bits pass, others are noted and tested in pairs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_runs import make_unfinished, nudge
from two_experiments import FIRST, Judge, Study

from mnist_repro.comparison.gate.reasons import format_comparison, list_changes, list_reasons
from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord


def repeat(records: list[RunRecord]) -> list[RunRecord]:
    """Return the same runs, made at another time."""
    return [replace(record, started="2025-02-03T04:05:06+00:00") for record in records]


def test_judge_runs_baselines_own_run_is_unchanged(judge: Judge, baseline: Study) -> None:
    """A single run that is the baseline's of its seed, bit for bit, passes at once: no test could say more."""
    found = judge({name: repeat(runs[:1]) for name, runs in baseline.items()}, baseline)[FIRST]

    assert (found.outcome, found.tests, list_reasons(found), list_changes(found)) == (Outcome.PASSED, (), [], [])
    assert format_comparison(found) == ("no regression, 1 of 1 runs are the baseline's, bit for bit: nothing changed")


def test_judge_runs_unchanged_runs_below_the_threshold_pass_too(
    judge: Judge, baseline: Study, protocols: dict[str, Protocol]
) -> None:
    """Whatever the baseline's runs are, the same runs are no regression; the accuracy gate has the threshold itself."""
    gate = replace(protocols[FIRST].gate, minimum=0.99)

    today = {name: repeat(runs[:4]) for name, runs in baseline.items()}

    assert judge(today, baseline, gate=gate)[FIRST].outcome is Outcome.PASSED


def test_judge_runs_own_records_of_the_baseline_show_nothing(judge: Judge, baseline: Study) -> None:
    """What was not made again is not compared with itself: it is tested beside other seeds, if there are any."""
    found = {
        runs: judge({name: each[:runs] for name, each in baseline.items()}, baseline)[FIRST] for runs in (1, 4, 40)
    }

    assert {runs: each.outcome for runs, each in found.items()} == {
        1: Outcome.UNDECIDED,
        4: Outcome.PASSED,
        40: Outcome.UNDECIDED,
    }
    assert (len(found[4].independent), len(found[4].differences), list_changes(found[4])) == (36, 0, [])


def test_judge_runs_last_bit_changed_is_noted(judge: Judge, baseline: Study) -> None:
    """Other numbers from the same seeds are noted, and tested beside the other seeds alone where they are few."""
    today = {name: [*repeat(runs[:3]), *nudge(runs[3:4], 1e-12)] for name, runs in baseline.items()}

    found = judge(today, baseline)[FIRST]

    assert (found.outcome, len(found.independent), found.paired_p) == (Outcome.PASSED, 36, None)
    assert list_changes(found) == ["numbers changed: 1 of 4 runs are not the baseline's of the same seed"]


def test_judge_runs_on_another_processor_are_not_noted(judge: Judge, baseline: Study) -> None:
    """Elsewhere the same seeds give other numbers: that is no note, and rounding there is not tested in pairs."""
    elsewhere = replace(baseline[FIRST][0].environment, processor="another")
    today = {
        name: [replace(run, environment=elsewhere) for run in nudge(runs[:20], 0.002)]
        for name, runs in baseline.items()
    }

    found = judge(today, baseline)[FIRST]

    assert (found.outcome, found.paired_p, list_changes(found)) == (Outcome.PASSED, None, [])


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [pytest.param(0.0009, Outcome.PASSED, id="rounding"), pytest.param(0.002, Outcome.FAILED, id="more")],
)
def test_judge_runs_small_shift_of_the_same_seeds_fails_in_pairs(
    judge: Judge, baseline: Study, amount: float, outcome: Outcome
) -> None:
    """A shift that only runs of the same seeds can show fails, if it is more than rounding; all seeds may be used."""
    found = judge({name: nudge(runs, amount) for name, runs in baseline.items()}, baseline)[FIRST]

    assert found.outcome is outcome
    assert format_comparison(found).startswith(
        f"{outcome.value}, 40 runs against 0 of the baseline and, in pairs, 40 of the same seeds; smallest adjusted p "
    )
    expected = ["the runs differ from the baseline's of the same seeds: adjusted for all tests p = 6e-05"]
    assert list_reasons(found) == (expected if outcome is Outcome.FAILED else [])


def test_judge_runs_in_pairs_divide_the_level(judge: Judge, baseline: Study) -> None:
    """Where runs are tested in two ways, each has half of the experiment's part of the level; else one has it all."""
    found = {
        runs: judge({name: nudge(each[:runs], 0.0009) for name, each in baseline.items()}, baseline)[FIRST]
        for runs in (13, 14)
    }

    assert [each.paired_p for each in found.values()] == [None, 1.0]
    for runs, ways in ((13, 1), (14, 2)):
        (test, *_) = found[runs].tests
        assert test.adjusted_p == pytest.approx(min(1.0, 3 * ways * test.joint_p))


def test_judge_runs_seeds_of_incomplete_runs_are_excluded_too(judge: Judge, baseline: Study, today: Study) -> None:
    """A run that diverged has used its seed."""
    today[FIRST] = [*today[FIRST], make_unfinished(baseline[FIRST][0])]

    assert len(judge(today, baseline)[FIRST].independent) == 39


def test_judge_runs_all_seeds_in_the_baseline_cannot_decide(judge: Judge, baseline: Study) -> None:
    """Where today's seeds are all that the baseline has, nothing is left, and it says which seeds to take."""
    elsewhere = replace(baseline[FIRST][0].environment, processor="another")
    today = {n: [replace(run, environment=elsewhere) for run in nudge(runs, 1e-6)] for n, runs in baseline.items()}

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.UNDECIDED
    assert list_reasons(found) == ["today's seeds include all of the baseline's; take others, from 40 on"]
    assert found.tests == ()
