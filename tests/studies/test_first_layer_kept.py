"""The weights on the way of a run: those of that very run, kept once, and only where an experiment asks for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.artifacts import PICTURED_SEED, load_early_weights, load_first_weights, save_first_weights
from mnist_repro.studies.first_layer import keep_early_weights
from mnist_repro.studies.study import plan_study, run_study
from mnist_repro.training.randomness import draw_initial_values

pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def pictured(quick_protocol: Protocol) -> Protocol:
    """Return an experiment of ten steps whose weights are kept after one and after seven."""
    return replace(quick_protocol, pictured_steps=(1, 7))


@pytest.fixture(scope="module")
def made(
    pictured: Protocol, random_images: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RecordStore, list[RunRecord]]:
    """Return a store with two runs, and their records."""
    store = RecordStore(tmp_path_factory.mktemp("runs"))
    protocols = {pictured.id: pictured}
    plan = plan_study(protocols, seeds={pictured.id: (0, 1)}, dataset=random_images, store=store, workers=1)
    return store, run_study(plan, dataset=random_images, store=store)


def test_early_weights_are_those_of_the_recorded_run(
    made: tuple[RecordStore, list[RunRecord]], pictured: Protocol, random_images: Dataset
) -> None:
    """They lie between the initial values and the recorded end, and are not made a second time."""
    store, records = made
    (record,) = (record for record in records if record.seed == PICTURED_SEED)

    keep_early_weights(records, protocols={pictured.id: pictured}, dataset=random_images, store=store)

    early, final = (load(store.folder, record=record) for load in (load_early_weights, load_first_weights))
    assert early is not None
    assert final is not None
    start = draw_initial_values(pictured, seed=PICTURED_SEED)[0]
    moved = [np.abs(values.astype(np.float64) - start).mean() for values in (early[1], early[7], final)]
    assert list(early) == [1, 7]
    assert 0 < moved[0] < moved[1] < moved[2]
    file = store.folder / "pictures" / f"{pictured.id}-early.npz"
    before = file.stat().st_mtime_ns
    keep_early_weights(records, protocols={pictured.id: pictured}, dataset=random_images, store=store)
    assert file.stat().st_mtime_ns == before


def test_early_weights_of_a_run_that_comes_out_otherwise_are_refused(
    made: tuple[RecordStore, list[RunRecord]], pictured: Protocol, random_images: Dataset, tmp_path: Path
) -> None:
    """Where the end is not the recorded one, the way is not that of the run: nothing is kept."""
    _, records = made
    (record,) = (record for record in records if record.seed == PICTURED_SEED)
    save_first_weights(tmp_path, record=record, weights=np.ones((784, 10), np.float32))

    with pytest.raises(ReproError, match="has to come out as recorded"):
        keep_early_weights(
            records, protocols={pictured.id: pictured}, dataset=random_images, store=RecordStore(tmp_path)
        )

    assert load_early_weights(tmp_path, record=record) is None


def test_early_weights_not_asked_for_are_not_made(
    made: tuple[RecordStore, list[RunRecord]], pictured: Protocol, random_images: Dataset, tmp_path: Path
) -> None:
    """An experiment that asks for none, another seed, and a run whose end was not kept leave nothing."""
    _, records = made
    plain = replace(pictured, pictured_steps=())
    for protocol in (plain, pictured):
        keep_early_weights(
            records, protocols={pictured.id: protocol}, dataset=random_images, store=RecordStore(tmp_path)
        )

    assert not (tmp_path / "pictures").exists()


@pytest.mark.parametrize("experiment", load_catalogue().protocols)
def test_pictured_steps_of_documents_ascend_within_the_run(experiment: str) -> None:
    """Every document asks for pictures of steps that its runs have on their way."""
    protocol = load_catalogue().protocols[experiment]
    steps = [0, *protocol.pictured_steps, protocol.training.steps]

    assert steps == sorted(set(steps))
