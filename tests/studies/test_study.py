"""Runs of a study are recorded as they are made, whatever becomes of them, by one worker or by two."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_runs import Facts, MakeRecord
from small_documents import TINY
from small_study import SmallStudy

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import processes, worker
from mnist_repro.studies.artifacts import load_first_weights, load_labels, load_sample_digits
from mnist_repro.studies.study import Plan, plan_study, run_study
from mnist_repro.studies.timing import Part, RunClock, StudyClock
from mnist_repro.studies.worker import MadeRun, PlannedRun

pytest.importorskip("tensorflow")

# Keras refuses them where it reads them.
UNREADABLE_SETTINGS = '{"floatx": "no-such-format"}'

# With one worker joblib trains in this process.
pytestmark = pytest.mark.usefixtures("single_thread")


@pytest.fixture
def failing_study(small_study: SmallStudy) -> SmallStudy:
    """Return a study whose network Keras refuses to build."""
    (layer,) = small_study.protocol.layers
    unknown = replace(layer)
    object.__setattr__(unknown, "activation", "no-such-activation")  # what no declaration can say
    protocol = replace(small_study.protocol, layers=(unknown, layer))
    return SmallStudy(protocol, small_study.dataset, small_study.store.folder.parent)


def test_run_study_runs_are_recorded_and_returned(small_study: SmallStudy) -> None:
    """Every planned run comes back, and stands in the store."""
    records = small_study.run(0, 1, 2)

    assert [record.seed for record in records] == [0, 1, 2]
    assert {record.status for record in records} == {"completed"}
    assert records == small_study.store.read()


def test_run_study_again_reuses_all(small_study: SmallStudy) -> None:
    """What is recorded is not trained again."""
    first = small_study.run(0, 1)
    plan = small_study.plan(0, 1)

    assert (plan.planned, list(plan.reused), plan.missing) == (2, first, ())
    assert first == small_study.run(0, 1)
    assert len(small_study.store.read()) == 2


def test_run_study_nothing_planned_gives_nothing(small_study: SmallStudy) -> None:
    """A study without runs is no error, and leaves an empty store."""
    assert small_study.run() == []
    assert small_study.store.read() == []


def test_run_study_lost_record_is_made_again(small_study: SmallStudy, facts: dict[str, Any]) -> None:
    """Where a line was taken out, that run alone is made again, and comes out the same."""
    before = small_study.run(0, 1, 2)
    lines = small_study.store.file.read_bytes().splitlines(keepends=True)
    small_study.store.file.write_bytes(lines[0] + lines[2])
    plan = small_study.plan(0, 1, 2)
    made: list[RunRecord] = []

    after = small_study.run(0, 1, 2, on_record=made.append)

    assert [run.seed for run in plan.missing] == [1]
    assert [record.seed for record in made] == [1]
    assert facts(before[1]) == facts(made[0])
    assert [record.seed for record in after] == [0, 2, 1]


def test_run_study_more_seeds_only_makes_the_new_ones(small_study: SmallStudy) -> None:
    """A larger study goes on from a smaller one."""
    small_study.run(0, 1)

    plan = small_study.plan(0, 1, 2, 3)

    assert (len(plan.reused), [run.seed for run in plan.missing]) == (2, [2, 3])


def test_run_study_decided_experiment_has_no_further_run(small_study: SmallStudy) -> None:
    """It is asked before the first run too, and is told of the recorded ones."""
    asked: list[int] = []

    def is_decided(_: str, records: Sequence[RunRecord]) -> bool:
        asked.append(len(records))
        return len(records) >= 3

    small_study.run(0)
    first, again = (small_study.run(*range(9), is_decided=is_decided) for _ in range(2))

    assert [record.seed for record in first] == [record.seed for record in again] == [0, 1, 2]
    assert asked == [1, 2, 3, 3]


def test_run_study_exception_is_recorded_as_failure(failing_study: SmallStudy) -> None:
    """A run that an exception ends is recorded as failed, with the exception's words and no numbers."""
    (record,) = failing_study.run(0)

    assert [record] == failing_study.store.read()
    assert record.status == "failed"
    assert record.reason is not None
    assert record.reason.startswith("ValueError: ")
    assert "no-such-activation" in record.reason
    assert record.protocol_sha256 == failing_study.protocol.sha256
    assert (record.periods, record.final_loss, record.final_accuracy) == ((), {}, {})
    assert record.confusion_matrix == ()


def test_run_study_failed_run_is_tried_again(failing_study: SmallStudy) -> None:
    """The next study makes a failed run again, and records that too."""
    failing_study.run(0)

    (record,) = failing_study.run(0)

    assert record.status == "failed"
    assert len(failing_study.store.read()) == 2


def test_run_study_failure_does_not_end_the_study(small_study: SmallStudy, failing_study: SmallStudy) -> None:
    """One protocol's failure leaves the others' runs as they are."""
    good, bad = small_study.protocol, replace(failing_study.protocol, id="bad")
    plan = plan_study(
        {bad.id: bad, good.id: good},
        seeds={bad.id: (0, 1), good.id: (0,)},
        dataset=small_study.dataset,
        store=small_study.store,
        workers=1,
    )

    records = run_study(plan, dataset=small_study.dataset, store=small_study.store)

    assert sorted((record.experiment, record.status) for record in records) == [
        ("bad", "failed"),
        ("bad", "failed"),
        (good.id, "completed"),
    ]


