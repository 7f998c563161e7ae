"""Networks are kept where that is asked for, also those of runs that were recorded without."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from made_up_runs import write_store
from small_study import SmallStudy

from mnist_repro.studies.artifacts import has_model, save_model

pytest.importorskip("tensorflow")

# With one worker the runs are trained in this process.
pytestmark = pytest.mark.usefixtures("single_thread")


@pytest.mark.parametrize("keep_models", [True, False], ids=["kept", "not kept"])
def test_run_study_models_are_kept_where_asked(small_study: SmallStudy, *, keep_models: bool) -> None:
    """Trained networks are kept, one for each run, only where that is asked for."""
    small_study.run(0, 1, keep_models=keep_models)

    kept = sorted(file.name for file in small_study.store.folder.glob("models/*"))
    name = small_study.protocol.id
    assert kept == ([f"{name}-seed0.keras", f"{name}-seed1.keras"] if keep_models else [])


def test_run_study_kept_model_has_the_recorded_accuracy(small_study: SmallStudy) -> None:
    """Each kept network is that of its own seed."""
    from tensorflow import keras  # noqa: PLC0415 - known to be there by now

    records = small_study.run(0, 1, keep_models=True)

    pixels = small_study.dataset.test_images.astype(np.float32) / np.float32(255.0)
    for record in records:
        file = small_study.store.folder / "models" / f"{record.experiment}-seed{record.seed}.keras"
        answers = keras.models.load_model(file).predict(pixels, batch_size=1_000, verbose=0).argmax(axis=1)
        right = float((answers == small_study.dataset.test_labels).mean())
        assert record.final_accuracy["all test images"] == pytest.approx(right, abs=2e-4)
    assert records[0].final_accuracy != records[1].final_accuracy


def test_run_study_keeps_the_networks_of_recorded_runs_by_training_them_again(small_study: SmallStudy) -> None:
    """Runs that were recorded without their networks come out again, are recorded once, and are reused from then on."""
    before = small_study.run(0, 1)

    plan = small_study.plan(0, 1, keep_models=True)
    after = small_study.run(0, 1, keep_models=True)

    assert ([run.recorded for run in plan.missing], plan.reused) == (before, ())
    assert before == after == small_study.store.read()
    assert all(has_model(small_study.store.folder, record=record) for record in before)
    assert small_study.plan(0, 1, keep_models=True).missing == ()


def test_run_study_network_of_a_run_that_comes_out_otherwise_is_not_kept(
    small_study: SmallStudy, caplog: pytest.LogCaptureFixture
) -> None:
    """A network that is not the recorded run's is not kept in its name; that is said, and the record stays."""
    (made,) = small_study.run(0)
    first = made.periods[0]
    higher = replace(first, loss={name: loss + 1e-12 for name, loss in first.loss.items()})
    other = replace(made, periods=(higher, *made.periods[1:]))
    small_study.store.file.unlink()
    write_store(small_study.store.folder, [other])

    with caplog.at_level(logging.WARNING, logger="mnist_repro"):
        records = small_study.run(0, keep_models=True)

    assert records == [other] == small_study.store.read()
    assert not has_model(small_study.store.folder, record=other)
    assert f"{other.experiment}, seed 0, did not come out as recorded (other numbers)" in caplog.text


@pytest.mark.parametrize("lying_there", ["another version's", "broken"])
def test_plan_study_network_that_is_not_the_runs_counts_as_none(small_study: SmallStudy, lying_there: str) -> None:
    """A file of that name which another version of TensorFlow left, or half a file, is no network of the run."""
    (made,) = small_study.run(0, keep_models=True)
    folder = small_study.store.folder
    (file,) = folder.glob("models/*.keras")
    if lying_there == "broken":
        file.write_bytes(file.read_bytes()[:100])
    else:
        older = replace(made, environment=replace(made.environment, tensorflow="2.8.4"))
        save_model(folder, record=older, content=file.read_bytes())

    assert [run.recorded for run in small_study.plan(0, keep_models=True).missing] == [made]
