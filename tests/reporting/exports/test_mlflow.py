"""Runs in MLflow: what becomes of a record, and, in a real store, that nothing is added twice or left half-written."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import MakeRecord, make_run, make_unfinished, write_store

from mnist_repro.cli.main import main
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.exports import mlflow as mlflow_runs
from mnist_repro.reporting.exports.mlflow import RECORD_TAG, Exported, describe_run, export_runs

needs_mlflow = pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="needs the extra mlflow")
EXPERIMENT = "tf1-dropout-piecewise"
# In milliseconds since 1970: a second before the end of the day 20,119.
STARTED = "2025-01-31T23:59:59+00:00"
START = (20_120 * 86_400 - 1) * 1_000
PROTOCOL = load_catalogue().protocols[EXPERIMENT]


@pytest.fixture
def make(protocols: dict[str, Protocol], environment: Environment) -> MakeRecord:
    """Return a function that makes a run."""

    def make_one(seed: int = 3, **changes: Any) -> RunRecord:
        made = {"started": STARTED, "first_call_seconds": 1.5, "total_seconds": 4.0, **changes}
        return make_run(protocols[EXPERIMENT], seed=seed, environment=environment, **made)

    return make_one


def test_describe_run_parameters_are_the_protocol(make: MakeRecord, protocols: dict[str, Protocol]) -> None:
    """Every part of the protocol that decides a run is a parameter, and the seed is another."""
    protocol = protocols[EXPERIMENT]

    parameters = describe_run(make(), protocol=protocol, environment="linux").parameters

    assert parameters["seed"] == "3"
    assert parameters["training.batch_size"] == str(protocol.training.batch_size)
    assert parameters["optimizer.learning_rate.kind"] == "PiecewiseRate"
    assert json.loads(parameters["optimizer.learning_rate.rates"]) == list(protocol.optimizer.learning_rate.rates)  # type: ignore[union-attr]
    assert [layer["units"] for layer in json.loads(parameters["layers"])] == [64, 64, 10]
    assert all(len(value) <= 6_000 for value in parameters.values())


def test_describe_run_metrics_have_their_step_and_time(make: MakeRecord) -> None:
    """Curves stand at the steps of their periods and at the time when these ended; figures stand at the end."""
    metrics = describe_run(make(), protocol=PROTOCOL, environment="linux").metrics

    loss = [metric for metric in metrics if metric.name == "loss/validation"]
    assert [metric.step for metric in loss] == [1_000 * period for period in range(1, 11)]
    # The first call took 1.5 seconds, each period 0.25.
    assert [metric.milliseconds for metric in loss] == [START + 1_500 + 250 * period for period in range(1, 11)]
    (final,) = (metric for metric in metrics if metric.name == "final_accuracy/test")
    assert (final.value, final.step, final.milliseconds) == (pytest.approx(0.895), 10_000, START + 5_500)
    assert {metric.name: metric.value for metric in metrics}["first_call_seconds"] == 1.5


def test_describe_run_metric_names_are_those_that_mlflow_takes(make: MakeRecord) -> None:
    """A comma in the name of an evaluation set is left out, and no two metrics become one."""
    record = make()
    metrics = describe_run(record, protocol=PROTOCOL, environment="linux").metrics

    assert "final_loss/validation dropout on" in {metric.name for metric in metrics}
    assert len({(metric.name, metric.step) for metric in metrics}) == len(metrics)
    measured = sum(2 + len(period.loss) + len(period.accuracy) for period in record.periods)
    assert len(metrics) == measured + len(record.final_loss) + len(record.final_accuracy) + 3


def test_describe_run_tags_say_what_it_was_made_with(make: MakeRecord) -> None:
    """Environment, dataset and state are tags, and each run has a hash of its own."""
    first, second = (describe_run(make(seed), protocol=PROTOCOL, environment="linux") for seed in range(2))

    assert first.tags["mlflow.runName"] == f"{EXPERIMENT}, seed 0"
    assert first.tags["environment.tensorflow"] == "2.19.1"
    assert first.tags["environment.flags"] == '{"TF_ENABLE_ONEDNN_OPTS":"0"}'
    assert (first.tags["environment"], first.tags["stand_in"], first.tags["status"]) == ("linux", "false", "completed")
    assert (first.status, first.start, first.end) == ("FINISHED", START, START + 5_500)
    assert first.tags[RECORD_TAG] != second.tags[RECORD_TAG]
    assert "reason" not in first.tags


def test_describe_run_stand_in_says_so_in_its_name(make: MakeRecord) -> None:
    """In a list of runs one on the stand-in is told from a result at sight."""
    tags = describe_run(make(dataset="digits"), protocol=PROTOCOL, environment="linux").tags

    assert (tags["mlflow.runName"], tags["stand_in"]) == (f"stand-in: {EXPERIMENT}, seed 3", "true")


def test_describe_run_that_did_not_complete_failed(make: MakeRecord) -> None:
    """It has its reason, however long that is, and no curve."""
    described = describe_run(make_unfinished(make(), reason="x" * 9_000), protocol=PROTOCOL, environment="linux")

    assert (described.status, described.tags["status"]) == ("FAILED", "diverged")
    assert described.tags["reason"] == "x" * 5_000
    names = {metric.name for metric in described.metrics}
    assert names == {"first_call_seconds", "evaluation_seconds", "total_seconds"}


def test_describe_run_without_a_time_is_refused(make: MakeRecord) -> None:
    """A record whose start is no time is named."""
    with pytest.raises(ReproError, match=rf"{EXPERIMENT}, seed 3: started must be .* Received: 'noon'\."):
        describe_run(make(started="noon"), protocol=PROTOCOL, environment="linux")


def test_export_without_mlflow_names_the_extra(
    make: MakeRecord, protocols: dict[str, Protocol], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where MLflow is not installed, it is said how to install it."""
    monkeypatch.setitem(sys.modules, "mlflow", None)

    with pytest.raises(ReproError, match=r"python -m pip install 'mnist-repro\[mlflow\]'"):
        export_runs([make()], protocols=protocols, environment="linux", uri="sqlite://")


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """Return the address of a store that does not exist yet."""
    return f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"


