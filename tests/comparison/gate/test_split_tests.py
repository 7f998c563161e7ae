"""The gate's statistics: p-values by their definition, one split as many, and the level over all tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_studies import SPREAD, make_study
from reference_gate import ReferenceGate

from mnist_repro.comparison.gate.regression import adjust_p, build_gate, fewest_runs, is_rejected
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.stats.permutation import smallest_p

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
    minimum = float(np.median(accuracies))
    protocol = replace(protocol, gate=replace(gate, minimum=minimum))
    (own,) = build_gate({NAME: baseline}, protocols={NAME: protocol}).values()
    members = np.array([[run % 20 == row for run in range(40)] for row in range(20)])

    failed = own.test_splits(2).fail(members)

    chosen = [[record for record, new in zip(baseline, row, strict=True) if new] for row in members]
    assert failed.tolist() == [own.test_runs(runs).deviates for runs in chosen]
    assert failed.tolist() == (accuracies.reshape(2, 20).mean(axis=0) < minimum).tolist()
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


def test_adjust_p_leaves_a_part_for_the_thresholds() -> None:
    """Six experiments and the thresholds divide the level by seven; no p-value is more than 1."""
    assert adjust_p(0.001 / 7, experiments=6) == pytest.approx(0.001)
    assert is_rejected(adjust_p(0.001 / 7, experiments=6))
    assert not is_rejected(adjust_p(0.00015, experiments=6))
    assert adjust_p(0.5, experiments=6) == 1.0
