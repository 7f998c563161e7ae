"""The gate's error rates: those of the gate by its definition, and the rules by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import make_unfinished
from made_up_studies import SPREAD, make_study
from reference_gate import ReferenceGate
from scipy import stats

from mnist_repro.comparison.gate.error_rates import Difference, FalseAlarms, Fault, Requirement
from mnist_repro.comparison.gate.regression import Outcome, build_gate
from mnist_repro.comparison.gate.resampling import (
    GATE_PROFILE,
    check_enough,
    estimate_detection,
    measure_detection,
    measure_elsewhere,
    measure_false_alarms,
)
from mnist_repro.comparison.gate.split_tests import LEVEL
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import draw_subsets
from mnist_repro.stats.summary import Interval, count_interval

FIRST, SECOND = "julia-linear-lr0.02", "tf1-dropout-piecewise"
RUNS = 24

Study = dict[str, list[RunRecord]]


@pytest.fixture
def two(protocols: dict[str, Protocol]) -> dict[str, Protocol]:
    """Return two experiments with quick profiles of five and four seeds, and thresholds that are always met."""
    return {
        name: replace(protocols[name], seeds={GATE_PROFILE: seeds}, gate=replace(protocols[name].gate, minimum=0.9))
        for name, seeds in ((FIRST, 5), (SECOND, 4))
    }


@pytest.fixture
def baseline(two: dict[str, Protocol], environment: Environment) -> Study:
    """Return 24 runs of each."""
    return {name: make_study(protocol, range(RUNS), environment=environment) for name, protocol in two.items()}


def make_fault(records: Sequence[RunRecord], *, experiment: str = SECOND, id_: str = "fault") -> Fault:
    """Return a fault with these runs."""
    return Fault(id=id_, title="something is wrong", experiment=experiment, records=records)


def test_measure_false_alarms_are_those_of_the_gate(
    two: dict[str, Protocol], baseline: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The splits that fail are those that fail by the gate's definition, by a test or by a threshold."""
    # A level at which a fifth of the splits fail, and a threshold near the mean of the accuracies.
    monkeypatch.setattr("mnist_repro.comparison.gate.split_tests.LEVEL", 0.2)
    gate = two[SECOND].gate
    accuracies = [record.final_accuracy[gate.evaluation_set] for record in baseline[SECOND]]
    two[SECOND] = replace(two[SECOND], gate=replace(gate, minimum=float(np.mean(accuracies)) + 0.3 * SPREAD))
    lowest = {
        name: each.find_lowest(two[name].seeds[GATE_PROFILE])
        for name, each in build_gate(baseline, protocols=two).items()
    }
    trials = 60

    found = measure_false_alarms(baseline, protocols=two, splits=trials)

    generator = np.random.default_rng([20_190_102, 0])
    members = {name: draw_subsets(trials, RUNS, p.seeds[GATE_PROFILE], generator=generator) for name, p in two.items()}
    gates = {name: ReferenceGate(baseline[name], new=p.seeds[GATE_PROFILE], protocol=p) for name, p in two.items()}
    alarms = sum(
        any(
            gates[name].fails(np.flatnonzero(members[name][trial]), experiments=2, level=0.2, lowest=lowest[name])
            for name in two
        )
        for trial in range(trials)
    )
    assert found == FalseAlarms(trials=trials, alarms=alarms)
    assert 5 < found.alarms < trials - 5


def test_measure_false_alarms_stay_within_the_level(two: dict[str, Protocol], baseline: Study) -> None:
    """Of 20,000 splits of runs that are all alike no more fail than the level allows."""
    found = measure_false_alarms(baseline, protocols=two, splits=20_000)

    assert found.is_within_level
    assert found.rate <= LEVEL


def test_measure_false_alarms_are_the_same_each_time(two: dict[str, Protocol], baseline: Study) -> None:
    """The generator is seeded: the same baseline gives the same number."""
    first, again = (measure_false_alarms(baseline, protocols=two, splits=5_000) for _ in range(2))

    assert first == again


def test_measure_detection_large_fault_is_caught(two: dict[str, Protocol], baseline: Study) -> None:
    """A shift of five points is caught in every gate run, and its size is that of the means."""
    records = make_study(two[SECOND], range(10), environment=baseline[SECOND][0].environment, shift=-0.02, stream=1)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=20)

    assert (found.fault, found.experiment, found.runs, found.seeds) == ("fault", SECOND, 10, 4)
    assert (found.caught, found.gate_runs, found.rule) == (20, 20, Requirement.HOLDS)
    assert found.is_seen
    assert found.difference is Difference.SEEN
    assert found.shift is not None
    means = [np.mean([r.final_accuracy["test"] for r in runs]) for runs in (records, baseline[SECOND])]
    assert found.shift.accuracy == pytest.approx(means[0] - means[1])
    spread = np.std([r.final_accuracy["test"] for r in baseline[SECOND]], ddof=1)
    assert found.shift.in_spreads == pytest.approx((means[0] - means[1]) / spread)


