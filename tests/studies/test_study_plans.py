"""A study reuses the runs that count, and plans the others, the longest first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joblib import cpu_count
from made_up_runs import make_unfinished
from small_study import SmallStudy

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import PROFILES, Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import worker
from mnist_repro.studies.study import plan_study, profile_seeds

pytestmark = pytest.mark.usefixtures("single_thread")


def test_profile_seeds_profile_counts_from_zero(protocols: dict[str, Protocol]) -> None:
    """Each experiment gets as many seeds as its profile says, from 0."""
    for profile in PROFILES:
        seeds = profile_seeds(protocols.values(), profile=profile)
        assert {name: range(protocols[name].seeds[profile]) for name in protocols} == seeds


def test_plan_study_empty_store_misses_all(small_study: SmallStudy) -> None:
    """Nothing recorded, all to be made; planning writes nothing."""
    plan = small_study.plan(0, 1, 2)

    assert (plan.planned, len(plan.reused), len(plan.missing)) == (3, 0, 3)
    assert not small_study.store.folder.exists()


@pytest.mark.parametrize(
    ("workers", "runs", "expected"),
    [
        pytest.param(2, 5, 2, id="fewer than runs"),
        pytest.param(8, 3, 3, id="more than runs"),
        pytest.param(4, 0, 1, id="no runs"),
    ],
)
def test_plan_study_workers_are_never_more_than_runs(
    small_study: SmallStudy, workers: int, runs: int, expected: int
) -> None:
    """A process that has nothing to do is not started, but there is always one."""
    assert expected == small_study.plan(*range(runs), workers=workers).workers


def test_plan_study_no_number_of_workers_takes_the_processors(small_study: SmallStudy) -> None:
    """Unless said otherwise, each processor gets a process."""
    assert cpu_count() == small_study.plan(*range(1_000), workers=None).workers


def test_plan_study_longest_runs_come_first(
    protocols: dict[str, Protocol], random_images: Dataset, tmp_path: Path
) -> None:
    """No worker is left with a long run at the end, and no run is lost in the order."""
    seeds = dict.fromkeys(protocols, (0, 1))

    plan = plan_study(protocols, seeds=seeds, dataset=random_images, store=RecordStore(tmp_path / "local"))

    costs = [run.cost for run in plan.missing]
    assert costs == sorted(costs, reverse=True)
    assert plan.missing[0].protocol.id.startswith("tf1-dropout")
    assert {(run.protocol.id, run.seed) for run in plan.missing} == {
        (name, seed) for name in protocols for seed in (0, 1)
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"dataset_sha256": "0" * 64}, id="another dataset"),
        pytest.param({"protocol_sha256": "0" * 64}, id="another protocol"),
        pytest.param({"training_sha256": "0" * 64}, id="another code"),
        pytest.param({"seed": 5}, id="another seed"),
    ],
)
def test_plan_study_record_of_other_conditions_is_not_reused(small_study: SmallStudy, change: dict[str, Any]) -> None:
    """A record under other conditions does not stand for the planned run."""
    (record,) = small_study.run(0)
    small_study.store.file.write_bytes(b"")
    small_study.store.append(replace(record, **change))

    plan = small_study.plan(0)

    assert (len(plan.reused), len(plan.missing)) == (0, 1)


def test_plan_study_record_of_another_environment_is_not_reused(small_study: SmallStudy) -> None:
    """A run under another TensorFlow is no run of this one."""
    (record,) = small_study.run(0)
    small_study.store.file.write_bytes(b"")
    small_study.store.append(replace(record, environment=replace(record.environment, tensorflow="2.0.0")))

    assert len(small_study.plan(0).missing) == 1


def test_plan_study_diverged_run_is_a_result(small_study: SmallStudy) -> None:
    """A run that diverged is not tried again: it would diverge again."""
    (record,) = small_study.run(0)
    small_study.store.file.write_bytes(b"")
    small_study.store.append(make_unfinished(record))

    assert [record.status for record in small_study.plan(0).reused] == ["diverged"]


def test_plan_study_failed_record_does_not_replace_a_completed_one(small_study: SmallStudy) -> None:
    """A run that only failed is missing; one that completed is reused, also where a later try of it failed."""
    (record,) = small_study.run(0)
    failed = make_unfinished(record, status="failed", reason="KeyError: 5")

    small_study.store.append(failed)
    assert small_study.plan(0).reused == (record,)
    small_study.store.append(replace(failed, seed=1))
    assert [run.seed for run in small_study.plan(0, 1).missing] == [1]
    small_study.store.append(replace(record, seed=1))
    assert len(small_study.plan(0, 1).reused) == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("KERAS_BACKEND", "jax", r"received KERAS_BACKEND=jax\. Unset it", id="backend"),
        pytest.param("TF_USE_LEGACY_KERAS", "1", r"TF_USE_LEGACY_KERAS=1 .*pip install tf_keras", id="legacy Keras"),
    ],
)
def test_plan_study_keras_that_cannot_train_is_refused(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    """A setting under which every run would fail is named before anything is recorded."""
    monkeypatch.setattr(worker, "find_spec", lambda _: None)
    monkeypatch.setenv(name, value)

    with pytest.raises(ReproError, match=message):
        small_study.plan(0)

    assert not small_study.store.folder.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("KERAS_BACKEND", "tensorflow", id="TensorFlow"),
        pytest.param("KERAS_BACKEND", "", id="no backend"),
        pytest.param("TF_USE_LEGACY_KERAS", "0", id="no legacy Keras"),
        pytest.param("TF_USE_LEGACY_KERAS", "1", id="legacy Keras that is installed"),
    ],
)
def test_plan_study_keras_that_can_train_is_accepted(
    small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Settings that leave TensorFlow as the backend, or name a Keras that is installed, are no reason to refuse."""
    monkeypatch.setattr(worker, "find_spec", lambda found: found if value == "1" else None)
    monkeypatch.setenv(name, value)

    assert len(small_study.plan(0).missing) == 1
