"""A worker trains whatever the user's environment says of Keras and Matplotlib, and says why a run failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_study import SmallStudy

from mnist_repro.records.environment import describe_environment
from mnist_repro.studies import worker
from mnist_repro.studies.worker import THREADS, PlannedRun, make_run

pytest.importorskip("tensorflow")

IMPORTED = """
import os
from mnist_repro.studies import worker
worker._import_trainer()
import keras
print(keras.config.floatx(), os.environ["MPLBACKEND"])
"""


def test_import_trainer_heeds_no_settings_of_home_and_no_backend(tmp_path: Path) -> None:
    """Keras's settings of the user's home are neither read nor written, and a notebook's MPLBACKEND stops nothing."""
    settings = tmp_path / ".keras" / "keras.json"
    settings.parent.mkdir()
    settings.write_text('{"floatx": "bfloat16"}', encoding="utf-8")
    variables = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLBACKEND": "module://no.such"}

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", IMPORTED],
        env={name: value for name, value in os.environ.items() if name != "KERAS_HOME"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout.split()) == (0, ["float32", "module://no.such"]), ended.stderr
    assert [file.name for file in settings.parent.iterdir()] == [settings.name]
    assert settings.read_text(encoding="utf-8") == '{"floatx": "bfloat16"}'


def test_make_run_error_without_text_is_recorded_with_its_line(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An assertion of a library says nothing; the line that raised it does."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(worker, "_ready_trainer", refuse)

    planned = PlannedRun(small_study.protocol, 0, describe_environment(threads=THREADS))
    record = make_run(planned, small_study.dataset).record

    assert record.status == "failed"
    assert (record.reason or "").startswith("AssertionError: raise AssertionError (test_worker.py, line ")
