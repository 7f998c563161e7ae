"""A worker trains whatever the user's environment says of Keras and Matplotlib, and says why a run failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import made_up_trainer
import numpy as np
import pytest
from small_study import SmallStudy

from mnist_repro.records.environment import describe_environment
from mnist_repro.studies import worker
from mnist_repro.studies.worker import THREADS, PlannedRun, make_run

pytest.importorskip("tensorflow")

IMPORTED = """
import os
from mnist_repro.records.flags import read_flags
from mnist_repro.studies import worker
before = read_flags()
worker._import_trainer()
import keras
print(keras.config.floatx(), os.environ["MPLBACKEND"], read_flags() == before)
"""


def test_import_trainer_heeds_no_settings_of_home_and_no_backend_and_sets_no_flag(tmp_path: Path) -> None:
    """Keras's settings of the home are neither read nor written, a notebook's MPLBACKEND stops nothing.

    Flags are as before TensorFlow was imported, or the runs would not be those planned.
    """
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

    assert (ended.returncode, ended.stdout.split()) == (0, ["float32", "module://no.such", "True"]), ended.stderr
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


@pytest.mark.parametrize(
    ("shape", "kept"),
    [
        pytest.param((784, 3), True, id="weights of all pixels"),
        pytest.param((3, 3, 1, 2), False, id="filters"),
        pytest.param((784,), False, id="scales of batch normalisation"),
    ],
)
def test_make_run_keeps_first_weights_that_are_pictures(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch, *, shape: tuple[int, ...], kept: bool
) -> None:
    """Filters and scales are not drawn as images of 28 x 28 pixels, so they are not kept for that."""
    trainer = made_up_trainer.Trainer(small_study.protocol, small_study.dataset)
    monkeypatch.setattr(trainer, "get_weights", lambda: [np.zeros(shape, dtype=np.float32)])
    monkeypatch.setattr(worker, "_ready_trainer", lambda *_, **__: (trainer, "0" * 64))

    made = make_run(PlannedRun(small_study.protocol, 0, describe_environment(threads=THREADS)), small_study.dataset)

    assert made.record.status == "completed"
    assert (made.first_weights is not None) is kept
