"""Export of training runs to MLflow: each becomes an MLflow run with its protocol, curves and environment.

A second export adds nothing: each run carries the hash of its record. MLflow is an extra, imported only here and only
for an export.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal, NamedTuple

from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord, format_record

RECORD_TAG = "mnist_repro.record_sha256"

# Limits of MLflow for one request, and for a text.
_MOST_METRICS = 1_000
_MOST_PARAMETERS = 100
_LONGEST_TAG = 5_000
_PAGE = 1_000
# Characters that MLflow does not allow in the name of a metric.
_NOT_ALLOWED = re.compile(r"[^\w\-./ ]")


class Metric(NamedTuple):
    """A value in MLflow's terms."""

    name: str
    value: float
    step: int  #: training steps made before
    milliseconds: int  #: since 1970


@dataclass(frozen=True, kw_only=True)
class RunDescription:
    """A run in MLflow's terms."""

    parameters: dict[str, str]  #: each part of the protocol by its path, and the seed
    metrics: tuple[Metric, ...]  #: values after each period and at the end, and times in seconds
    tags: dict[str, str]  #: the environment, and the hash of the record
    status: Literal["FINISHED", "FAILED"]
    start: int  #: milliseconds since 1970
    end: int  #: milliseconds since 1970


class Exported(NamedTuple):
    """Counts of an export."""

    added: int
    present: int  #: runs that were there before


def describe_run(record: RunRecord, *, protocol: Protocol, environment: str) -> RunDescription:
    """Describe a run of `protocol` in MLflow's terms.

    Raises
    ------
    ReproError
        If the record does not say when it started.
    """
    try:
        start = round(1_000 * datetime.fromisoformat(record.started).timestamp())
    except ValueError as error:
        msg = (
            f"{record.experiment}, seed {record.seed}: started must be a time in ISO 8601. "
            f"Received: {record.started!r}. Correct it in runs.jsonl."
        )
        raise ReproError(msg) from error
    stand_in = record.dataset != "mnist"
    tags = {
        "mlflow.runName": f"{'stand-in: ' if stand_in else ''}{record.experiment}, seed {record.seed}",
        "mlflow.source.name": "mnist-repro",
        "mlflow.source.git.commit": record.environment.commit,
        RECORD_TAG: hashlib.sha256(format_record(record).encode()).hexdigest(),
        "environment": environment,
        "experiment": record.experiment,
        "protocol_sha256": record.protocol_sha256,
        "training_sha256": record.training_sha256,
        "dataset": record.dataset,
        "dataset_sha256": record.dataset_sha256,
        "stand_in": _format(stand_in),
        "status": record.status,
        **({"reason": record.reason[:_LONGEST_TAG]} if record.reason else {}),
        **{f"environment.{name}": _format(value) for name, value in asdict(record.environment).items()},
    }
    return RunDescription(
        parameters={"seed": str(record.seed), **dict(_flatten(protocol.describe()))},
        metrics=tuple(_list_metrics(record, start=start)),
        tags=tags,
        status="FINISHED" if record.status == "completed" else "FAILED",
        start=start,
        end=start + round(1_000 * (record.first_call_seconds + record.total_seconds)),
    )


