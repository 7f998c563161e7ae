"""The regression gate: it fails for whatever moved or is missing, passes what is alike, and never passes by absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import make_unfinished
from made_up_studies import SPREAD, make_study

from mnist_repro.comparison.gate.regression import (
    LEVEL,
    ExperimentComparison,
    Outcome,
    adjust_p,
    compare_runs,
    fall_below,
    fewest_runs,
    is_rejected,
)
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.metrics import list_quantities, read_quantities
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import smallest_p

FIRST, SECOND = "julia-linear-lr0.02", "julia-mlp-100x100"

Study = dict[str, list[RunRecord]]
Compare = Callable[..., dict[str, ExperimentComparison]]


@pytest.fixture
def baseline(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return 40 runs of two experiments."""
    return {name: make_study(protocols[name], range(40), environment=environment) for name in (FIRST, SECOND)}


@pytest.fixture
def today(protocols: dict[str, Protocol], environment: Environment) -> Study:
    """Return four other runs of each, of seeds that the baseline does not have."""
    return {name: make_study(protocols[name], range(50, 54), environment=environment) for name in (FIRST, SECOND)}


@pytest.fixture
def compare(protocols: dict[str, Protocol]) -> Compare:
    """Return a function that holds runs of both experiments against a baseline: findings by experiment."""

    def compare_both(today: Study, baseline: Study, **changes: object) -> dict[str, ExperimentComparison]:
        both = {name: replace(protocols[name], **changes) for name in (FIRST, SECOND)}  # type: ignore[arg-type]
        result = compare_runs(today, baseline=baseline, protocols=both)
        return {found.experiment: found for found in result.experiments}

    return compare_both


def test_compare_runs_alike_passes(protocols: dict[str, Protocol], baseline: Study, today: Study) -> None:
    """Runs of the same distribution pass, with every curve and final figure of the document compared."""
    both = {name: protocols[name] for name in (FIRST, SECOND)}

    result = compare_runs(today, baseline=baseline, protocols=both)

    assert result.outcome is Outcome.PASSED
    first, second = result.experiments
    assert (first.runs, first.baseline_runs, first.reasons, first.notes) == (4, 40, (), ())
    curves = [
        f"{name} {metric} curve" for name in both[SECOND].evaluated_each_period for metric in ("loss", "accuracy")
    ]
    assert [comparison.quantity.name for comparison in second.comparisons] == [
        *curves,
        *("validation loss at the end", "validation accuracy at the end"),
        *("test loss at the end", "test accuracy at the end"),
    ]
    assert all(0 < c.p <= c.adjusted_p <= 1 for found in result.experiments for c in found.comparisons)


def test_compare_runs_no_experiment_is_not_passed() -> None:
    """A gate that compares nothing does not pass."""
    assert compare_runs({}, baseline={}, protocols={}).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("direction", [-1, 1], ids=["down", "up"])
def test_compare_runs_moved_experiment_fails_alone(
    compare: Compare, baseline: Study, today: Study, protocols: dict[str, Protocol], direction: int
) -> None:
    """A shift of six standard deviations fails its experiment and no other, by name and with its size."""
    shift, environment = 6 * SPREAD * direction, today[FIRST][0].environment
    today[FIRST] = make_study(protocols[FIRST], range(50, 54), environment=environment, shift=shift)

    found = compare(today, baseline)

    assert (found[FIRST].outcome, found[SECOND].outcome) == (Outcome.FAILED, Outcome.PASSED)
    at_end = next(c for c in found[FIRST].comparisons if c.quantity.name == "validation accuracy at the end")
    assert at_end.adjusted_p <= LEVEL
    assert at_end.difference == pytest.approx(shift, abs=2 * SPREAD)
    assert any(
        "validation accuracy at the end is not the baseline's: p = " in reason for reason in found[FIRST].reasons
    )


