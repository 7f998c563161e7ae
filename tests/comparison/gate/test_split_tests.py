"""The gate's statistics: p-values by their definition, one split as many, and the level over all tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_studies import SPREAD, make_study
from reference_gate import ReferenceGate

from mnist_repro.comparison.gate.baseline import read_baseline
from mnist_repro.comparison.gate.regression import build_gate
from mnist_repro.comparison.gate.split_tests import (
    LEVEL,
    adjust_p,
    can_fail_in_pairs,
    count_level_parts,
    fewest_runs,
    find_lowest_mean,
    is_rejected,
)
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import PROFILES, Profile, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import smallest_p
from mnist_repro.stats.summary import false_failure_probability

ROOT = Path(__file__).parents[3]
NAME = "julia-linear-lr0.02"


@pytest.fixture
def protocol(protocols: dict[str, Protocol]) -> Protocol:
    """Return one experiment."""
    return protocols[NAME]


@pytest.fixture
def baseline(protocol: Protocol, environment: Environment) -> list[RunRecord]:
    """Return 40 runs of it."""
    return make_study(protocol, range(40), environment=environment)


@pytest.mark.parametrize("shift", [0.0, SPREAD])
def test_test_runs_p_values_are_those_of_the_definition(
    protocol: Protocol, baseline: list[RunRecord], environment: Environment, shift: float
) -> None:
    """The p-values of every quantity, alone and jointly, are fractions of all splits by Student's t."""
    today = make_study(protocol, range(50, 53), environment=environment, shift=shift)

    found = build_gate({NAME: baseline}, protocols={NAME: protocol})[NAME].test_runs(today)

    reference = ReferenceGate([*today, *baseline], new=3, protocol=protocol)
    alone, joint = reference.list_p_values(range(3))
    assert [test.p for test in found.tests] == pytest.approx(alone, abs=1e-12)
    assert [test.joint_p for test in found.tests] == pytest.approx(joint, abs=1e-12)
    assert [test.adjusted_p for test in found.tests] == pytest.approx([min(1.0, 2 * p) for p in joint], abs=1e-12)


def test_test_splits_is_test_runs_for_many_splits(protocol: Protocol, baseline: list[RunRecord]) -> None:
    """A split of the baseline fails as the gate fails with its new runs, by the threshold too."""
    gate = protocol.gate
    accuracies = np.array([record.final_accuracy[gate.evaluation_set] for record in baseline])
    lowest = float(np.median(accuracies))
    (own,) = build_gate({NAME: baseline}, protocols={NAME: protocol}).values()
    minimum = gate.minimum + lowest - own.find_lowest(2)
    protocol = replace(protocol, gate=replace(gate, minimum=minimum))
    (own,) = build_gate({NAME: baseline}, protocols={NAME: protocol}).values()
    members = np.array([[run % 20 == row for run in range(40)] for row in range(20)])

    failed = own.test_splits(2).fail(members)

    chosen = [[record for record, new in zip(baseline, row, strict=True) if new] for row in members]
    assert failed.tolist() == [own.test_runs(runs).deviates for runs in chosen]
    assert failed.tolist() == (accuracies.reshape(2, 20).mean(axis=0) < lowest).tolist()
    assert 0 < failed.sum() < 20


def test_test_splits_inconsistent_baseline_is_refused(protocol: Protocol, baseline: list[RunRecord]) -> None:
    """A baseline whose runs lack a measurement is not split as if it had none."""
    baseline[5] = replace(baseline[5], periods=baseline[5].periods[:-1])
    gate = build_gate({NAME: baseline}, protocols={NAME: protocol})

    with pytest.raises(ReproError, match=f"baseline's runs of {NAME} do not all measure training loss curve, "):
        gate[NAME].test_splits(4)


@pytest.mark.parametrize("experiments", [1, 6, 40])
@pytest.mark.parametrize("baseline_runs", [1, 6, 36, 160])
def test_fewest_runs_is_the_first_that_can_fail(baseline_runs: int, experiments: int) -> None:
    """With that number of runs the smallest p-value is rejected, with one fewer it is not."""

    def can_fail(runs: int) -> bool:
        return bool(is_rejected(adjust_p(smallest_p(runs, baseline_runs), experiments=experiments)))

    fewest = fewest_runs(baseline_runs, experiments=experiments)

    assert can_fail(fewest)
    assert not can_fail(fewest - 1)


@pytest.mark.parametrize(("pairs", "can_fail"), [(14, False), (15, True), (40, True)])
def test_can_fail_in_pairs_from_fifteen_on(pairs: int, can_fail: bool) -> None:  # noqa: FBT001 - a parameter
    """With six experiments, 15 pairs have a p-value of 2 in 32,768 at least, and 14 one that is twice as large."""
    assert (2 / 2 ** min(pairs, 16) <= 0.001 / 7 / 2) == can_fail
    assert can_fail_in_pairs(pairs, experiments=6) == can_fail


def test_find_lowest_mean_keeps_its_part_of_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the true mean just reaches the threshold, the mean of five runs is lower as rarely as its part says."""
    monkeypatch.setattr("mnist_repro.comparison.gate.split_tests.LEVEL", 0.6)
    generator = np.random.default_rng(0)
    baselines, means = generator.normal(0.9, 0.01, (20_000, 8)), generator.normal(0.9, 0.01, (20_000, 5)).mean(axis=1)

    lowest = [find_lowest_mean(runs, minimum=0.9, new=5, experiments=2) for runs in baselines]

    # Three parts, the thresholds' one divided by two experiments.
    assert np.mean(means < lowest) == pytest.approx(0.1, abs=0.005)
    assert find_lowest_mean([0.9], minimum=0.85, new=5, experiments=2) == 0.85


@pytest.mark.parametrize("profile", PROFILES)
def test_thresholds_fail_by_chance_within_their_part_in_every_profile(profile: Profile) -> None:
    """By the published baseline, the thresholds of all experiments together fail no more often than they may."""
    protocols = load_catalogue().protocols
    gate = build_gate(read_baseline(ROOT / "reports" / "baseline", protocols=protocols), protocols=protocols)

    risks = [
        false_failure_probability(
            [run.final_accuracy[each.protocol.gate.evaluation_set] for run in each.records],
            threshold=each.find_lowest(each.protocol.seeds[profile]),
            runs=each.protocol.seeds[profile],
        )
        for each in gate.values()
    ]

    assert sum(risks) <= LEVEL / count_level_parts(len(gate))


def test_adjust_p_leaves_a_part_for_the_thresholds() -> None:
    """Six experiments and the thresholds divide the level by seven; no p-value is more than 1."""
    assert adjust_p(0.001 / 7, experiments=6) == pytest.approx(0.001)
    assert is_rejected(adjust_p(0.001 / 7, experiments=6))
    assert not is_rejected(adjust_p(0.00015, experiments=6))
    assert adjust_p(0.5, experiments=6) == 1.0
