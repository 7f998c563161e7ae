"""What was measured of the gate is of these runs, faults, thresholds and code, and of no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import write_store
from made_up_studies import make_study

from mnist_repro.comparison.gate import error_file as gate_record
from mnist_repro.comparison.gate.baseline import write_baseline
from mnist_repro.comparison.gate.error_file import measure_errors, read_errors
from mnist_repro.comparison.gate.error_rates import (
    Detection,
    Difference,
    FalseAlarms,
    GateErrors,
    OtherEnvironments,
    Shift,
)
from mnist_repro.comparison.gate.faults import collect_faults
from mnist_repro.comparison.gate.resampling import GATE_PROFILE, measure_detection, measure_false_alarms
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.stats.summary import Interval

BASIC, DROPOUT = "tf1-basic", "tf1-dropout-piecewise"

FAULTS = load_catalogue().faults


@pytest.fixture
def published(study: list[RunRecord], environment: Environment, tmp_path: Path) -> RecordStore:
    """Return an environment with the study and four runs of a fault, and another with the same runs beside it."""
    store = write_store(tmp_path / "records" / "linux", study)
    elsewhere = replace(environment, tensorflow="2.99.0")
    write_store(tmp_path / "records" / "other", [replace(run, environment=elsewhere) for run in study])
    relu = next(variant for variant in load_catalogue().alternatives if variant.id == f"{BASIC}+relu")
    write_store(store.folder / "variants", make_study(relu.protocol, range(4), environment=environment, shift=-0.03))
    write_baseline(study, folder=tmp_path / "baseline")
    return store


def test_collect_faults_are_those_with_enough_runs(published: RecordStore, few: dict[str, Protocol]) -> None:
    """A fault that was run is there with its experiment; those that were not are named, and none is lost."""
    collected, not_run = collect_faults(published, faults=FAULTS, protocols=few)

    by_id = {fault.id: fault for fault in collected}
    assert len(by_id[f"{BASIC}+relu"].records) == 4
    assert by_id[f"{BASIC}+relu"].experiment == BASIC
    # Its runs are the experiment's own, read otherwise.
    assert len(by_id[f"{BASIC}+tested-on-validation"].records) == 6
    assert f"{BASIC}+pixels-0-to-1" in not_run
    assert not set(by_id) & set(not_run)
    assert sorted([*by_id, *not_run]) == sorted(fault.id for fault in FAULTS)


def test_measure_errors_are_read_back(
    published: RecordStore, few: dict[str, Protocol], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured is written beside the baseline, and read as it was; the same runs give the same bytes."""
    folder, records = tmp_path / "baseline", tmp_path / "records"
    monkeypatch.setattr(gate_record, "measure_detection", partial(measure_detection, gate_runs=10))
    monkeypatch.setattr(gate_record, "measure_false_alarms", partial(measure_false_alarms, splits=1_000))

    measured = measure_errors(folder, faults_of=published, faults=FAULTS, protocols=few)

    assert read_errors(folder, records=records, faults=FAULTS, protocols=few) == measured
    assert measured.environment == "linux"
    assert (measured.elsewhere.names, measured.elsewhere.equal) == (("other",), len(few))
    assert f"{BASIC}+relu" in {detection.fault for detection in measured.detections}
    first = (folder / "errors.json").read_bytes()
    measure_errors(folder, faults_of=published, faults=FAULTS, protocols=few)
    assert (folder / "errors.json").read_bytes() == first


def test_measure_errors_without_baseline_is_refused(
    published: RecordStore, few: dict[str, Protocol], tmp_path: Path
) -> None:
    """There is nothing to measure with, and it says how to get it."""
    with pytest.raises(ReproError, match="has no baseline"):
        measure_errors(tmp_path / "nowhere", faults_of=published, faults=FAULTS, protocols=few)


def test_read_errors_not_measured_is_none(tmp_path: Path, few: dict[str, Protocol]) -> None:
    """Where nothing was measured nothing is read."""
    assert read_errors(tmp_path, records=tmp_path, faults=FAULTS, protocols=few) is None


@pytest.fixture
def quick_measuring(monkeypatch: pytest.MonkeyPatch) -> GateErrors:
    """Measure nothing: every number is made up."""
    shift = Shift(evaluation_set="test", accuracy=-0.0123456789, spread=0.004)
    detection = Detection(
        fault="tf1-basic+relu",
        title="ReLU",
        experiment=BASIC,
        runs=4,
        unfinished=0,
        changed=4,
        seeds=3,
        gate_runs=400,
        caught=140,
        interval=Interval(0.1, 0.8),
        shift=shift,
        difference=Difference.SEEN,
        seeds_needed=12,
    )
    errors = GateErrors(
        environment="linux",
        false_alarms=FalseAlarms(trials=1_000, alarms=1),
        elsewhere=OtherEnvironments(names=("other",), alarms=(), equal=0, tested=6, smallest_p=0.25),
        detections=(detection, replace(detection, fault="tf1-basic+other", shift=None)),
        not_run=("tf1-basic+third",),
    )
    monkeypatch.setattr(gate_record, "measure_false_alarms", lambda *_, **__: errors.false_alarms)
    monkeypatch.setattr(gate_record, "measure_elsewhere", lambda *_, **__: errors.elsewhere)
    monkeypatch.setattr(gate_record, "measure_detection", lambda *_, **__: list(errors.detections))
    return errors