def read_runs(uri: str, *, environment: str = "linux") -> list[Any]:
    """Return the runs that a store has of an environment."""
    from mlflow import MlflowClient  # noqa: PLC0415 - the extra

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(f"mnist_repro/{environment}")
    return list(client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"]))


@needs_mlflow
def test_export_real_store_has_what_the_records_have(
    make: MakeRecord, protocols: dict[str, Protocol], uri: str
) -> None:
    """Parameters, tags, states, times and every point of a curve are read back from a store as they were recorded."""
    from mlflow import MlflowClient  # noqa: PLC0415 - the extra

    records = [make(0), make_unfinished(make(1, started="2025-02-01T00:00:00+00:00"))]

    exported = export_runs(records, protocols=protocols, environment="linux", uri=uri)

    assert exported == Exported(added=2, present=0)
    first, second = read_runs(uri)
    described = describe_run(records[0], protocol=protocols[EXPERIMENT], environment="linux")
    assert first.data.params == described.parameters
    assert described.tags.items() <= first.data.tags.items()
    assert (first.info.status, first.info.start_time, first.info.end_time) == ("FINISHED", START, START + 5_500)
    assert second.info.status == "FAILED"
    history = MlflowClient(tracking_uri=uri).get_metric_history(first.info.run_id, "loss/validation")
    assert [(point.step, point.value) for point in history] == [
        (period.step, period.loss["validation"]) for period in records[0].periods
    ]


@needs_mlflow
def test_export_second_time_adds_nothing(make: MakeRecord, protocols: dict[str, Protocol], uri: str) -> None:
    """The same runs are there already; a new one, and one that was made again, are added, and each once."""
    runs = [make(0), make(1)]
    again = replace(runs[1], total_seconds=9.0)

    counts = [
        export_runs(some, protocols=protocols, environment="linux", uri=uri)
        for some in (runs, runs, [*runs, make(2)], [again, again], [again])
    ]

    assert counts == [Exported(2, 0), Exported(0, 2), Exported(1, 2), Exported(1, 1), Exported(0, 1)]
    assert len(read_runs(uri)) == 4


@needs_mlflow
def test_export_interrupted_is_made_good(
    make: MakeRecord, protocols: dict[str, Protocol], uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose numbers were not all written is taken out and added again by the next export."""
    from mlflow import MlflowClient  # noqa: PLC0415 - the extra

    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", break_off)
        with pytest.raises(KeyboardInterrupt):
            export_runs([make(0)], protocols=protocols, environment="linux", uri=uri)
    assert [run.info.status for run in read_runs(uri)] == ["RUNNING"]

    exported = export_runs([make(0)], protocols=protocols, environment="linux", uri=uri)

    assert exported == Exported(added=1, present=0)
    assert [run.info.status for run in read_runs(uri)] == ["FINISHED"]


@needs_mlflow
def test_export_more_runs_than_a_page_are_all_found(
    make: MakeRecord, protocols: dict[str, Protocol], uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there is found however many pages of it the store gives."""
    monkeypatch.setattr(mlflow_runs, "_PAGE", 2)
    runs = [make(seed) for seed in range(5)]
    export_runs(runs, protocols=protocols, environment="linux", uri=uri)

    assert export_runs(runs, protocols=protocols, environment="linux", uri=uri) == Exported(added=0, present=5)


@needs_mlflow
def test_export_bad_address_is_named_without_its_password(make: MakeRecord, protocols: dict[str, Protocol]) -> None:
    """An address that MLflow does not know is an error in a line, which tells nobody's password."""
    message = r"cannot be exported to nonsense://\.\.\.@place: .* Correct --uri, or the store"
    with pytest.raises(ReproError, match=message) as caught:
        export_runs([make()], protocols=protocols, environment="linux", uri="nonsense://me:secret@place")

    assert "secret" not in str(caught.value)


@needs_mlflow
def test_export_command_says_what_it_added(
    make: MakeRecord, uri: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verb counts runs of today's protocols alone, and the same command again finds them."""
    old = make(7, protocol_sha256="e" * 64)
    write_store(tmp_path / "records" / "linux", [old, make(0), make(1)])
    arguments = ["export", "mlflow", "--uri", uri, "--records", str(tmp_path / "records"), "--environment", "linux"]

    codes = [main(arguments), main(arguments)]

    assert codes == [0, 0]
    assert capsys.readouterr().out == "2 runs added, 0 there already.\n0 runs added, 2 there already.\n"