def _flatten(value: dict[str, Any], *, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the parts of a protocol with their paths; a list is one part."""
    for name, part in value.items():
        if isinstance(part, dict):
            yield from _flatten(part, before=f"{before}{name}.")
        else:
            yield f"{before}{name}", _format(part)


def _format(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _list_metrics(record: RunRecord, *, start: int) -> Iterator[Metric]:
    seconds, step = record.first_call_seconds, 0
    for period in record.periods:
        seconds, step = seconds + period.seconds, period.step
        now = start + round(1_000 * seconds)
        numbers = {"learning_rate": period.learning_rate, "seconds": period.seconds}
        numbers |= {f"loss/{name}": value for name, value in period.loss.items()}
        numbers |= {f"accuracy/{name}": value for name, value in period.accuracy.items()}
        yield from (Metric(_NOT_ALLOWED.sub("", name), value, step, now) for name, value in numbers.items())
    numbers = {f"final_loss/{name}": value for name, value in record.final_loss.items()}
    numbers |= {f"final_accuracy/{name}": value for name, value in record.final_accuracy.items()}
    for name in ("first_call_seconds", "evaluation_seconds", "total_seconds"):
        numbers[name] = getattr(record, name)
    end = start + round(1_000 * (record.first_call_seconds + record.total_seconds))
    yield from (Metric(_NOT_ALLOWED.sub("", name), value, step, end) for name, value in numbers.items())


def export_runs(
    records: Iterable[RunRecord],
    *,
    protocols: Mapping[str, Protocol],
    environment: str,
    uri: str,
    on_run: Callable[[], None] | None = None,
) -> Exported:
    """Add runs to the store that `uri` names, in an MLflow experiment of the environment's name.

    Parameters
    ----------
    records
        Runs of these protocols, incomplete ones included.
    uri
        A store of MLflow, such as ``sqlite:///mlflow.db`` or the address of a server.
    on_run
        Called after each run.

    Raises
    ------
    ReproError
        If MLflow is not installed, or the store cannot be read or written.

    Notes
    -----
    A run that an interrupted export left incomplete is marked as deleted, and added again.
    """
    described = [describe_run(r, protocol=protocols[r.experiment], environment=environment) for r in records]
    mlflow = _import_mlflow()
    try:
        return _export(described, mlflow=mlflow, name=f"mnist_repro/{environment}", uri=uri, on_run=on_run)
    except ReproError:
        raise
    # Each store behind MLflow has errors of its own.
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        msg = (
            f"The runs cannot be exported to {_hide_secrets(uri)}: {_hide_secrets(reason[0])} "
            "Correct --uri, or the store that it names."
        )
        raise ReproError(msg) from error


def _import_mlflow() -> Any:
    # No telemetry, and no log line for each table.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        import mlflow  # noqa: PLC0415 - an extra, and slow to import
        import mlflow.entities  # noqa: PLC0415
    except ImportError as error:
        msg = "Exporting to MLflow needs it. Install it with: python -m pip install 'mnist-repro[mlflow]'"
        raise ReproError(msg) from error
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return mlflow


def _export(
    runs: list[RunDescription], *, mlflow: Any, name: str, uri: str, on_run: Callable[[], None] | None
) -> Exported:
    client = mlflow.MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(name)
    if found and found.lifecycle_stage != "active":
        msg = (
            f"Runs are exported to an active experiment of MLflow; {name}, of id {found.experiment_id}, is "
            f"{found.lifecycle_stage}. Restore it with `mlflow experiments restore --experiment-id "
            f"{found.experiment_id}`, or remove it for good with `mlflow gc`."
        )
        raise ReproError(msg)
    experiment = found.experiment_id if found else client.create_experiment(name)
    present = _find_present(client, experiment=experiment)
    added = 0
    for run in runs:
        if run.tags[RECORD_TAG] not in present:
            _add(run, client=client, entities=mlflow.entities, experiment=experiment)
            present.add(run.tags[RECORD_TAG])
            added += 1
        if on_run:
            on_run()
    return Exported(added=added, present=len(runs) - added)


def _find_present(client: Any, *, experiment: str) -> set[str]:
    """Return the hashes of the complete records; delete incomplete ones."""
    page = client.search_runs([experiment], max_results=_PAGE)
    runs = list(page)
    while page.token:
        page = client.search_runs([experiment], max_results=_PAGE, page_token=page.token)
        runs += page
    ours = [run for run in runs if RECORD_TAG in run.data.tags]
    for run in ours:
        if run.info.status == "RUNNING":
            client.delete_run(run.info.run_id)
    return {run.data.tags[RECORD_TAG] for run in ours if run.info.status != "RUNNING"}


def _add(run: RunDescription, *, client: Any, entities: Any, experiment: str) -> None:
    made = client.create_run(experiment, start_time=run.start, tags=run.tags).info.run_id
    parameters = iter([entities.Param(name, value) for name, value in run.parameters.items()])
    while some := list(islice(parameters, _MOST_PARAMETERS)):
        client.log_batch(made, params=some)
    metrics = iter([entities.Metric(m.name, m.value, m.milliseconds, m.step) for m in run.metrics])
    while some := list(islice(metrics, _MOST_METRICS)):
        client.log_batch(made, metrics=some)
    # Only a terminated run counts as present.
    client.set_terminated(made, status=run.status, end_time=run.end)


def _hide_secrets(text: str) -> str:
    """Remove user names and passwords from an address."""
    return re.sub(r"//[^/@\s]*@", "//...@", text)
