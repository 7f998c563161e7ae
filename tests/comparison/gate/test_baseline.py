"""The baseline's files: what is made one, what is read, and that what was measured is of these runs and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import make_run, make_unfinished, write_store
from made_up_studies import make_study

from mnist_repro.comparison.gate import error_file as gate_record
from mnist_repro.comparison.gate.baseline import read_baseline, select_baseline, write_baseline
from mnist_repro.comparison.gate.error_file import measure_errors, read_errors
from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, GateErrors, Shift
from mnist_repro.comparison.gate.faults import collect_faults, swap_sets
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore

BASIC, DROPOUT = "tf1-basic", "tf1-dropout-piecewise"

Study = dict[str, list[RunRecord]]

FAULTS = load_catalogue().faults


@pytest.fixture
def study(protocols: dict[str, Protocol], environment: Environment) -> list[RunRecord]:
    """Return six runs of each experiment, those of the last one first."""
    return [
        record
        for protocol in reversed(protocols.values())
        for record in make_study(protocol, range(6), environment=environment)
    ]


@pytest.fixture
def few(protocols: dict[str, Protocol]) -> dict[str, Protocol]:
    """Return the protocols with quick profiles of three seeds."""
    return {name: replace(protocol, seeds={GATE_PROFILE: 3}) for name, protocol in protocols.items()}


def test_write_baseline_is_read_back(study: list[RunRecord], tmp_path: Path) -> None:
    """What was written is read by experiment, by id and seed whatever the order was."""
    write_baseline(study[::-1], folder=tmp_path / "baseline")

    baseline = read_baseline(tmp_path / "baseline")

    assert list(baseline) == sorted({record.experiment for record in study})
    assert [record.seed for record in baseline[BASIC]] == list(range(6))
    assert {record for records in baseline.values() for record in map(repr, records)} == set(map(repr, study))
    assert [file.name for file in (tmp_path / "baseline").iterdir()] == ["runs.jsonl"]


def test_write_baseline_same_runs_are_the_same_bytes(study: list[RunRecord], tmp_path: Path) -> None:
    """The order in which runs ended leaves no trace."""
    write_baseline(study, folder=tmp_path / "one")
    write_baseline(study[::-1], folder=tmp_path / "other")

    assert (tmp_path / "one/runs.jsonl").read_bytes() == (tmp_path / "other/runs.jsonl").read_bytes()


def test_write_baseline_removes_what_was_measured_with_another(study: list[RunRecord], tmp_path: Path) -> None:
    """A new baseline has no errors measured yet."""
    write_baseline(study, folder=tmp_path)
    (tmp_path / "errors.json").write_text("{}", encoding="utf-8")

    write_baseline(study[:6], folder=tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["runs.jsonl"]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        pytest.param(lambda runs: [make_unfinished(runs[0]), *runs[1:]], "runs that completed", id="diverged"),
        pytest.param(lambda runs: [*runs, runs[0]], "each seed once", id="seed twice"),
        pytest.param(
            lambda runs: [replace(runs[0], training_sha256="d" * 64), *runs[1:]], "the same conditions", id="other code"
        ),
        pytest.param(lambda runs: [replace(run, dataset="digits") for run in runs], "runs on MNIST", id="stand-in"),
    ],
)
def test_write_baseline_runs_that_do_not_belong_together_are_refused(
    study: list[RunRecord], tmp_path: Path, spoil: Callable[[list[RunRecord]], list[RunRecord]], rule: str
) -> None:
    """Neither can they be written, nor are they read where somebody else wrote them; the rule is named."""
    runs = spoil(study[:6])
    with pytest.raises(ReproError, match=f"these rules are broken: .*{rule}"):
        write_baseline(runs, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []

    write_store(tmp_path, runs)
    with pytest.raises(ReproError, match=f"the baseline,.*these rules are broken: .*{rule}"):
        read_baseline(tmp_path)


def test_write_baseline_without_runs_is_refused(tmp_path: Path) -> None:
    """Nothing is no baseline."""
    with pytest.raises(ReproError, match="needs runs; received none"):
        write_baseline([], folder=tmp_path)


def test_write_baseline_where_nothing_can_be_written_is_an_error(study: list[RunRecord], tmp_path: Path) -> None:
    """A file in the folder's place is named, with the option to correct."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ReproError, match=r"file.runs\.jsonl belongs to the baseline.*--baseline"):
        write_baseline(study, folder=tmp_path / "file")


def test_read_baseline_missing_is_empty(tmp_path: Path) -> None:
    """Where there is none, none is read."""
    assert read_baseline(tmp_path / "nowhere") == {}