def change_baseline(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Take a run out of the baseline."""
    del store, few
    file = folder / "runs.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))


def change_faults(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Take a run of the fault out."""
    change_baseline(store.folder / "variants", store, few)
    del folder


def change_another(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Take a run of the other environment out."""
    change_baseline(store.folder.parent / "other", store, few)
    del folder


def remove_another(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Take the other environment away."""
    (store.folder.parent / "other" / "runs.jsonl").unlink()
    del folder, few


def change_threshold(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Raise a threshold."""
    del folder, store
    few[BASIC] = replace(few[BASIC], gate=replace(few[BASIC].gate, minimum=0.5))


def change_seeds(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Ask for fewer seeds."""
    del folder, store
    few[BASIC] = replace(few[BASIC], seeds={GATE_PROFILE: 2})


@pytest.mark.usefixtures("quick_measuring")
@pytest.mark.parametrize(
    "change", [change_baseline, change_faults, change_another, remove_another, change_threshold, change_seeds]
)
def test_read_errors_of_anything_else_are_refused(
    published: RecordStore,
    few: dict[str, Protocol],
    tmp_path: Path,
    change: Callable[[Path, RecordStore, dict[str, Protocol]], None],
) -> None:
    """What was measured with other runs, faults, thresholds or seeds is not shown as if it were of these."""
    folder = tmp_path / "baseline"
    measure_errors(folder, faults_of=published, faults=FAULTS, protocols=few)
    change(folder, published, few)

    with pytest.raises(ReproError, match="was measured with other runs, faults, thresholds or code"):
        read_errors(folder, records=tmp_path / "records", faults=FAULTS, protocols=few)


@pytest.mark.usefixtures("quick_measuring")
def test_read_errors_one_more_experiment_changes_nothing(
    published: RecordStore, few: dict[str, Protocol], tmp_path: Path
) -> None:
    """A document that was added later, of which the baseline has no run, leaves what was measured as it is."""
    folder, records = tmp_path / "baseline", tmp_path / "records"
    measured = measure_errors(folder, faults_of=published, faults=FAULTS, protocols=few)

    more = {**few, "added": replace(few[BASIC], id="added")}

    assert read_errors(folder, records=records, faults=FAULTS, protocols=more) == measured


@pytest.mark.usefixtures("quick_measuring")
def test_read_errors_of_other_code_are_refused(
    published: RecordStore, few: dict[str, Protocol], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code of the gate is among what was measured."""
    measure_errors(tmp_path / "baseline", faults_of=published, faults=FAULTS, protocols=few)
    monkeypatch.setattr(gate_record, "_GATE_PATH", ("comparison/gate/regression.py",))

    with pytest.raises(ReproError, match="Measure again with `mnist-repro baseline`"):
        read_errors(tmp_path / "baseline", records=tmp_path / "records", faults=FAULTS, protocols=few)


def without_alarms(entry: dict[str, Any]) -> None:
    """Leave out what has to be there."""
    del entry["false_alarms"]


def of_the_future(entry: dict[str, Any]) -> None:
    """Say that it is of another form."""
    entry["schema"] = 3


def with_unknown_key(entry: dict[str, Any]) -> None:
    """Add what is not known."""
    entry["detections"][0]["colour"] = "red"


@pytest.mark.parametrize("spoil", [without_alarms, of_the_future, with_unknown_key])
def test_read_errors_damaged_is_an_error_of_one_line(
    published: RecordStore,
    few: dict[str, Protocol],
    tmp_path: Path,
    quick_measuring: GateErrors,
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    """A file that cannot be understood is named, with the next step; an undamaged one is read with rounded numbers."""
    folder = tmp_path / "baseline"
    measure_errors(folder, faults_of=published, faults=FAULTS, protocols=few)
    read = read_errors(folder, records=tmp_path / "records", faults=FAULTS, protocols=few)
    assert read is not None
    assert read.detections[0].shift == Shift(evaluation_set="test", accuracy=-0.012346, spread=0.004)
    assert read.detections[1:] == quick_measuring.detections[1:]
    entry = json.loads((folder / "errors.json").read_text(encoding="utf-8"))
    spoil(entry)
    (folder / "errors.json").write_text(json.dumps(entry), encoding="utf-8")

    with pytest.raises(ReproError, match=r"errors\.json cannot be read: .* Measure again") as caught:
        read_errors(folder, records=tmp_path / "records", faults=FAULTS, protocols=few)

    assert "\n" not in str(caught.value)
