"""Training runs as MLflow keeps them: one MLflow run for each, with its protocol, its curves and what it was made with.

A second export adds nothing: each run carries the hash of its record. MLflow is an extra, and is imported only here,
when something is exported.
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

# What MLflow takes at once, and of a text.
_MOST_METRICS = 1_000
_MOST_PARAMETERS = 100
_LONGEST_TAG = 5_000
_PAGE = 1_000
# What MLflow allows in the name of a metric, of the characters that our names have.
_NOT_ALLOWED = re.compile(r"[^\w\-./ ]")


class Metric(NamedTuple):
    """A number, after how many steps it was measured, and when: milliseconds since 1970."""

    name: str
    value: float
    step: int
    milliseconds: int


@dataclass(frozen=True, kw_only=True)
class RunDescription:
    """A run in MLflow's terms.

    Parameters
    ----------
    parameters
        What was decided before: the protocol, with a name for each of its parts, and the seed.
    metrics
        What was measured: after each period, at the end, and times in seconds.
    tags
        What it was made with, and the hash of the record.
    status
        Whether the run completed.
    start, end
        Milliseconds since 1970.
    """

    parameters: dict[str, str]
    metrics: tuple[Metric, ...]
    tags: dict[str, str]
    status: Literal["FINISHED", "FAILED"]
    start: int
    end: int


class Exported(NamedTuple):
    """How many runs were added, and how many were there already."""

    added: int
    present: int


def describe_run(record: RunRecord, *, protocol: Protocol, environment: str) -> RunDescription:
    """Describe a run in MLflow's terms.

    Parameters
    ----------
    protocol
        That of the run.
    environment
        Name of the environment.

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
    described = {"seed": str(record.seed), **dict(_flatten(protocol.describe()))}
    made_with = {f"environment.{name}": _format(value) for name, value in asdict(record.environment).items()}
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
        **made_with,
    }
    return RunDescription(
        parameters=described,
        metrics=tuple(_list_metrics(record, start=start)),
        tags=tags,
        status="FINISHED" if record.status == "completed" else "FAILED",
        start=start,
        end=start + round(1_000 * (record.first_call_seconds + record.total_seconds)),
    )


def _flatten(value: dict[str, Any], *, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the parts of a protocol by their path; a list is one part."""
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
        Runs of these protocols, also those that did not complete.
    uri
        As MLflow reads it, such as ``sqlite:///mlflow.db`` or the address of a server.
    on_run
        Called after each run.

    Raises
    ------
    ReproError
        If MLflow is not installed, or the store cannot be read or written.

    Notes
    -----
    A run that an interrupted export left half-written is deleted, as MLflow deletes, and added again.
    """
    described = [describe_run(r, protocol=protocols[r.experiment], environment=environment) for r in records]
    mlflow = _import_mlflow()
    try:
        return _export(described, mlflow=mlflow, name=f"mnist_repro/{environment}", uri=uri, on_run=on_run)
    # Beside MLflow's own errors there are those of each store behind it.
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        msg = f"The runs cannot be exported to {_hide_secrets(uri)}: {_hide_secrets(reason[0])} Correct --uri."
        raise ReproError(msg) from error


def _import_mlflow() -> Any:
    # It tells its makers of each use, unless it is told not to, and its users of each table that it makes.
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
    """Return the hashes of the records that are there whole; delete what was left half-written."""
    present: set[str] = set()
    broken: list[str] = []
    token = None
    while True:
        page = client.search_runs([experiment], max_results=_PAGE, page_token=token)
        for run in page:
            if (sha256 := run.data.tags.get(RECORD_TAG)) is None:
                continue
            if run.info.status == "RUNNING":
                broken.append(run.info.run_id)
            else:
                present.add(sha256)
        token = page.token
        if not token:
            break
    for run_id in broken:
        client.delete_run(run_id)
    return present


def _add(run: RunDescription, *, client: Any, entities: Any, experiment: str) -> None:
    made = client.create_run(experiment, start_time=run.start, tags=run.tags).info.run_id
    parameters = iter([entities.Param(name, value) for name, value in run.parameters.items()])
    while some := list(islice(parameters, _MOST_PARAMETERS)):
        client.log_batch(made, params=some)
    metrics = iter([entities.Metric(m.name, m.value, m.milliseconds, m.step) for m in run.metrics])
    while some := list(islice(metrics, _MOST_METRICS)):
        client.log_batch(made, metrics=some)
    # Only now it counts as there.
    client.set_terminated(made, status=run.status, end_time=run.end)


def _hide_secrets(text: str) -> str:
    """Leave out what an address may say of a user."""
    return re.sub(r"//[^/@\s]*@", "//...@", text)
