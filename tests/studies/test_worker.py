"""A worker says why a run failed, and keeps of its weights what can be drawn."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location

import made_up_trainer
import numpy as np
import pytest
from small_study import SmallStudy

from mnist_repro import training
from mnist_repro.records.environment import describe_environment
from mnist_repro.records.flags import read_flags
from mnist_repro.studies import worker
from mnist_repro.studies.worker import THREADS, PlannedRun, make_run

pytest.importorskip("tensorflow")


def test_import_trainer_sets_the_plot_backend_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow is imported without a notebook's MPLBACKEND, in force again afterwards; no flag is set."""
    name, seen = "mnist_repro.training.trainer", []

    class Finder:
        @staticmethod
        def find_spec(module: str, *_: object) -> ModuleSpec | None:
            if module != name:
                return None
            seen.append(os.environ.get("MPLBACKEND"))
            return spec_from_file_location(module, made_up_trainer.__file__)

    monkeypatch.setitem(sys.modules, name, made_up_trainer)
    monkeypatch.setattr(training, "trainer", made_up_trainer, raising=False)
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    monkeypatch.setenv("MPLBACKEND", "module://no.such")
    before = read_flags()

    worker._import_trainer()  # noqa: SLF001 - its own

    assert (seen, os.environ["MPLBACKEND"], read_flags()) == ([None], "module://no.such", before)


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
