"""The speed gate, with made-up launches: what is slower fails it, no launch never passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gate_sessions import ROOT
from made_up_verdicts import ENVIRONMENT
from scipy import stats

from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.speed.baseline import add_to_speed_baseline
from mnist_repro.comparison.speed.gate import Launch, judge_revisions, judge_speed
from mnist_repro.comparison.speed.trials import (
    SPEED_TRIALS_FILE,
    SpeedTrial,
    SpeedTrials,
    count_outcomes,
    read_speed_trials,
    summarize_speed_gate,
)
from mnist_repro.errors import ReproError
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.wording.gates import format_speed_comparison, format_speed_trials, list_trial_cells

ROUNDS = 25
STEP, CONTROL = 9e-4, 6e-4


def launch(
    slower: float = 1.0, *, machine: float = 1.0, noise: float = 0.02, seed: int = 0, experiment: str = "net"
) -> Launch:
    """Return a launch on a machine that is slower by `machine`, of code that is slower by `slower`."""
    generator = np.random.default_rng(seed)
    busy = machine * generator.lognormal(0, noise, ROUNDS)
    steps = STEP * slower * busy * generator.lognormal(0, noise, ROUNDS)
    return Launch(experiment=experiment, step_seconds=tuple(steps), control_seconds=tuple(CONTROL * busy))


def launch_of(ratio: float, experiment: str = "net") -> Launch:
    """Return a launch of one round."""
    return Launch(experiment=experiment, step_seconds=(ratio,), control_seconds=(1.0,))


LAUNCHES = [launch(seed=seed) for seed in (101, 102, 103)]
BASELINE = {"net": LAUNCHES}


def test_judge_speed_a_slower_machine_is_no_slower_step() -> None:
    """A machine of a third of the speed leaves the ratio where it was; a slower step moves it by as much."""
    unchanged = judge_speed(launch(machine=3.0), baseline=BASELINE).ratio
    slower = judge_speed(launch(1.5, machine=3.0), baseline=BASELINE).ratio

    assert unchanged.interval.low < 1.0 < unchanged.interval.high
    assert unchanged.value == pytest.approx(1.0, abs=0.02)
    assert slower.value == pytest.approx(1.5, abs=0.03)
    assert slower.interval.low < 1.5 < slower.interval.high


def test_judge_speed_interval_is_of_launches_pooled_over_experiments() -> None:
    """It is Student's t, with the standard deviation of all launches around the mean of their experiment."""
    ratios = {"net": [1.0, 1.02, 1.07], "other": [3.0, 3.3], "single": [9.0]}
    baseline = {name: [launch_of(ratio, name) for ratio in each] for name, each in ratios.items()}
    deviations = np.concatenate([np.log(each) - np.mean(np.log(each)) for each in ratios.values()])
    reach = stats.t.ppf(0.975, 3) * np.sqrt(np.sum(deviations**2) / 3 * (1 + 1 / 3))

    found = judge_speed(launch_of(1.2), baseline=baseline).ratio

    expected = 1.2 / stats.gmean(ratios["net"]) * np.exp([0, -reach, reach])
    assert [found.value, found.interval.low, found.interval.high] == pytest.approx(expected)


def test_judge_speed_without_launches_of_the_experiment_is_refused() -> None:
    """Launches of another experiment alone, or none, are nothing to be compared with."""
    for baseline in ({"other": LAUNCHES}, {"net": []}, {}):
        with pytest.raises(ValueError, match="at least one of the same experiment"):
            judge_speed(launch(), baseline=baseline)
    with pytest.raises(ValueError, match="at least one of the same experiment"):
        judge_revisions([launch()], before=[launch(experiment="other")])


def test_judge_speed_single_launch_of_each_experiment_decides_nothing() -> None:
    """It shows no spread, so that no ratio passes or fails; two launches of any experiment of the processor do."""
    single = {"net": LAUNCHES[:1], "other": [launch_of(3.0, "other")]}
    with_two = single | {"other": [launch_of(3.0, "other"), launch_of(3.01, "other")]}

    for slower in (0.5, 1.0, 3.0):
        found = judge_speed(launch(slower), baseline=single, second=launch(slower, seed=1))
        assert (found.outcome, found.can_decide) == (Outcome.UNDECIDED, False)
    assert format_speed_comparison(found).endswith(
        "a step takes 2.99 times as long, and how much launches differ is unknown: the baseline has a single one of "
        "each experiment. Measure another with --new-speed-baseline"
    )
    assert judge_speed(launch(), baseline=with_two).outcome is Outcome.PASSED


