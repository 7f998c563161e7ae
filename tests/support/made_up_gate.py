"""What was measured of a gate, made up, and runs for a baseline of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_runs import write_store
from made_up_studies import make_study

from mnist_repro.comparison.gate import error_file
from mnist_repro.comparison.gate.error_rates import (
    Detection,
    Difference,
    FalseAlarms,
    GateErrors,
    OtherEnvironments,
    Shift,
)
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.stats.summary import Interval

SHIFT = Shift(evaluation_set="test", accuracy=-0.0251, spread=0.005)
CAUGHT = Detection(
    fault="tf1-basic+relu",
    title="ReLU | for sigmoid",
    experiment="tf1-basic",
    runs=20,
    unfinished=0,
    changed=20,
    seeds=10,
    gate_runs=400,
    caught=400,
    interval=Interval(0.99, 1.0),
    shift=SHIFT,
    difference=Difference.SEEN,
    seeds_needed=None,
)
MISSED = replace(CAUGHT, fault="tf1-basic+slow", title="slow", caught=60, shift=replace(SHIFT, accuracy=0.001))
BROKEN = replace(CAUGHT, fault="tf1-basic+bad", title="bad", caught=372, changed=19, unfinished=2, seeds_needed=14)
ERRORS = GateErrors(
    environment="linux",
    false_alarms=FalseAlarms(trials=100_000, alarms=96),
    elsewhere=OtherEnvironments(names=("mac", "new"), alarms=(), equal=3, tested=9, smallest_p=0.0966),
    detections=(CAUGHT, replace(MISSED, seeds_needed=35), BROKEN),
    not_run=("tf1-basic+not-run",),
)

Measure = Callable[..., GateErrors]


def stub_measurements(monkeypatch: pytest.MonkeyPatch) -> Measure:
    """Return what measures a gate's errors, of which these stand for what would be measured."""
    monkeypatch.setattr(error_file, "measure_false_alarms", lambda *_, **__: ERRORS.false_alarms)
    monkeypatch.setattr(error_file, "measure_elsewhere", lambda *_, **__: replace(ERRORS.elsewhere, names=()))
    monkeypatch.setattr(error_file, "measure_detection", lambda *_, **__: list(ERRORS.detections))
    return error_file.measure_errors


def write_six_runs(folder: Path, *, protocols: Mapping[str, Protocol], environment: Environment) -> Path:
    """Write six runs of every experiment as those of `linux`, and return the folder of records."""
    runs = [run for protocol in protocols.values() for run in make_study(protocol, range(6), environment=environment)]
    write_store(folder / "linux", runs)
    return folder
