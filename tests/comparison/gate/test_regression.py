"""The regression gate: it fails for whatever moved or is missing, passes what is alike, and never passes by absence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import make_unfinished
from made_up_studies import SPREAD, make_study
from two_experiments import FIRST, SECOND, Judge, Study

from mnist_repro.comparison.gate.reasons import list_changes, list_reasons
from mnist_repro.comparison.gate.regression import ExperimentTest, Outcome, QuantityTest, judge_runs
from mnist_repro.comparison.gate.split_tests import LEVEL, is_rejected
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.metrics import list_quantities, read_quantities


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
