"""What an MLflow store refuses is said in a line, with what is to be done: about the address only where that helps."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from made_up_runs import MakeRecord

from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.reporting.exports import mlflow as mlflow_runs
from mnist_repro.reporting.exports.mlflow import export_runs


def refuse(make_client: Callable[..., Any], make: MakeRecord, protocols: dict[str, Protocol]) -> str:
    """Export a run to a made-up store that takes none, and return the message, which is one line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlflow_runs, "_import_mlflow", lambda: SimpleNamespace(MlflowClient=make_client, entities=None))
        with pytest.raises(ReproError) as caught:
            export_runs([make(0)], protocols=protocols, environment="linux", uri="sqlite://me:secret@host/runs.db")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    return str(caught.value)


def test_export_deleted_experiment_says_how_to_restore_it(make: MakeRecord, protocols: dict[str, Protocol]) -> None:
    """The address is right, so the advice is not about it: the experiment's id and the commands are there."""
    deleted = SimpleNamespace(experiment_id="7", lifecycle_stage="deleted")

    message = refuse(lambda **_: SimpleNamespace(get_experiment_by_name=lambda _: deleted), make, protocols)

    assert message == (
        "Runs are exported to an active experiment of MLflow; mnist_repro/linux, of id 7, is deleted. Restore it with "
        "`mlflow experiments restore --experiment-id 7`, or remove it for good with `mlflow gc`."
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(ConnectionError("Connection refused"), "Connection refused", id="server down"),
        pytest.param(PermissionError(13, "Permission denied"), "Permission denied", id="no permission"),
        pytest.param(RuntimeError("Out of date.\nRun mlflow db upgrade."), "Out of date.", id="old database"),
        pytest.param(RuntimeError(), "RuntimeError", id="no words"),
    ],
)
def test_export_store_that_refuses_is_named(
    make: MakeRecord, protocols: dict[str, Protocol], error: Exception, said: str
) -> None:
    """The store's own first line is there, and that the address or the store is to be corrected."""

    def fail(**_: object) -> None:
        raise error

    message = refuse(fail, make, protocols)

    assert said in message
    assert message.endswith("Correct --uri, or the store that it names.")