def test_select_baseline_takes_the_newest_pool(
    study: list[RunRecord], protocols: dict[str, Protocol], tmp_path: Path
) -> None:
    """Runs of earlier code are left out, and every experiment is there."""
    old = [replace(record, training_sha256="d" * 64) for record in study]
    store = write_store(tmp_path / "linux", [*old, *study])

    selected = select_baseline(store, protocols=protocols)

    assert list(selected) == list(protocols)
    assert all(record.training_sha256 == "b" * 64 for records in selected.values() for record in records)
    assert {len(records) for records in selected.values()} == {6}


def test_select_baseline_missing_experiment_or_diverged_run_is_refused(
    study: list[RunRecord], protocols: dict[str, Protocol], tmp_path: Path
) -> None:
    """A baseline is whole: what is missing is named with the next step."""
    without = [record for record in study if record.experiment != BASIC]
    with pytest.raises(ReproError, match=r"of tf1-basic, .* has none of today's protocol.*--profile full"):
        select_baseline(write_store(tmp_path / "one", without), protocols=protocols)

    study[2] = make_unfinished(study[2])
    with pytest.raises(ReproError, match=f"an incomplete one, seed {study[2].seed}"):
        select_baseline(write_store(tmp_path / "other", study), protocols=protocols)


def test_select_baseline_run_that_lacks_a_measurement_is_refused(
    study: list[RunRecord], protocols: dict[str, Protocol], tmp_path: Path
) -> None:
    """A run that says completed and was not measured makes no baseline."""
    study[2] = replace(study[2], final_accuracy={})

    with pytest.raises(ReproError, match=f"seed {study[2].seed}, says completed and lacks"):
        select_baseline(write_store(tmp_path / "one", study), protocols=protocols)


def test_swap_sets_puts_other_sets_under_the_documents_names(
    protocols: dict[str, Protocol], environment: Environment
) -> None:
    """Final figures and curves are taken from the other set where it was measured; else they stay."""
    (record,) = make_study(protocols[BASIC], [0], environment=environment)

    read = swap_sets(record, reads={"test": "validation", "validation": "nowhere"})

    assert read.final_accuracy["test"] == record.final_accuracy["validation"] != record.final_accuracy["test"]
    assert read.final_loss["test"] == record.final_loss["validation"]
    assert read.final_accuracy["validation"] == record.final_accuracy["validation"]
    assert read.periods == record.periods


@pytest.fixture
def published(study: list[RunRecord], environment: Environment, tmp_path: Path) -> RecordStore:
    """Return an environment with the study, and with four runs of a fault beside it."""
    store = write_store(tmp_path / "records" / "linux", study)
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


def test_measure_errors_are_read_back(published: RecordStore, few: dict[str, Protocol], tmp_path: Path) -> None:
    """What was measured is written beside the baseline, and read as it was; the same runs give the same bytes."""
    folder, records = tmp_path / "baseline", tmp_path / "records"

    measured = measure_errors(folder, faults_of=published, faults=FAULTS, protocols=few)

    assert read_errors(folder, records=records, faults=FAULTS, protocols=few) == measured
    assert measured.environment == "linux"
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
        seeds=3,
        gate_runs=20,
        caught=7,
        shift=shift,
        difference=Difference.SEEN,
        seeds_needed=12,
    )
    errors = GateErrors(
        environment="linux",
        false_alarms=FalseAlarms(trials=1_000, alarms=1),
        detections=(detection, replace(detection, fault="tf1-basic+other", shift=None)),
        not_run=("tf1-basic+third",),
    )
    monkeypatch.setattr(gate_record, "measure_false_alarms", lambda *_, **__: errors.false_alarms)
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


def change_threshold(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Raise a threshold."""
    del folder, store
    few[BASIC] = replace(few[BASIC], gate=replace(few[BASIC].gate, minimum=0.5))


def change_seeds(folder: Path, store: RecordStore, few: dict[str, Protocol]) -> None:
    """Ask for fewer seeds."""
    del folder, store
    few[BASIC] = replace(few[BASIC], seeds={GATE_PROFILE: 2})


@pytest.mark.usefixtures("quick_measuring")
@pytest.mark.parametrize("change", [change_baseline, change_faults, change_threshold, change_seeds])
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
    entry["schema"] = 2


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


def test_make_study_is_of_the_experiment(protocols: dict[str, Protocol], environment: Environment) -> None:
    """The runs that these tests use are whole runs of their protocol."""
    (record,) = make_study(protocols[DROPOUT], [3], environment=environment)
    plain = make_run(protocols[DROPOUT], seed=3, environment=environment)

    assert record.conditions == plain.conditions
    assert [p.loss.keys() for p in record.periods] == [p.loss.keys() for p in plain.periods]