def test_measure_detection_bits_of_runs_made_elsewhere_show_nothing(two: dict[str, Protocol], baseline: Study) -> None:
    """On another processor bits differ without a fault too: these runs are not counted as changed."""
    elsewhere = replace(baseline[SECOND][0].environment, processor="another kind")
    records = make_study(two[SECOND], range(10), environment=elsewhere, shift=-0.02, stream=1)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=20)

    assert (found.changed, found.is_seen, found.caught) == (None, False, 20)


def test_measure_detection_fault_without_effect_is_not_caught(two: dict[str, Protocol], baseline: Study) -> None:
    """The baseline's own runs as a fault's are equal bit for bit, not caught, and no number of seeds could."""
    (found,) = measure_detection([make_fault(baseline[SECOND][:12])], baseline=baseline, protocols=two)

    assert (found.caught, found.difference, found.seeds_needed) == (0, Difference.NONE, None)
    assert (found.changed, found.is_seen) == (0, False)
    assert found.rule is Requirement.DOES_NOT_APPLY
    assert found.is_missed


def test_measure_detection_fault_that_is_not_seen_has_no_number_of_seeds(
    two: dict[str, Protocol], baseline: Study
) -> None:
    """Other runs of the same distribution show no difference: how many seeds it takes is not known."""
    records = make_study(two[SECOND], range(12), environment=baseline[SECOND][0].environment, stream=1)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=20)

    assert (found.difference, found.seeds_needed) == (Difference.NOT_SEEN, None)


def test_measure_detection_missed_fault_names_enough_seeds(two: dict[str, Protocol], baseline: Study) -> None:
    """Of a shift that four seeds hardly show, as many as are named catch it four times in five or more."""
    environment = baseline[SECOND][0].environment
    records = make_study(two[SECOND], range(100, 300), environment=environment, shift=-0.0075, stream=1)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=20)

    assert found.is_missed
    assert found.seeds_needed is not None
    assert found.seeds_needed > 4
    enough = {name: replace(protocol, seeds={GATE_PROFILE: found.seeds_needed}) for name, protocol in two.items()}
    (again,) = measure_detection([make_fault(records)], baseline=baseline, protocols=enough, gate_runs=20)
    assert again.caught >= 13


