"""Confirming code: equal runs are equal, a difference in one digit is found, and other conditions are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
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
from mnist_repro.studies import confirm as confirmation, revision as revisions, study
from mnist_repro.studies.confirm import (
    Confirmation,
    compare_outcomes,
    format_same_code,
    plan_confirmation,
    train_revision,
)
from mnist_repro.studies.study import Plan

Train = Callable[[Plan], Sequence[RunRecord]]

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
        images = {"dataset": dataset.name, "dataset_sha256": dataset.sha256}
        return [make_run(one, seed=s, environment=environment, **images) for s in range(seeds)]

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

    def train(plan: Plan) -> Sequence[RunRecord]:
        runs = [make_run(run.protocol, seed=run.seed, environment=environment) for run in plan.missing]
        later = [replace(run, total_seconds=99.0, started="2026-01-01T00:00:00+00:00") for run in runs]
        return [
            replace(run, final_loss={**run.final_loss, "test": run.final_loss["test"] + 1e-12})
            if run.seed == changed
            else run
            for run in later
        ]

    return train


def confirm(store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, train: Train) -> Confirmation:
    """Confirm by two runs of the experiment, and one of the variant."""
    planned = plan_confirmation(
        store,
        protocols={protocol.id: protocol},
        variants=[variant],
        seeds=2,
        dataset=dataset,
        folder=store.folder.parents[1] / "again",
    )
    assert [again.folder.name for _, _, again in planned.plans] == [store.environment, "variants"]
    assert all(images is dataset for _, images, _ in planned.plans)
    assert not (store.folder.parents[1] / "again").exists()
    return compare_outcomes(planned.recorded, made=[run for plan, _, _ in planned.plans for run in train(plan)])


def test_confirm_same_runs_are_equal(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, environment: Environment
) -> None:
    """Runs that differ in nothing but their times are equal: two of the experiment, the first of the variant."""
    found = confirm(store, protocol, variant, dataset, trainer(environment))

    assert found.equal == ((NAME, 0), (NAME, 1), (variant.id, 0))
    assert (found.different, found.code) == ((), EARLIER)


def test_confirm_last_digit_is_noticed(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, environment: Environment
) -> None:
    """One loss of one run that differs in its last digits makes it another run."""
    found = confirm(store, protocol, variant, dataset, trainer(environment, changed=1))

    assert found.different == ((NAME, 1),)
    assert len(found.equal) == 2


def test_confirm_nothing_trained_is_not_equal(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset
) -> None:
    """Runs that were not trained again are not equal."""
    found = confirm(store, protocol, variant, dataset, lambda _: [])

    assert found.equal == ()
    assert len(found.different) == 3


def test_confirm_other_environment_is_refused(
    store: RecordStore, protocol: Protocol, variant: Variant, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of another TensorFlow cannot be reproduced here; the error names both versions."""
    here = replace(store.read()[0].environment, tensorflow="2.20.0")
    monkeypatch.setattr(confirmation, "describe_environment", lambda *, threads: replace(here, threads=threads))

    with pytest.raises(ReproError, match=r"2\.20\.0 here, 2\.19\.1 there"):
        confirm(store, protocol, variant, dataset, lambda _: [])


def test_confirm_no_records_are_refused(
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


class _Commands:
    """Stands in for `subprocess.run`: it notes the commands, and those with the word `failing` fail."""

    def __init__(self, *, failing: str | None = None) -> None:
        self.calls: list[tuple[list[str], Path | None]] = []
        self._failing = failing

    def __call__(self, command: list[str], *, cwd: Path | None = None, **_: object) -> subprocess.CompletedProcess[str]:
        self.calls.append((command, cwd))
        code = 128 if self._failing in command else 0
        return subprocess.CompletedProcess(command, code, stdout="", stderr="fatal: invalid reference\n")


def revise(folder: Path, dataset: Dataset) -> RecordStore:
    """Train two runs of each experiment with the code of a revision."""
    return train_revision("v1", folder=folder, environment="linux", seeds=2, dataset=dataset)


@pytest.mark.parametrize("in_folder", [True, False], ids=["images in a folder", "stand-in"])
def test_train_revision_trains_in_a_checkout_of_the_revision_and_removes_it(
    random_images: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_folder: bool
) -> None:
    """The revision's package trains experiments and variants on the same images; its checkout does not stay."""
    commands = _Commands()
    monkeypatch.setattr(revisions.subprocess, "run", commands)
    dataset = replace(random_images, source=str(tmp_path) if in_folder else "made up")
    images = ["--data", str(tmp_path)] if in_folder else ["--dataset", dataset.name]

    store = revise(tmp_path / "new", dataset)

    tree, checkout = str(tmp_path / "new" / "tree"), str(Path(revisions.__file__).parents[2])
    options = ["--records", str(tmp_path / "new" / "records"), "--environment", "linux", *images]
    program = [sys.executable, "-m", "mnist_repro"]
    assert store == RecordStore(tmp_path / "new" / "records" / "linux")
    assert [command for command, _ in commands.calls] == [
        ["git", "-C", checkout, "worktree", "add", "--detach", tree, "v1"],
        [*program, "run", "--seeds", "0-1", *options],
        [*program, "explain", "--seeds", "0", *options],
        ["git", "-C", checkout, "worktree", "remove", "--force", tree],
    ]
    assert [place for _, place in commands.calls[1:3]] == [Path(tree)] * 2


@pytest.mark.parametrize(("failing", "tried"), [("add", 1), ("run", 2), ("explain", 3)])
def test_train_revision_command_that_fails_is_named(
    random_images: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, tried: int
) -> None:
    """The first command that fails is named with what it said; the checkout is removed all the same."""
    commands = _Commands(failing=failing)
    monkeypatch.setattr(revisions.subprocess, "run", commands)

    with pytest.raises(ReproError, match=rf"`.* {failing} .*` ended with 128: fatal: .*Correct --against"):
        revise(tmp_path, random_images)

    assert len(commands.calls) == tried + 1
    assert commands.calls[-1][0][3:5] == ["worktree", "remove"]
