"""The verbs that train experiments with one thing done otherwise: `explain` and `faults`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import made_up_trainer
import pytest
from installed import needs_tensorflow

from mnist_repro import training
from mnist_repro.cli import variants as verbs
from mnist_repro.cli.main import main
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import worker
from mnist_repro.verdicts.causes.finder import Trials, plan_trials

EXPERIMENT = "julia-linear-lr0.02"
DIGITS = ("--dataset", "digits", "--workers", "1")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make an empty folder the current one, where runs are made up."""
    monkeypatch.setitem(sys.modules, "mnist_repro.training.trainer", made_up_trainer)
    monkeypatch.setattr(training, "trainer", made_up_trainer, raising=False)
    # What this process keeps was made by the other one.
    monkeypatch.setattr(worker, "_LAST_TRAINER", worker._LastTrainer())  # noqa: SLF001 - its own
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports" / "records" / "local-digits"


def _few_trials(protocol: Protocol, *, alternatives: Sequence[Variant]) -> Trials:
    """Return the trials with two alternatives: one that is trained, and one that only reads."""
    trials = plan_trials(protocol, alternatives=alternatives)
    chosen = (f"{protocol.id}+text-sets", f"{protocol.id}+sgd")
    return replace(trials, alternatives=tuple(v for v in trials.alternatives if v.id in chosen))


@needs_tensorflow
def test_explain_trains_once_and_says_what_came_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs of the experiment and of its variants are recorded apart; a second call trains nothing."""
    monkeypatch.setattr(verbs, "plan_trials", _few_trials)

    assert main(["explain", EXPERIMENT, "--seeds", "0", *DIGITS]) == 0
    said = capsys.readouterr().out

    assert [run.experiment for run in RecordStore(folder).read()] == [EXPERIMENT]
    names = {run.experiment.removeprefix(EXPERIMENT) for run in RecordStore(folder / "variants").read()}
    assert names == {"+sgd", "+moved", "+first-steps", "+first-steps-moved"}
    assert "Runs: 1 planned, 0 in the records, 1 to train." in said
    assert "Runs: 4 planned, 0 in the records, 4 to train." in said
    assert "gradient descent in place of Adam" in said
    assert "A stand-in replaces MNIST" in said
    assert not (folder / "variants" / "pictures").exists()

    assert main(["explain", EXPERIMENT, "--seeds", "0", *DIGITS]) == 0
    assert "Runs: 4 planned, 4 in the records, 0 to train." in capsys.readouterr().out


@needs_tensorflow
def test_faults_trains_each_on_its_own_images(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of the images is recorded with their own hash, beside one of the protocol."""
    chosen = ("beta2-0.99", "labels-5-percent")
    catalogue = load_catalogue()
    few = tuple(replace(fault, seeds=1) for fault in catalogue.faults if fault.id.endswith(chosen))
    monkeypatch.setattr(verbs, "load_catalogue", lambda: replace(catalogue, faults=few))

    assert main(["faults", *DIGITS]) == 0

    runs = {run.experiment.partition("+")[2]: run for run in RecordStore(folder / "variants").read()}
    assert runs.keys() == set(chosen)
    assert runs["beta2-0.99"].dataset_sha256 != runs["labels-5-percent"].dataset_sha256
    assert "mnist-repro baseline" in capsys.readouterr().out


def test_explain_unknown_experiment_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none is one line, and nothing is trained."""
    assert main(["explain", "nothing"]) == 2
    assert "Unknown experiment: nothing" in capsys.readouterr().err
