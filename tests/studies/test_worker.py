"""A worker says why a run failed, and keeps of its weights what can be drawn."""

from __future__ import annotations

import made_up_trainer
import numpy as np
import pytest
from small_study import SmallStudy

from mnist_repro.records.environment import describe_environment
from mnist_repro.studies import worker
from mnist_repro.studies.worker import THREADS, PlannedRun, make_run

pytest.importorskip("tensorflow")


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
