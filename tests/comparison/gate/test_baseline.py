"""The baseline's file: what is made one, and what is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_runs import make_run, make_unfinished, write_store
from made_up_studies import make_study

from mnist_repro.comparison.gate.baseline import read_baseline, select_baseline, write_baseline
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord

BASIC, DROPOUT = "tf1-basic", "tf1-dropout-piecewise"

FAULTS = load_catalogue().faults


def test_write_baseline_is_read_back(study: list[RunRecord], tmp_path: Path) -> None:
    """What was written is read by experiment, by id and seed whatever the order was."""
    write_baseline(study[::-1], folder=tmp_path / "baseline")

    baseline = read_baseline(tmp_path / "baseline", protocols=load_catalogue().protocols)

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
        pytest.param(
            lambda runs: [replace(run, dataset="digits", dataset_sha256="d" * 64) for run in runs],
            "runs on MNIST",
            id="stand-in",
        ),
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
        read_baseline(tmp_path, protocols=load_catalogue().protocols)


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
    assert read_baseline(tmp_path / "nowhere", protocols={}) == {}


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

    with pytest.raises(ReproError, match=f"seed {study[2].seed}: it is evaluated on .*; received"):
        select_baseline(write_store(tmp_path / "one", study), protocols=protocols)


def test_make_study_is_of_the_experiment(protocols: dict[str, Protocol], environment: Environment) -> None:
    """The runs that these tests use are whole runs of their protocol."""
    (record,) = make_study(protocols[DROPOUT], [3], environment=environment)
    plain = make_run(protocols[DROPOUT], seed=3, environment=environment)

    assert record.conditions == plain.conditions
    assert [p.loss.keys() for p in record.periods] == [p.loss.keys() for p in plain.periods]