def test_judge_speed_launches_that_differ_widely_leave_it_undecided() -> None:
    """The same ratio that passes beside launches that agree does not beside some that differ by a tenth."""
    differing = {"net": [launch_of(ratio) for ratio in (1.4, 1.5, 1.6)]}

    assert judge_speed(launch(), baseline=BASELINE).outcome is Outcome.PASSED
    assert judge_speed(launch(), baseline=differing).outcome is Outcome.UNDECIDED


def test_judge_revisions_is_student_t_of_two_groups_of_launches() -> None:
    """The interval is that of the difference of two means of logarithms, with a common variance."""
    new, before = (1.5, 1.6, 1.55), (1.0, 1.05, 1.02)
    expected = stats.ttest_ind(np.log(new), np.log(before)).confidence_interval()

    found = judge_revisions([launch_of(r) for r in new], before=[launch_of(r) for r in before]).ratio

    assert found.value == pytest.approx(stats.gmean(new) / stats.gmean(before))
    assert [found.interval.low, found.interval.high] == pytest.approx(np.exp([expected.low, expected.high]))


@pytest.mark.parametrize(
    ("slower", "outcome"),
    [(0.9, Outcome.PASSED), (1.0, Outcome.PASSED), (1.15, Outcome.UNDECIDED), (1.3, Outcome.FAILED)],
)
def test_judge_revisions_fails_what_its_interval_shows(slower: float, outcome: Outcome) -> None:
    """Several launches of each need no other; single ones decide nothing."""
    launches = [launch(slower, seed=seed) for seed in (1, 2, 3)]

    assert judge_revisions(launches, before=LAUNCHES).outcome is outcome
    alone = judge_revisions(launches[:1], before=LAUNCHES[:1])
    assert (alone.outcome, alone.can_decide) == (Outcome.UNDECIDED, False)


def test_interval_of_recorded_launches_of_unchanged_code_covers_1() -> None:
    """At least nine of ten launches made for the published trials lie inside their 95 % interval."""
    gate = summarize_speed_gate(ROOT / "reports" / "baseline")
    assert gate
    unchanged = [count for count in gate.counts if count.factor == 1]

    launches, covering = sum(count.gate_runs for count in unchanged), sum(count.covering for count in unchanged)

    assert launches >= 60
    assert covering >= 0.9 * launches


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        pytest.param(launch(), None, Outcome.PASSED, id="as quick"),
        pytest.param(launch(0.5), None, Outcome.PASSED, id="quicker"),
        pytest.param(launch(1.5), launch(1.5, seed=1), Outcome.FAILED, id="slower twice"),
        pytest.param(launch(1.5), launch(seed=1), Outcome.UNDECIDED, id="slower once"),
        pytest.param(launch(1.15), None, Outcome.UNDECIDED, id="at the tolerance"),
    ],
)
def test_judge_speed_only_what_is_slower_twice_fails(first: Launch, second: Launch | None, outcome: Outcome) -> None:
    """Slower twice fails, slower once or perhaps is undecided, and only a slower launch needs a second one."""
    alone = judge_speed(first, baseline=BASELINE)
    found = judge_speed(first, baseline=BASELINE, second=second or launch(1.5, seed=1))

    assert alone.outcome is (outcome if second is None else Outcome.UNDECIDED)
    assert alone.confirmation is None
    assert alone.needs_confirmation is (second is not None)
    assert found.outcome is outcome
    assert (found.confirmation is None) is (second is None)
    assert not found.needs_confirmation


