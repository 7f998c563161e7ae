"""The graph session of `benchmarks/era` makes the documents' steps from the package's streams."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from training_protocols import shorten

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import SCHEMA_VERSION, parse_record

ERA = Path(__file__).parents[2] / "benchmarks" / "era"
PROTOCOLS = load_catalogue().protocols


def test_protocols_file_is_what_the_package_declares() -> None:
    """`protocols.json` says what is declared; where not, `python benchmarks/era/write_protocols.py` writes it again."""
    written = json.loads((ERA / "protocols.json").read_text(encoding="utf-8"))

    declared = {
        name: {**protocol.describe(), "sha256": protocol.sha256, "seeds": protocol.seeds}
        for name, protocol in PROTOCOLS.items()
    }
    assert written == json.loads(json.dumps(declared))


tensorflow = pytest.importorskip("tensorflow")
from comparison import Comparison  # noqa: E402 - needs TensorFlow

from mnist_repro.training.trainer import Trainer  # noqa: E402 - needs TensorFlow

_TOLERANCE = 1e-4
_SHORT = {name: shorten(protocol) for name, protocol in PROTOCOLS.items()}


class _Trained(NamedTuple):
    """What the session made of ten steps of a protocol."""

    run: dict[str, Any]
    values: list[NDArray[np.float32]]


class _EraComparison(Comparison):
    """Compares with the reference what the session trained."""

    def __init__(self, dataset: Dataset, trained: dict[str, _Trained]) -> None:
        super().__init__(dataset)
        self._results = trained

    def _train(self, protocol: Protocol, *, seed: int, steps: int) -> list[NDArray[np.float32]]:  # noqa: ARG002 - all were made
        return self._results[protocol.id].values


@pytest.fixture(scope="module")
def trained(random_images: Dataset, single_thread: None) -> dict[str, _Trained]:  # noqa: ARG001 - it is set before
    """Return what the session made of ten steps of each protocol, in this process: it has graphs of its own anyway."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ERA))
        # It holds for the rest of the process.
        patch.setattr(tensorflow.compat.v1, "disable_eager_execution", lambda: None)
        session = importlib.import_module("tf1_session")
    images = [getattr(random_images, f"{part}_{kind}") for part in ("train", "test") for kind in ("images", "labels")]
    seed_of = Comparison(random_images)._even_seed  # noqa: SLF001 - its own helper
    results = {}
    for name, protocol in _SHORT.items():
        trainer = session.Run(json.loads(json.dumps(protocol.describe())), images)
        results[name] = _Trained(trainer.train(seed_of(protocol)), trainer.network.values())
    return results


@pytest.mark.parametrize("name", _SHORT)
def test_session_ten_steps_are_the_references(random_images: Dataset, trained: dict[str, _Trained], name: str) -> None:
    """After ten steps, fed one by one, every variable is where the independent reference has it."""
    assert _EraComparison(random_images, trained).disagreement(_SHORT[name]) < _TOLERANCE


@pytest.mark.usefixtures("single_thread")
@pytest.mark.parametrize("name", _SHORT)
def test_session_run_measures_what_the_package_measures(
    random_images: Dataset, trained: dict[str, _Trained], name: str
) -> None:
    """The session's periods and final figures have the package's names and, but for rounding, its values."""
    seed = Comparison(random_images)._even_seed(_SHORT[name])  # noqa: SLF001 - its own helper
    expected = Trainer(_SHORT[name], random_images).train(seed)

    run = trained[name].run

    assert run["status"] == "completed"
    for ours, theirs in zip(run["periods"], expected.periods, strict=True):
        assert (ours["step"], ours["learning_rate"]) == (theirs.step, theirs.learning_rate)
        assert ours["loss"] == pytest.approx(theirs.loss, rel=1e-4)
        assert ours["accuracy"] == pytest.approx(theirs.accuracy, abs=2e-3)
    assert run["final_loss"] == pytest.approx(expected.final_loss, rel=1e-4)
    assert np.sum(run["confusion_matrix"]) == np.sum(expected.confusion_matrix)


def test_session_record_is_read_like_any_other(trained: dict[str, _Trained], make_record: Any) -> None:
    """What the session says of a run has the fields and types of a record."""
    others = ("experiment", "protocol_sha256", "training_sha256", "dataset", "dataset_sha256", "seed", "started")
    known = json.loads(json.dumps({name: getattr(make_record(), name) for name in others}))
    environment = asdict(make_record().environment)

    run = trained["tf1-basic"].run
    line = json.dumps({**run, **known, "schema": SCHEMA_VERSION, "first_call_seconds": 0.1, "environment": environment})

    assert parse_record(line).status == "completed"
