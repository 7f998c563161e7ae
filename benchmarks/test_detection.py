"""What was measured of the regression gate: it hardly ever fails by chance, and it sees every large planted fault."""

from __future__ import annotations

import pytest

from mnist_repro.comparison.gate.error_file import read_errors
from mnist_repro.comparison.gate.error_rates import GateErrors, Requirement
from mnist_repro.comparison.gate.split_tests import LEVEL
from mnist_repro.documents.catalogue import load_catalogue

PROTOCOLS = load_catalogue().protocols
FAULTS = load_catalogue().faults


@pytest.fixture(scope="module")
def errors(pytestconfig: pytest.Config) -> GateErrors:
    """Return what was measured with the baseline."""
    folder = pytestconfig.option.baseline
    found = read_errors(folder, records=pytestconfig.option.records, faults=FAULTS, protocols=PROTOCOLS)
    if found is None:
        pytest.skip(f"{folder} says nothing of the gate's errors; `mnist-repro baseline` measures them")
    return found


def test_false_alarms_are_as_rare_as_promised(errors: GateErrors) -> None:
    """Over splits of the baseline, the gate fails no more often than its level, but for chance."""
    alarms = errors.false_alarms

    assert alarms.trials >= 500
    assert alarms.is_within_level, f"{alarms.alarms} of {alarms.trials} splits fail, at a level of {LEVEL}"


@pytest.mark.parametrize("fault", [fault.id for fault in FAULTS])
def test_large_fault_is_caught(fault: str, errors: GateErrors) -> None:
    """A fault that moves a final accuracy far is caught in 19 of 20 gate runs; of a small one it is known how often."""
    assert fault not in errors.not_run, "it was not run with enough seeds: mnist-repro faults"
    (detection,) = (entry for entry in errors.detections if entry.fault == fault)

    assert detection.rule is not Requirement.BROKEN, f"caught in {detection.caught} of {detection.gate_runs} gate runs"
