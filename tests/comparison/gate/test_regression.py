"""The regression gate: it fails for whatever moved or is missing, passes what is alike, and never passes by absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import make_unfinished
from made_up_studies import SPREAD, make_study

from mnist_repro.comparison.gate.reasons import format_comparison, list_changes, list_reasons
from mnist_repro.comparison.gate.regression import ExperimentTest, Outcome, QuantityTest, judge_runs
from mnist_repro.comparison.gate.split_tests import LEVEL, is_rejected
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.metrics import list_quantities, read_quantities
from mnist_repro.records.run import RunRecord

FIRST, SECOND = "julia-linear-lr0.02", "julia-mlp-100x100"

Study = dict[str, list[RunRecord]]
Judge = Callable[..., dict[str, ExperimentTest]]


@pytest.fixture
def baseline(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return 40 runs of two experiments."""
    return {name: make_study(protocols[name], range(40), environment=environment) for name in (FIRST, SECOND)}


@pytest.fixture
def today(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return four other runs of each, of seeds that the baseline does not have."""
    return {name: make_study(protocols[name], range(50, 54), environment=environment) for name in (FIRST, SECOND)}


@pytest.fixture
def judge(protocols: dict[str, Protocol]) -> Judge:
    """Return a function that runs the gate on both experiments: its tests by experiment."""

    def judge_both(today: Study, baseline: Study, **changes: object) -> dict[str, ExperimentTest]:
        both = {name: replace(protocols[name], **changes) for name in (FIRST, SECOND)}  # type: ignore[arg-type]
        result = judge_runs(today, baseline=baseline, protocols=both)
        return {found.protocol.id: found for found in result.experiments}

    return judge_both


def list_rejected(found: ExperimentTest) -> list[QuantityTest]:
    """Return the tests by which an experiment fails."""
    return [test for test in found.tests if is_rejected(test.adjusted_p)]


def test_judge_runs_alike_passes(protocols: dict[str, Protocol], baseline: Study, today: Study) -> None:
    """Runs of the same distribution pass, with every curve and final figure of the document compared."""
    both = {name: protocols[name] for name in (FIRST, SECOND)}

    result = judge_runs(today, baseline=baseline, protocols=both)

    assert result.outcome is Outcome.PASSED
    first, second = result.experiments
    assert (len(first.completed), len(first.independent), list_reasons(first), list_changes(first)) == (4, 40, [], [])
    curves = [
        f"{name} {metric} curve" for name in both[SECOND].evaluated_each_period for metric in ("loss", "accuracy")
    ]
    assert [test.quantity.name for test in second.tests] == [
        *curves,
        *("validation loss at the end", "validation accuracy at the end"),
        *("test loss at the end", "test accuracy at the end"),
    ]
    assert all(
        0 < test.p <= test.joint_p <= test.adjusted_p <= 1 for found in result.experiments for test in found.tests
    )


def test_judge_runs_no_experiment_is_not_passed() -> None:
    """A gate that compares nothing does not pass."""
    assert judge_runs({}, baseline={}, protocols={}).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("direction", [-1, 1], ids=["down", "up"])
def test_judge_runs_moved_experiment_fails_alone(
    judge: Judge, baseline: Study, today: Study, protocols: dict[str, Protocol], direction: int
) -> None:
    """A shift of six standard deviations fails its experiment and no other, by name and with its size."""
    shift, environment = 6 * SPREAD * direction, today[FIRST][0].environment
    today[FIRST] = make_study(protocols[FIRST], range(50, 54), environment=environment, shift=shift)

    found = judge(today, baseline)

    assert (found[FIRST].outcome, found[SECOND].outcome) == (Outcome.FAILED, Outcome.PASSED)
    at_end = next(test for test in found[FIRST].tests if test.quantity.name == "validation accuracy at the end")
    assert at_end.adjusted_p <= LEVEL
    assert at_end.difference == pytest.approx(shift, abs=2 * SPREAD)
    assert any(
        reason.startswith("validation accuracy at the end differs from the baseline's: p = ")
        for reason in list_reasons(found[FIRST])
    )


def test_judge_runs_one_point_of_a_curve_moved_fails(judge: Judge, baseline: Study, today: Study) -> None:
    """A single point that is off is enough, and the difference is the one there."""
    for i, record in enumerate(today[FIRST]):
        periods = list(record.periods)
        moved = {**periods[3].loss, "validation": periods[3].loss["validation"] + 8 * SPREAD}
        periods[3] = replace(periods[3], loss=moved)
        today[FIRST][i] = replace(record, periods=tuple(periods))

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    (failed,) = list_rejected(found)
    assert failed.quantity.name == "validation loss curve"
    assert failed.difference == pytest.approx(8 * SPREAD, abs=2 * SPREAD)


def repeat(records: list[RunRecord]) -> list[RunRecord]:
    """Return the same runs, made at another time."""
    return [replace(record, started="2025-02-03T04:05:06+00:00") for record in records]


def nudge(records: list[RunRecord], amount: float) -> list[RunRecord]:
    """Return the runs with every loss a little greater."""

    def add(losses: dict[str, float]) -> dict[str, float]:
        return {name: loss + amount for name, loss in losses.items()}

    periods = [tuple(replace(period, loss=add(period.loss)) for period in record.periods) for record in records]
    return [replace(r, periods=p, final_loss=add(r.final_loss)) for r, p in zip(records, periods, strict=True)]


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


@pytest.mark.parametrize("runs", [1, 2])
def test_judge_runs_too_few_cannot_decide(judge: Judge, baseline: Study, today: Study, runs: int) -> None:
    """So few runs could never fail, so they do not pass; it says how many can."""
    today[FIRST] = today[FIRST][:runs]

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.UNDECIDED
    assert list_reasons(found) == [
        f"{runs} runs against 40 of the baseline cannot fail at a level of 0.001 over 2 experiments; 3 can"
    ]


def test_judge_runs_no_run_of_today_fails(judge: Judge, baseline: Study, today: Study) -> None:
    """An experiment that was asked for and not run is a failure."""
    del today[FIRST]

    found = judge(today, baseline)[FIRST]

    assert (found.outcome, list_reasons(found)) == (Outcome.FAILED, ["no run today"])


def test_judge_runs_experiment_without_baseline_cannot_decide(judge: Judge, baseline: Study, today: Study) -> None:
    """An experiment that the baseline does not have is not passed."""
    del baseline[FIRST]

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.UNDECIDED
    assert list_reasons(found) == ["the baseline has no run of it; record a new baseline"]


def test_judge_runs_diverged_run_fails(judge: Judge, baseline: Study, today: Study) -> None:
    """A run that did not complete fails the gate, however good the others are, and these are compared all the same."""
    today[FIRST][2] = make_unfinished(today[FIRST][2], reason="the loss is not finite")

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    assert list_reasons(found) == ["seed 52: diverged: the loss is not finite"]
    assert (len(found.completed), {test.quantity.points for test in found.tests}) == (3, {10, None})


def test_judge_runs_below_threshold_fails(
    judge: Judge, baseline: Study, today: Study, protocols: dict[str, Protocol]
) -> None:
    """The plain threshold of the mean accuracy is a part of the gate, also where the distribution is the baseline's."""
    found = judge(today, baseline, gate=replace(protocols[FIRST].gate, minimum=0.99))[FIRST]

    assert found.outcome is Outcome.FAILED
    assert [reason.rpartition(" is ")[2] for reason in list_reasons(found)] == [
        "below its threshold 0.99, by more than chance explains"
    ]
    assert list_rejected(found) == []


def test_judge_runs_changed_protocol_is_noted_and_compared(judge: Judge, baseline: Study, today: Study) -> None:
    """Runs of another protocol, images or TensorFlow are compared all the same, and what differs is noted."""
    today[FIRST] = [
        replace(
            record,
            protocol_sha256="d" * 64,
            dataset_sha256="e" * 64,
            environment=replace(record.environment, tensorflow="2.99.0"),
        )
        for record in today[FIRST]
    ]

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.PASSED
    assert list_changes(found) == [
        f"protocol dddddddddddd, in the baseline {baseline[FIRST][0].protocol_sha256[:12]}",
        "images eeeeeeeeeeee, in the baseline 06b0d1f124c4",
        "TensorFlow 2.99.0, in the baseline 2.19.1",
    ]


def test_judge_runs_other_quantities_fail(judge: Judge, baseline: Study, today: Study) -> None:
    """Runs with fewer periods, or without an evaluation set, do not measure what the baseline's do."""
    today[FIRST] = [replace(record, periods=record.periods[:-1]) for record in today[FIRST]]
    today[SECOND] = [replace(r, final_loss={"validation": 0.1}) for r in today[SECOND]]

    found = judge(today, baseline)

    assert {entry.outcome for entry in found.values()} == {Outcome.FAILED}
    (reason,) = list_reasons(found[FIRST])
    assert reason.startswith("today's runs lack what the baseline's measure: training loss curve, ")
    assert list_reasons(found[SECOND]) == ["today's runs lack what the baseline's measure: test loss at the end"]


def test_judge_runs_damaged_baseline_fails(judge: Judge, baseline: Study, today: Study) -> None:
    """A baseline whose runs have different numbers of periods is no baseline."""
    baseline[FIRST][5] = replace(baseline[FIRST][5], periods=baseline[FIRST][5].periods[:-1])

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    assert list_reasons(found)[0].startswith("the baseline's runs do not all measure training loss curve, ")


def test_judge_runs_is_the_same_each_time(judge: Judge, baseline: Study, today: Study) -> None:
    """The splits are always the same: so is what the gate says, to the last digit."""
    first, again = (judge(today, baseline) for _ in range(2))

    assert {name: found.tests for name, found in first.items()} == {n: found.tests for n, found in again.items()}


def test_judge_runs_accuracy_unknown_fails(judge: Judge, baseline: Study, today: Study) -> None:
    """Runs without the accuracy that has a threshold do not meet it."""
    today[FIRST][1] = replace(today[FIRST][1], final_accuracy={})

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    assert list_reasons(found)[0] == "a run has no accuracy on the validation set, which has a threshold"


def test_judge_runs_no_completed_run_has_no_accuracy_below(judge: Judge, baseline: Study, today: Study) -> None:
    """Where no run completed, only that is the reason."""
    today[FIRST] = [make_unfinished(record) for record in today[FIRST]]

    found = judge(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    assert [reason.partition(":")[0] for reason in list_reasons(found)] == [f"seed {seed}" for seed in range(50, 54)]


def test_read_quantities_are_the_runs_numbers(today: Study) -> None:
    """The values lie side by side, run by run, as in the records."""
    quantities = list_quantities(today[FIRST], at_end=["validation"])

    values, lacking = read_quantities(today[FIRST], quantities=quantities)

    record = today[FIRST][1]
    assert lacking == []
    assert values.shape == (4, sum(quantity.width for quantity in quantities))
    assert values[1, :10].tolist() == [period.loss["training"] for period in record.periods]
    assert values[1, 10:20].tolist() == [period.accuracy["training"] for period in record.periods]
    assert values[1, -2:].tolist() == [record.final_loss["validation"], record.final_accuracy["validation"]]


def test_list_quantities_no_run_has_none() -> None:
    """Where there is no run there is nothing to compare, and what is read has no points."""
    assert list_quantities([], at_end=["test"]) == ()
    assert np.array_equal(read_quantities([], quantities=())[0], np.empty((0, 0)))
