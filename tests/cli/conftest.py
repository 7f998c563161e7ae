"""A command line to call, and records for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import EXPERIMENT, Call, Ended
from made_up_runs import make_run, write_store

from mnist_repro.cli.main import main
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment, describe_environment, training_code_sha256
from mnist_repro.records.run import RunRecord


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Return a function that calls the command line in an empty folder, where its output is no terminal."""
    for variable in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)

    def call_main(*arguments: object) -> Ended:
        try:
            code: Any = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return Ended(code, *capsys.readouterr())

    return call_main


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """Return the stand-in."""
    return load_dataset("digits")


@pytest.fixture
def make_today(digits: Dataset, protocols: dict[str, Protocol]) -> Callable[..., RunRecord]:
    """Return a function that makes a run on the stand-in under the conditions that a study would have now."""

    def make(seed: int, **changes: Any) -> RunRecord:
        conditions = {
            "dataset": digits.name,
            "dataset_sha256": digits.sha256,
            "training_sha256": training_code_sha256(),
            "environment": describe_environment(threads=1),
        }
        return make_run(protocols[EXPERIMENT], seed=seed, **{**conditions, **changes})

    return make


@pytest.fixture
def recorded(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with the records of two runs in an environment."""
    runs = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(2)]
    return write_store(tmp_path / "records" / "linux", runs).folder.parent


@pytest.fixture
def broken(recorded: Path) -> Path:
    """Return the file of records, whose second line breaks off."""
    file = recorded / "linux" / "runs.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1][:50] + b"\n")
    return file