def test_measure_detection_missed_fault_needs_more_seeds_than_missed_it(
    two: dict[str, Protocol], baseline: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the estimate says, a number of seeds that was seen to miss a fault is not named as enough."""
    monkeypatch.setattr("mnist_repro.comparison.gate.regression.ExperimentTest.outcome", Outcome.PASSED)
    records = make_study(two[SECOND], range(12), environment=baseline[SECOND][0].environment, shift=-0.03, stream=1)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=20)

    assert (found.caught, found.seeds_needed) == (0, 5)


def test_measure_detection_as_many_runs_as_the_baseline_are_compared(two: dict[str, Protocol], baseline: Study) -> None:
    """Where a fault has all the seeds of the baseline, half of them stand for each side."""
    environment = baseline[SECOND][0].environment
    records = make_study(two[SECOND], range(RUNS), environment=environment, shift=-0.02, stream=1)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=1)

    assert found.difference is Difference.SEEN


def test_measure_detection_runs_that_diverge_are_caught(two: dict[str, Protocol], baseline: Study) -> None:
    """A gate run with a run that did not complete fails; where none completed nothing else is known."""
    records = [make_unfinished(record) for record in baseline[SECOND][:6]]

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two)

    assert (found.caught, found.unfinished, found.shift) == (400, 6, None)
    assert (found.difference, found.rule) == (Difference.UNKNOWN, Requirement.DOES_NOT_APPLY)
    # Also where they kept their numbers, which are the baseline's.
    failed = [replace(record, status="failed", reason="stopped") for record in baseline[SECOND][:6]]
    assert measure_detection([make_fault(failed)], baseline=baseline, protocols=two)[0].caught == 400


def test_measure_detection_is_that_of_the_gate(two: dict[str, Protocol], baseline: Study) -> None:
    """A fault with just the runs of a gate run is caught always or never, by the gate's definition."""
    environment = baseline[SECOND][0].environment
    for shift in (0.0, -0.004, -0.008, -0.012):
        records = make_study(two[SECOND], range(4), environment=environment, shift=shift, stream=2)

        (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=2)

        reference = ReferenceGate([*records, *baseline[SECOND][4:]], new=4, protocol=two[SECOND])
        lowest = build_gate(baseline, protocols=two)[SECOND].find_lowest(4)
        is_caught = reference.fails(range(4), experiments=2, level=LEVEL, lowest=lowest)
        assert found.caught == (2 if is_caught else 0)
        # Of other runs of the fault, nothing is known.
        assert found.interval == Interval(0.0, 1.0)


def test_measure_detection_faults_do_not_depend_on_each_other(two: dict[str, Protocol], baseline: Study) -> None:
    """Each fault has random numbers of its own: without the others it is found as with them."""
    environment = baseline[SECOND][0].environment
    faults = [
        make_fault(make_study(two[name], range(12), environment=environment, shift=-0.007), experiment=name, id_=id_)
        for name, id_ in ((FIRST, "one"), (SECOND, "other"))
    ]

    together = measure_detection(faults, baseline=baseline, protocols=two, gate_runs=5)

    assert together[1:] == measure_detection(faults[1:], baseline=baseline, protocols=two, gate_runs=5)


def test_measure_detection_small_shift_of_many_seeds_is_caught_in_pairs(
    two: dict[str, Protocol], baseline: Study
) -> None:
    """Of a shift of half a standard deviation, runs of the same seeds show in 16 pairs what other seeds do not."""
    two[SECOND] = replace(two[SECOND], seeds={GATE_PROFILE: 16})
    environment = baseline[SECOND][0].environment
    records = make_study(two[SECOND], range(RUNS), environment=environment, shift=-SPREAD / 2)

    (found,) = measure_detection([make_fault(records)], baseline=baseline, protocols=two, gate_runs=5)

    assert found.caught == 5


def test_estimate_detection_covers_the_rate_over_other_runs() -> None:
    """Over 300 made-up faults, whose gate runs are caught where enough of their runs are low, 90 % or more cover."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        low = generator.random(40) < 0.5
        drawn = draw_subsets(400, 40, 10, generator=generator)
        interval = estimate_detection(drawn, drawn.astype(int) @ low >= 6)
        covered += interval.overlaps(*2 * [float(stats.binom.sf(5, 10, 0.5))])

    assert covered >= 270


def test_estimate_detection_all_caught_is_the_draws_interval() -> None:
    """Where no gate run differs from another, the interval is that of so many draws (Clopper-Pearson)."""
    drawn = draw_subsets(400, 20, 10, generator=np.random.default_rng(0))

    assert estimate_detection(drawn, np.ones(400, dtype=np.bool_)) == count_interval(400, of=400)


def test_measure_elsewhere_same_runs_shifted_runs_and_others(two: dict[str, Protocol], baseline: Study) -> None:
    """Equal runs are counted and not tested; other seeds' are; those that moved are an alarm, by name."""
    made_in = replace(baseline[FIRST][0].environment, tensorflow="2.99.0")
    environments = {
        "same": {FIRST: [replace(run, environment=made_in) for run in baseline[FIRST]]},
        "alike": {FIRST: make_study(two[FIRST], range(20), environment=made_in, stream=3)},
        "moved": {FIRST: make_study(two[FIRST], range(20), environment=made_in, stream=3, shift=-0.02)},
    }

    found = measure_elsewhere(environments, baseline=baseline, protocols=two)

    assert (found.names, found.alarms) == (("same", "alike", "moved"), ("moved",))
    assert (found.equal, found.tested) == (1, 2)
    assert found.smallest_p <= LEVEL


def test_measure_detection_unknown_experiment_is_refused(two: dict[str, Protocol], baseline: Study) -> None:
    """A fault of an experiment that the gate does not have is an error, with those that it has."""
    with pytest.raises(ReproError, match=r"planted in tf1-basic, and the baseline has only julia-linear-lr0\.02, tf1"):
        measure_detection([make_fault([], experiment="tf1-basic")], baseline=baseline, protocols=two)


def test_measure_detection_too_few_runs_are_refused(two: dict[str, Protocol], baseline: Study) -> None:
    """A fault needs as many runs as a gate run takes."""
    with pytest.raises(ReproError, match="A gate run needs 4 runs of tf1-dropout-piecewise; fault fault has 3"):
        measure_detection([make_fault(baseline[SECOND][:3])], baseline=baseline, protocols=two)


@pytest.mark.parametrize("runs", [0, 4], ids=["none", "no other"])
def test_check_enough_too_small_baseline_is_refused(two: dict[str, Protocol], baseline: Study, runs: int) -> None:
    """A baseline has to have runs beside those that stand for today's."""
    baseline[SECOND] = baseline[SECOND][:runs]

    with pytest.raises(ReproError, match=f"with 4 runs of tf1-dropout-piecewise .* would have {runs} in all"):
        check_enough(baseline, protocols=two)
