"""Confirming code: equal runs are equal, one digit that differs is found, and other conditions are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_runs import make_run, write_store

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant, vary
from mnist_repro.errors import ReproError
from mnist_repro.records import environment as environment_module
from mnist_repro.records.environment import Environment, hash_training_code, training_code_sha256
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import confirm as confirmation, study
from mnist_repro.studies.confirm import Confirmation, Train, confirm_code, format_same_code
from mnist_repro.studies.study import Plan

NAME = "julia-linear-lr0.02"
EARLIER = "b" * 64


@pytest.fixture
def protocol(protocols: dict[str, Protocol]) -> Protocol:
    """Return the experiment that was recorded."""
    return protocols[NAME]


@pytest.fixture
def variant(protocol: Protocol) -> Variant:
    """Return a variant that was recorded too."""
    return vary(protocol, "other", choice="seeds", change="more of them", seeds=2)


@pytest.fixture
def store(
    protocol: Protocol, variant: Variant, environment: Environment, dataset: Dataset, tmp_path: Path
) -> RecordStore:
    """Return a store with three runs of the experiment and two of the variant, by earlier code."""

    def make(one: Protocol, seeds: int) -> list[RunRecord]:
        return [make_run(one, seed=s, environment=environment, dataset_sha256=dataset.sha256) for s in range(seeds)]

    write_store(tmp_path / "linux" / "variants", make(variant.protocol, 2))
    return write_store(tmp_path / "linux", make(protocol, 3))


@pytest.fixture
def dataset(random_images: Dataset, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Return the images, and let this be the environment of the records."""
    for module in (confirmation, study):
        monkeypatch.setattr(module, "describe_environment", lambda *, threads: replace(environment, threads=threads))
    return random_images


def trainer(environment: Environment, *, changed: int | None = None) -> Train:
    """Return what trains: it makes the runs as they are recorded, but for clocks, and for the seed `changed`."""

    def train(plan: Plan, images: Dataset, again: RecordStore) -> Sequence[RunRecord]:
        assert again.file.parent.name in {"linux", "variants"}
        runs = [make_run(run.protocol, seed=run.seed, environment=environment) for run in plan.missing]
        later = [replace(run, total_seconds=99.0, started="2026-01-01T00:00:00+00:00") for run in runs]
        assert images.sha256
        return [
            replace(run, final_loss={**run.final_loss, "test": run.final_loss["test"] + 1e-12})
            if run.seed == changed
            else run
            for run in later
        ]

    return train


def confirm(store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, train: Train) -> Confirmation:
    """Confirm by two runs of the experiment, and one of the variant."""
    return confirm_code(
        store, protocols={protocol.id: protocol}, variants=[variant], seeds=2, dataset=dataset, train=train
    )


def test_confirm_code_same_runs_are_equal(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, environment: Environment
) -> None:
    """Runs that differ in nothing but their times are equal: two of the experiment, the first of the variant."""
    found = confirm(store, protocol, variant, dataset, trainer(environment))

    assert found.equal == ((NAME, 0), (NAME, 1), (variant.id, 0))
    assert (found.different, found.code) == ((), EARLIER)


def test_confirm_code_last_digit_is_noticed(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, environment: Environment
) -> None:
    """One loss of one run that differs in its last digits makes it another run."""
    found = confirm(store, protocol, variant, dataset, trainer(environment, changed=1))

    assert found.different == ((NAME, 1),)
    assert len(found.equal) == 2


def test_confirm_code_nothing_trained_is_not_equal(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset
) -> None:
    """Runs that did not come out at all are not equal."""
    found = confirm(store, protocol, variant, dataset, lambda *_: [])

    assert found.equal == ()
    assert len(found.different) == 3


def test_confirm_code_other_environment_is_refused(
    store: RecordStore,
    protocol: Protocol,
    variant: Variant,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Records of another TensorFlow cannot be made again here; the error names both versions."""
    here = replace(store.read()[0].environment, tensorflow="2.20.0")
    monkeypatch.setattr(confirmation, "describe_environment", lambda *, threads: replace(here, threads=threads))

    with pytest.raises(ReproError, match=r"2\.20\.0 here, 2\.19\.1 there"):
        confirm(store, protocol, variant, dataset, lambda *_: [])


def test_confirm_code_no_records_are_refused(
    protocol: Protocol, variant: Variant, dataset: Dataset, environment: Environment, tmp_path: Path
) -> None:
    """Nothing is confirmed by no runs."""
    with pytest.raises(ReproError, match="those of 0"):
        confirm(RecordStore(tmp_path / "empty"), protocol, variant, dataset, trainer(environment))


def test_format_same_code_is_what_the_hash_follows(
    store: RecordStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed entry, put into the file, lets today's code go by the earlier code's hash."""
    file = tmp_path / "same_code.toml"
    file.write_text("", encoding="utf-8")
    monkeypatch.setattr(environment_module, "_SAME_CODE", file)
    training_code_sha256.cache_clear()
    assert training_code_sha256() == hash_training_code()

    entry = format_same_code(Confirmation(code=EARLIER, equal=((NAME, 0),), different=()), store=store)
    file.write_text(f'{entry}\n[[same]]\ncode = "{EARLIER}"\nas = "{"c" * 64}"\n', encoding="utf-8")
    training_code_sha256.cache_clear()

    assert training_code_sha256() == "c" * 64
    training_code_sha256.cache_clear()
