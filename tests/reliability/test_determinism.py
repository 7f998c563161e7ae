"""A seed decides the run, bit for bit: with one worker and with two, after other runs and alone, and after a resume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import ImageSlice, Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import plan_study, run_study

pytest.importorskip("tensorflow")

SEEDS = (0, 1, 2)
# What each way of making the same runs asks for, one study after the other.
WAYS: dict[str, list[dict[str, Any]]] = {
    "one worker": [{"seeds": SEEDS, "workers": 1}],
    "one worker again": [{"seeds": SEEDS, "workers": 1}],
    "two workers": [{"seeds": SEEDS, "workers": 2}],
    "resumed": [{"seeds": SEEDS[1:2], "workers": 1}, {"seeds": SEEDS, "workers": 2}],
}
Runs = dict[str, dict[str, list[RunRecord]]]


def shorten(protocol: Protocol) -> Protocol:
    """Return an experiment with two periods of 60 steps on few images: with dropout, of masks drawn more than once."""
    training = replace(
        protocol.training,
        images=ImageSlice(source="train", start=0, stop=1_000),
        batch_size=100,
        periods=2,
        steps_per_period=60,
        repeats_batches=True,
    )
    return replace(protocol, training=training)


def make_runs(
    protocols: dict[str, Protocol], studies: Sequence[dict[str, Any]], *, dataset: Dataset, folder: Path
) -> dict[str, list[RunRecord]]:
    """Make the studies one after the other in one store, and return its runs by experiment and then by seed."""
    store = RecordStore(folder)
    for study in studies:
        seeds = dict.fromkeys(protocols, study["seeds"])
        plan = plan_study(protocols, seeds=seeds, dataset=dataset, store=store, workers=study["workers"])
        run_study(plan, dataset=dataset, store=store, keep_pictures=False)
    records = sorted(store.read(), key=lambda record: record.seed)
    return {name: [record for record in records if record.experiment == name] for name in protocols}


@pytest.fixture(scope="module")
def runs(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, random_images: Dataset) -> Runs:
    """Return the runs of every experiment by the way they were made."""
    protocols, dataset = load_catalogue().protocols, random_images
    if pytestconfig.option.reliability == "full":
        dataset = load_dataset("mnist", folder=pytestconfig.option.data)
    else:
        protocols = {name: shorten(protocol) for name, protocol in protocols.items()}
    return {
        way: make_runs(protocols, studies, dataset=dataset, folder=tmp_path_factory.mktemp("runs"))
        for way, studies in WAYS.items()
    }


@pytest.mark.parametrize("experiment", load_catalogue().protocols)
def test_same_seed_gives_the_same_run(
    runs: Runs, experiment: str, facts: Callable[[RunRecord], Any], record_property: Callable[[str, object], None]
) -> None:
    """Every way gives the same bits in all that a seed determines, and another seed gives others."""
    # Every float is written with as many digits as tell it from its neighbours.
    made = {way: [repr(facts(record)) for record in by_experiment[experiment]] for way, by_experiment in runs.items()}

    assert [len(records) for records in made.values()] == [len(SEEDS)] * len(WAYS)
    assert all(records == made["one worker"] for records in made.values())
    assert len({record.final_loss["all test images"] for record in runs["one worker"][experiment]}) == len(SEEDS)
    steps = runs["one worker"][experiment][0].periods[-1].step
    record_property(
        "reliability figure",
        f"determinism: {experiment}: {len(SEEDS)} runs of {steps:,} steps, made in {len(WAYS)} ways, equal bit for bit",
    )


@pytest.mark.parametrize("experiment", load_catalogue().protocols)
def test_run_is_recorded_with_what_its_numbers_depend_on(runs: Runs, experiment: str) -> None:
    """Each run has one thread, whatever the number of workers, and is recorded with it and with TensorFlow's flags."""
    environments = [record.environment for way in runs.values() for record in way[experiment]]

    assert {environment.threads for environment in environments} == {1}
    assert len({tuple(environment.flags.items()) for environment in environments}) == 1