def test_compare_runs_one_point_of_a_curve_moved_fails(compare: Compare, baseline: Study, today: Study) -> None:
    """A single point that is off is enough, and the difference is the one there."""
    for i, record in enumerate(today[FIRST]):
        periods = list(record.periods)
        moved = {**periods[3].loss, "validation": periods[3].loss["validation"] + 8 * SPREAD}
        periods[3] = replace(periods[3], loss=moved)
        today[FIRST][i] = replace(record, periods=tuple(periods))

    found = compare(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    (failed,) = (c for c in found.comparisons if is_rejected(c.adjusted_p))
    assert failed.quantity.name == "validation loss curve"
    assert failed.difference == pytest.approx(8 * SPREAD, abs=2 * SPREAD)


def test_compare_runs_same_seeds_are_left_out(compare: Compare, baseline: Study) -> None:
    """The baseline's own runs as those of today are held against the other seeds alone."""
    today = {name: runs[:4] for name, runs in baseline.items()}

    found = compare(today, baseline)

    assert {entry.baseline_runs for entry in found.values()} == {36}
    assert {entry.outcome for entry in found.values()} == {Outcome.PASSED}


def test_compare_runs_seeds_of_unfinished_runs_are_left_out_too(
    compare: Compare, baseline: Study, today: Study
) -> None:
    """A run that diverged has used its seed."""
    today[FIRST] = [*today[FIRST], make_unfinished(baseline[FIRST][0])]

    assert compare(today, baseline)[FIRST].baseline_runs == 39


def test_compare_runs_all_seeds_in_the_baseline_cannot_decide(compare: Compare, baseline: Study) -> None:
    """Where today's seeds are all that the baseline has, nothing is left, and it says which seeds to take."""
    found = compare(baseline, baseline)[FIRST]

    assert found.outcome is Outcome.UNDECIDED
    assert found.reasons == ("today's seeds are all that the baseline has; take others, from 40 on",)
    assert found.comparisons == ()


@pytest.mark.parametrize("runs", [1, 2])
def test_compare_runs_too_few_cannot_decide(compare: Compare, baseline: Study, today: Study, runs: int) -> None:
    """So few runs could never fail, so they do not pass; it says how many can."""
    today[FIRST] = today[FIRST][:runs]

    found = compare(today, baseline)[FIRST]

    assert found.outcome is Outcome.UNDECIDED
    assert found.reasons == (
        f"{runs} runs beside 40 of the baseline cannot fail at a level of 0.001 over 2 experiments; 3 can",
    )


def test_compare_runs_no_run_of_today_fails(compare: Compare, baseline: Study, today: Study) -> None:
    """An experiment that was asked for and not run is a failure."""
    del today[FIRST]

    found = compare(today, baseline)[FIRST]

    assert (found.outcome, found.reasons) == (Outcome.FAILED, ("no run of today",))


def test_compare_runs_experiment_without_baseline_cannot_decide(
    compare: Compare, baseline: Study, today: Study
) -> None:
    """An experiment that the baseline does not have is not passed."""
    del baseline[FIRST]

    found = compare(today, baseline)[FIRST]

    assert found.outcome is Outcome.UNDECIDED
    assert found.reasons == ("the baseline has no run of it; record a new baseline",)


def test_compare_runs_diverged_run_fails(compare: Compare, baseline: Study, today: Study) -> None:
    """A run that did not complete fails the gate, however good the others are, and these are compared all the same."""
    today[FIRST][2] = make_unfinished(today[FIRST][2], reason="the loss is not finite")

    found = compare(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    assert found.reasons == ("seed 52: diverged: the loss is not finite",)
    assert (found.runs, {c.quantity.points for c in found.comparisons}) == (3, {10, None})


def test_compare_runs_below_threshold_fails(
    compare: Compare, baseline: Study, today: Study, protocols: dict[str, Protocol]
) -> None:
    """The plain threshold of the mean accuracy is a part of the gate, also where the distribution is the baseline's."""
    found = compare(today, baseline, gate=replace(protocols[FIRST].gate, minimum=0.99))[FIRST]

    assert found.outcome is Outcome.FAILED
    assert found.reasons[0].endswith("is below its threshold 0.99")
    assert not any(is_rejected(comparison.adjusted_p) for comparison in found.comparisons)


def test_compare_runs_changed_protocol_is_noted_and_compared(compare: Compare, baseline: Study, today: Study) -> None:
    """Runs of another protocol, images or TensorFlow are held against the baseline, which says what differs."""
    today[FIRST] = [
        replace(
            record,
            protocol_sha256="d" * 64,
            dataset_sha256="e" * 64,
            environment=replace(record.environment, tensorflow="2.99.0"),
        )
        for record in today[FIRST]
    ]

    found = compare(today, baseline)[FIRST]

    assert found.outcome is Outcome.PASSED
    assert found.notes == (
        f"protocol dddddddddddd, in the baseline {baseline[FIRST][0].protocol_sha256[:12]}",
        "images eeeeeeeeeeee, in the baseline cccccccccccc",
        "TensorFlow 2.99.0, in the baseline 2.19.1",
    )


def test_compare_runs_other_quantities_fail(compare: Compare, baseline: Study, today: Study) -> None:
    """Runs with fewer periods, or without an evaluation set, do not measure what the baseline's do."""
    today[FIRST] = [replace(record, periods=record.periods[:-1]) for record in today[FIRST]]
    today[SECOND] = [replace(r, final_loss={"validation": 0.1}) for r in today[SECOND]]

    found = compare(today, baseline)

    assert {entry.outcome for entry in found.values()} == {Outcome.FAILED}
    assert found[FIRST].reasons[0].startswith("today's runs do not measure what the baseline's do: training loss curve")
    assert found[SECOND].reasons == ("today's runs do not measure what the baseline's do: test loss at the end",)


def test_compare_runs_damaged_baseline_fails(compare: Compare, baseline: Study, today: Study) -> None:
    """A baseline whose runs have different numbers of periods is no baseline."""
    baseline[FIRST][5] = replace(baseline[FIRST][5], periods=baseline[FIRST][5].periods[:-1])

    found = compare(today, baseline)[FIRST]

    assert found.outcome is Outcome.FAILED
    assert "the baseline's runs are not of one kind" in found.reasons[0]


def test_compare_runs_is_the_same_each_time(compare: Compare, baseline: Study, today: Study) -> None:
    """The splits are always the same: so is what the gate says, to the last digit."""
    assert compare(today, baseline) == compare(today, baseline)


@pytest.mark.parametrize("experiments", [1, 6, 40])
@pytest.mark.parametrize("baseline_runs", [1, 6, 36, 160])
def test_fewest_runs_is_the_first_that_can_fail(baseline_runs: int, experiments: int) -> None:
    """With so many runs the smallest p-value is rejected, with one less it is not."""

    def can_fail(runs: int) -> bool:
        return is_rejected(adjust_p(smallest_p(runs, baseline_runs), experiments=experiments))

    fewest = fewest_runs(baseline_runs, experiments=experiments)

    assert can_fail(fewest)
    assert not can_fail(fewest - 1)


def test_adjust_p_leaves_a_share_for_the_thresholds() -> None:
    """Six experiments and the thresholds divide the level by seven; no p-value is more than 1."""
    assert adjust_p(0.001 / 7, experiments=6) == pytest.approx(0.001)
    assert is_rejected(adjust_p(0.001 / 7, experiments=6))
    assert not is_rejected(adjust_p(0.00015, experiments=6))
    assert adjust_p(0.5, experiments=6) == 1.0


def test_fall_below_accuracy_unknown_is_said(today: Study, protocols: dict[str, Protocol]) -> None:
    """Runs without the accuracy that has a threshold do not meet it."""
    gate = protocols[FIRST].gate
    records = [replace(today[FIRST][0], final_accuracy={})]

    said = fall_below(records, gate=gate)

    assert said == "a run has no accuracy on the validation set, which has a threshold"
    assert fall_below([], gate=gate) is None


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