def test_judge_speed_tolerance_is_what_is_asked_for() -> None:
    """What is too slow for one tolerance is not for a larger one."""
    assert judge_speed(launch(1.3), baseline=BASELINE, second=launch(1.3)).outcome is Outcome.FAILED
    found = judge_speed(launch(1.3), baseline=BASELINE, tolerance=1.5)
    assert found.outcome is Outcome.PASSED
    assert format_speed_comparison(found).endswith("1.5 is allowed")


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(((), ()), id="no round"),
        pytest.param(((1.0, 1.0), (1.0,)), id="a round of one alone"),
        pytest.param(((1.0, 0.0), (1.0, 1.0)), id="no time"),
    ],
)
def test_launch_without_measurements_is_refused(seconds: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
    """A launch that measured nothing is none."""
    with pytest.raises(ValueError, match="one or more rounds"):
        Launch(experiment="net", step_seconds=seconds[0], control_seconds=seconds[1])


def made_up_trials(factors: Sequence[str] = ("1", "1.1", "2")) -> SpeedTrials:
    """Return five launches on a quiet machine, and five on a busy one."""
    trials = []
    for seed in range(10):
        launches = {factor: launch(float(factor), seed=seed, noise=0.05 if seed % 2 else 0.02) for factor in factors}
        trials.append(
            SpeedTrial(
                experiment="net",
                is_busy=bool(seed % 2),
                control_seconds=launches["1"].control_seconds,
                step_seconds={factor: made.step_seconds for factor, made in launches.items()},
            )
        )
    return SpeedTrials(environment=ENVIRONMENT, trials=tuple(trials))


def test_count_outcomes_of_trials_are_those_of_the_gate(tmp_path: Path) -> None:
    """Unchanged code is never slower, code of twice the time always; quiet and busy machines are counted apart."""
    (tmp_path / SPEED_TRIALS_FILE).write_text(made_up_trials().format(), encoding="utf-8")
    trials = read_speed_trials(tmp_path)
    assert trials == made_up_trials()

    counts = count_outcomes(trials, baseline=BASELINE)

    assert [(count.is_busy, count.factor, count.gate_runs) for count in counts] == [
        (is_busy, factor, 5) for is_busy in (False, True) for factor in (1.0, 1.1, 2.0)
    ]
    slower = [(count.factor, count.outcomes.get(Outcome.FAILED, 0)) for count in counts if count.factor != 1.1]
    assert slower == [(1.0, 0), (2.0, 5)] * 2
    assert list_trial_cells(counts[2]) == [
        *("same 5", "5 of 5 (48 to 100 %)", "0", "0", "0 of 5", "1.99 (1.98 to 2.00)")
    ]


def test_count_outcomes_without_a_baseline_counts_nothing() -> None:
    """Launches on a processor that has no baseline are left out."""
    assert count_outcomes(made_up_trials(), baseline={}) == []


def test_read_speed_trials_broken_file_is_told(tmp_path: Path) -> None:
    """A broken file is named; where there is none, nothing was measured."""
    assert read_speed_trials(tmp_path) is None
    (tmp_path / SPEED_TRIALS_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(ReproError, match=r"speed_trials\.json cannot be read: .* Restore it, or make them again"):
        read_speed_trials(tmp_path)


def test_page_of_the_speed_gate_says_what_was_measured(tmp_path: Path) -> None:
    """The page has each experiment and processor of the baseline, and each row of the trials.

    What was not tried is said, of a processor and of all.
    """
    template = load_templates().get_template("speed-gate.md.j2")
    assert summarize_speed_gate(tmp_path) is None
    add_to_speed_baseline(tmp_path, environment=ENVIRONMENT, launches=LAUNCHES)
    add_to_speed_baseline(tmp_path, environment=replace(ENVIRONMENT, processor="another"), launches=LAUNCHES[:1])
    untried = summarize_speed_gate(tmp_path)
    assert untried
    assert "Its error rates were not measured with this baseline." in template.render(gate=untried)

    (tmp_path / SPEED_TRIALS_FILE).write_text(made_up_trials().format(), encoding="utf-8")
    tried = summarize_speed_gate(tmp_path)
    assert tried
    page = template.render(gate=tried)

    assert "| net | 1.51, 1.51, 1.50 | 1.51 |" in page
    assert "| A processor | 3 of 1 experiment | 0.25 % | 1.2 % | 1.14 | 1.16 | see below |" in page
    assert "| another | 1 of 1 experiment | unknown | unknown | unknown | unknown | was not measured |" in page
    assert "| 2 x | second core busy | same 5 | 5 of 5 (48 to 100 %) |" in page
    assert format_speed_trials(tried) == (
        "On A processor it found slower 0 of 10 launches of unchanged code (1 experiment) and, of the same launches "
        "slowed on purpose, 0 of 10 (1.1 times), 10 of 10 (2 times). Its 95 % interval covers a ratio of 1 in 8 of the "
        "10 of unchanged code. On another, how often the speed gate errs was not measured."
    )