def test_run_study_every_made_run_is_reported_once(small_study: SmallStudy) -> None:
    """Progress is told of each run that was made, and of none that was reused."""
    small_study.run(0)
    made: list[int] = []

    small_study.run(0, 1, 2, on_record=lambda record: made.append(record.seed))

    assert made == [1, 2]


def test_run_study_two_workers_make_the_same_records(
    random_images: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, facts: Facts
) -> None:
    """How many processes train makes no difference to any number, whatever the user's environment says.

    Workers need nothing of a document's folder but the protocol. Keras's settings of the home are neither read nor
    written, and a notebook's MPLBACKEND stops nothing. Flags are as before TensorFlow was imported, or the runs would
    not be those planned.
    """
    with add_document_folders([TINY]):
        protocol = load_catalogue().protocols["tiny-linear"]
    study = SmallStudy(protocol, random_images, tmp_path / "alone")
    alone = {record.seed: facts(record) for record in study.run(0, 1, 2)}
    settings = tmp_path / ".keras" / "keras.json"
    settings.parent.mkdir()
    settings.write_text(UNREADABLE_SETTINGS, encoding="utf-8")
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MPLBACKEND", "module://no.such")
    parallel = SmallStudy(protocol, random_images, tmp_path / "parallel")
    made: list[int] = []

    together = parallel.run(0, 1, 2, workers=2, on_record=lambda record: made.append(record.seed))

    assert {record.status for record in together} == {"completed"}
    assert alone == {record.seed: facts(record) for record in together}
    assert sorted(made) == [0, 1, 2]
    assert len(parallel.plan(0, 1, 2).reused) == 3
    assert [file.name for file in settings.parent.iterdir()] == [settings.name]
    assert settings.read_text(encoding="utf-8") == UNREADABLE_SETTINGS


def test_run_study_pictures_and_labels_are_saved(small_study: SmallStudy) -> None:
    """Sample digits, the labels that were asked for and the first weights of seed 0 lie beside the records."""
    (record,) = small_study.run(0, labelled_examples=(72,))

    weights = load_first_weights(small_study.store.folder, record=record)
    assert weights is not None
    assert weights.shape == (784, 10)
    assert weights.any()
    assert load_sample_digits(small_study.store.folder, dataset_sha256=record.dataset_sha256) is not None
    assert load_labels(small_study.store.folder, dataset_sha256=record.dataset_sha256).keys() == {72}


def test_run_study_other_seeds_leave_the_pictures(small_study: SmallStudy) -> None:
    """Only seed 0's weights are shown, whichever run ends last."""
    (record,) = small_study.run(0)
    before = load_first_weights(small_study.store.folder, record=record)
    small_study.run(0, 1, 2)

    after = load_first_weights(small_study.store.folder, record=record)

    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before, after)


def test_run_study_folder_that_cannot_be_written_is_refused(small_study: SmallStudy) -> None:
    """A study whose records cannot be kept does not start."""
    small_study.store.folder.touch()
    plan = Plan(reused=(), missing=(), workers=1)

    with pytest.raises(ReproError, match="that cannot be done"):
        run_study(plan, dataset=small_study.dataset, store=small_study.store)


def test_run_study_each_process_imports_and_compiles_once(small_study: SmallStudy) -> None:
    """What a study costs grows with its seeds alone: of a process's runs, only the first imports and compiles."""
    clock = StudyClock()

    small_study.run(*range(8), workers=2, clock=clock)

    times = clock.read()
    assert len(times.runs) == 8
    assert times.processes == 2
    compiled = [run.worker for run in times.runs if run.seconds[Part.COMPILING] > 0.05]
    assert len(compiled) == len(set(compiled))
    assert sum(times.seconds.values()) == pytest.approx(times.worker_seconds)
    assert min(times.seconds.values()) >= 0.0


def test_run_study_record_that_cannot_be_written_ends_it(
    small_study: SmallStudy, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Where a run cannot be recorded, that error is all that is said, and no worker goes on."""
    full = ReproError("The disk is full.")
    made = MadeRun(record=make_record(), times=RunClock("small-net").stop(make_record()))
    marks = small_study.store.folder.parent

    def make(run: PlannedRun, *_: Any, **__: Any) -> MadeRun:
        (marks / str(run.seed)).touch()
        time.sleep(0.2)
        return made

    def refuse(*_: object) -> None:
        raise full

    monkeypatch.setattr(RecordStore, "append", refuse)
    monkeypatch.setattr(processes, "make_run", make)

    with pytest.raises(ReproError, match=r"^The disk is full\.$"):
        small_study.run(*range(20), workers=2)

    assert len(list(marks.glob("[0-9]*"))) < 20

    assert [str(warning.message) for warning in recwarn if "joblib" in warning.filename] == []


def test_run_study_network_that_cannot_be_saved_is_said_after_its_run_is_recorded(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a trained network cannot be saved, its run is recorded all the same."""

    def refuse(_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker, "_pack_model", refuse)

    with pytest.raises(
        ReproError, match=r"network of julia-linear-lr0.02, seed 0, could not be saved: OSError: .*No space left"
    ):
        small_study.run(0, 1, keep_models=True)

    assert [record.seed for record in small_study.store.read()] == [0]
