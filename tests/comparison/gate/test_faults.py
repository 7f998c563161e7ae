"""Planted faults all differ and alter the right images; those that only change how runs are read train nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from installed import needs_tensorflow
from made_up_runs import make_run, write_store
from made_up_studies import make_study
from made_up_trainer import make_images

from mnist_repro.atlas.julia_blog.faults import shuffle_labels
from mnist_repro.comparison.gate.faults import swap_sets
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import read_variant_runs, variant_store
from mnist_repro.studies.variant_plans import plan_variants

PROTOCOLS = load_catalogue().protocols
ALTERNATIVES = {variant.id: variant for variant in load_catalogue().alternatives}
FAULTS = {fault.id: fault for fault in load_catalogue().faults}


def test_plant_faults_are_at_least_sixteen_different_ones() -> None:
    """There are sixteen faults and more, no two with the same runs read in the same way."""
    kinds = {(f.protocol.sha256, tuple(f.reads.items())) for f in FAULTS.values()}

    assert len(FAULTS) == len(kinds) >= 16


def test_plant_faults_that_are_alternatives_share_their_runs() -> None:
    """What the cause finder tries too has the same protocol, so that its runs serve both."""
    shared = FAULTS.keys() & ALTERNATIVES.keys()

    assert len(shared) == 9
    assert all(FAULTS[name].protocol == ALTERNATIVES[name].protocol for name in shared)


def test_plant_faults_have_runs_for_a_gate_run_of_the_quick_profile() -> None:
    """Each fault has at least twice the runs of a gate run, so that gate runs differ."""
    for fault in FAULTS.values():
        assert fault.seeds >= 2 * PROTOCOLS[fault.experiment].seeds["quick"], fault.id


def test_shuffle_labels_moves_labels_of_a_share_and_keeps_their_number(random_images: Dataset) -> None:
    """At most the share of the training labels changes, about nine tenths of it, and each class stays as frequent."""
    altered = shuffle_labels(0.05)(random_images)

    changed = np.mean(altered.train_labels != random_images.train_labels)
    assert 0.04 < changed <= 0.05
    assert np.array_equal(np.bincount(altered.train_labels), np.bincount(random_images.train_labels))
    assert altered.sha256 != random_images.sha256
    assert altered.train_images is random_images.train_images


def test_faults_of_pixels_shift_the_images(random_images: Dataset) -> None:
    """Images read one pixel off have every pixel in its neighbour's place."""
    both, test_only = FAULTS["julia-mlp-100x100+pixels-off"], FAULTS["julia-linear-lr0.003+test-pixels-off"]
    assert both.alter is not None
    assert test_only.alter is not None

    assert np.array_equal(both.alter(random_images).train_images[:, 1:], random_images.train_images[:, :-1])
    assert np.array_equal(test_only.alter(random_images).test_images[:, 1:], random_images.test_images[:, :-1])
    assert test_only.alter(random_images).train_images is random_images.train_images


@needs_tensorflow
def test_plan_variants_each_altered_dataset_has_a_plan_of_its_own(tmp_path: Path) -> None:
    """Variants on the true images come in one plan, those on altered ones apart; those that only read have none."""
    images = make_images()
    plans = plan_variants(FAULTS.values(), dataset=images, store=RecordStore(tmp_path))

    altered = [fault for fault in FAULTS.values() if fault.alter]
    assert len(plans) == 1 + len(altered)
    assert [planned_for is images for _, planned_for in plans] == [True, *[False] * len(altered)]
    planned = {run.protocol.id for plan, _ in plans for run in plan.missing}
    assert planned == {fault.id for fault in FAULTS.values() if fault.is_trained}


def test_variant_runs_damaged_record_is_named(environment: Environment, tmp_path: Path) -> None:
    """A run that says it completed and lacks an evaluation gives one error with its file, and no number."""
    fault = FAULTS["tf1-basic+relu"]
    store = RecordStore(tmp_path)
    run = make_run(fault.protocol, seed=4, environment=environment)
    write_store(variant_store(store).folder, [replace(run, final_accuracy={"test": 0.9})])

    said = r"variants/runs\.jsonl, line 1: no run of tf1-basic\+relu has this record, seed 4: it is evaluated on"
    with pytest.raises(ReproError, match=said):
        read_variant_runs(store).of_variant(fault)


def test_variant_runs_are_its_own_or_the_experiments(environment: Environment, tmp_path: Path) -> None:
    """A variant that is trained has the runs under its id; one that only reads has the experiment's."""
    trained, reading = FAULTS["tf1-basic+relu"], FAULTS["tf1-basic+tested-on-validation"]
    basic = PROTOCOLS["tf1-basic"]
    store = write_store(tmp_path, [make_run(basic, seed=1, environment=environment)])
    write_store(
        variant_store(store).folder,
        [
            make_run(trained.protocol, seed=2, environment=environment),
            make_run(replace(trained.protocol, pixel_divisor=2.0), seed=3, environment=environment),
        ],
    )

    def seeds(variant_id: str) -> list[int]:
        return [run.seed for run in read_variant_runs(store).of_variant(FAULTS[variant_id])]

    assert seeds(trained.id) == [2]
    assert seeds(reading.id) == [1]


def test_swap_sets_puts_other_sets_under_the_documents_names(environment: Environment) -> None:
    """Final figures and curves are taken from the other set where it was measured; else they stay."""
    (record,) = make_study(PROTOCOLS["tf1-basic"], [0], environment=environment)

    read = swap_sets(record, reads={"test": "validation", "validation": "nowhere"})

    assert read.final_accuracy["test"] == record.final_accuracy["validation"] != record.final_accuracy["test"]
    assert read.final_loss["test"] == record.final_loss["validation"]
    assert read.final_accuracy["validation"] == record.final_accuracy["validation"]
    assert read.periods == record.periods
