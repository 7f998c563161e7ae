"""`run`: what it prints, records and returns."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import EXPERIMENT, Call, assert_one_line
from installed import REAL_FOLDER, needs_mnist, needs_tensorflow
from made_up_runs import make_unfinished, write_store

from mnist_repro.cli import studies as verbs
from mnist_repro.datasets.dataset import MNIST_SHA256, Dataset
from mnist_repro.documents.document import Document
from mnist_repro.records import environment as environments, packages
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING
from mnist_repro.studies import worker
from mnist_repro.studies.stopping import StoppingRule, note_rules


@needs_mnist
@needs_tensorflow
def test_run_on_mnist_trains_records_and_judges(call: Call, tmp_path: Path) -> None:
    """Two seeds are trained, the table of claims is printed, and the same command again reuses them."""
    arguments = ("run", EXPERIMENT, "--seeds", "0-1", "--workers", 1, "--records", "here", "--data", REAL_FOLDER)

    first, second = call(*arguments), call(*arguments)

    assert (first.code, first.err) == (0, "")
    assert "Runs: 2 planned, 0 in the records, 2 to train." in first.out
    assert "2 of 2 runs, " in first.out
    assert "2 runs planned: 2 trained, 0 reused, 0 of them not completed." in first.out
    assert "Records: here/local/runs.jsonl" in first.out.replace(os.sep, "/")
    (row,) = (line for line in first.out.splitlines() if "  validation accuracy  " in line)
    assert re.search(r" 83\.36 % .* 2 +inconclusive \((inside|outside)\)\s*$", row)
    assert (second.code, second.err) == (0, "")
    assert "Runs: 2 planned, 2 in the records, 0 to train." in second.out
    assert "2 runs planned: 0 trained, 2 reused, 0 of them not completed." in second.out
    assert row in second.out.splitlines()
    assert [record.seed for record in RecordStore(tmp_path / "here" / "local").read()] == [0, 1]


@needs_mnist
@needs_tensorflow
def test_run_until_decided_makes_no_more_runs_than_the_verdict_takes(
    call: Call, make_today: Callable[..., RunRecord], tmp_path: Path
) -> None:
    """The rule stands beside the records, the verdict names it, and a plain run afterwards has the fixed test again."""
    images = {"dataset": "mnist", "dataset_sha256": MNIST_SHA256}
    runs = [make_today(seed, accuracy=0.9 if seed < 20 else 0.5, **images) for seed in range(23)]
    store = write_store(tmp_path / "here" / "local", runs)
    arguments = ("run", EXPERIMENT, "--workers", 1, "--records", "here", "--data", REAL_FOLDER)

    late = call(*arguments, "--until-decided", "--seeds", "0-59")
    # As an interrupted study leaves it.
    note_rules(store.folder, {EXPERIMENT: StoppingRule(planned=60)}, fixed={}, recorded={})
    ended = call(*arguments, "--until-decided", "--seeds", "0-59")
    judged = call("verdicts", "--records", "here")
    fixed = call(*arguments, "--seeds", "0-22")

    assert_one_line(late, f"{EXPERIMENT} has 23 runs, made without --until-decided", "--environment NAME")
    assert (ended.code, ended.err) == (0, "")
    assert "60 runs planned: 0 trained, 23 reused, 0 of them not completed." in ended.out
    assert f"The runs of {EXPERIMENT} were made until they decide: the first 20 set the scale" in ended.out
    assert "3 of 3 runs after the first 20 lie as far out as the document" in " ".join(judged.out.split())
    assert "23, sequential" in judged.out
    assert "until they decide at first. Then 23 were planned, 23 are made" in fixed.out
    assert store.read() == runs


@pytest.mark.parametrize(
    ("option", "said"),
    [
        pytest.param(("--dataset", "digits"), "The stand-in decides nothing", id="stand-in"),
        pytest.param(("--cluster", "tcp://127.0.0.1:9"), "A cluster is given all runs at once", id="cluster"),
    ],
)
def test_run_until_decided_refuses_what_cannot_decide(
    call: Call, tmp_path: Path, option: tuple[str, ...], said: str
) -> None:
    """It is said before anything is trained."""
    ended = call("run", EXPERIMENT, "--until-decided", *option)

    assert_one_line(ended, said, "leave --until-decided out")
    assert list(tmp_path.iterdir()) == []


@needs_tensorflow
def test_run_on_stand_in_says_so_and_judges_nothing(call: Call, tmp_path: Path) -> None:
    """The whole path goes through, with the warning before the training and before the table.

    `--timing` prints where the time of its own runs went.
    """
    options = ("--seeds", "0,1", "--workers", 1, "--dataset", "digits", "--environment", "try", "--timing")
    ended = call("run", EXPERIMENT, *options)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count(STAND_IN_WARNING) == 2
    assert "2 runs planned: 2 trained, 0 reused, 0 of them not completed." in ended.out
    assert "total: 1 worker, " in ended.out
    assert "100.0 %" in ended.out
    assert f"{EXPERIMENT}     2" in ended.out
    assert not re.search(r"\b(inside|outside|equal|different|reproduced|inconclusive)\b", ended.out)
    records = RecordStore(tmp_path / "reports" / "records" / "try-digits").read()
    assert {(record.dataset, record.status) for record in records} == {("digits", "completed")}


@needs_tensorflow
@pytest.mark.parametrize(
    ("later", "said"),
    [
        pytest.param(
            {"environment": {"flags": {"TF_ENABLE_ONEDNN_OPTS": "0"}}},
            'flags {"TF_ENABLE_ONEDNN_OPTS": "0"} in place of none',
            id="flags",
        ),
        pytest.param({"environment": {"tensorflow": "2.16.2"}}, "TensorFlow 2.16.2 in place of ", id="TensorFlow"),
        pytest.param({"training_sha256": "b" * 64}, "with other code or images", id="training code"),
        pytest.param({}, "", id="nothing else"),
    ],
)
def test_run_all_reused_says_which_runs_are_judged(
    call: Call, make_today: Callable[..., RunRecord], tmp_path: Path, later: dict[str, Any], said: str
) -> None:
    """Where runs of other settings were recorded after those of the table, it is said that they are judged, and why."""
    wanted = [replace(make_today(seed), environment=_without_flags(make_today(seed))) for seed in range(2)]
    changes = {**later, "environment": replace(wanted[0].environment, **later.get("environment", {}))}
    write_store(tmp_path / "here" / "local-digits", [*wanted, *(replace(run, **changes) for run in wanted[:1])])

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (0, "")
    lines = [line for line in ended.out.splitlines() if "judge other runs that are recorded" in line]
    assert len(lines) == bool(said)
    assert not lines or (lines[0].startswith(f"{EXPERIMENT}: ") and said in lines[0] and "--environment" in lines[0])


def _without_flags(run: RunRecord) -> Environment:
    return replace(run.environment, flags={})


@needs_tensorflow
def test_run_judges_all_recorded_runs(call: Call, make_today: Callable[..., RunRecord], tmp_path: Path) -> None:
    """The table is of all runs that are recorded, however few are asked for: another would have another verdict."""
    write_store(tmp_path / "here" / "local-digits", [make_today(seed) for seed in range(5)])

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--dataset", "digits", "--records", "here")

    (row,) = (line for line in ended.out.splitlines() if "  validation accuracy  " in line)
    assert re.search(r" 5 +not run\s*$", row)
    assert "2 runs planned: 0 trained, 2 reused" in ended.out


@needs_tensorflow
def test_run_replays_the_documents_of_its_experiments(
    call: Call, make_today: Callable[..., RunRecord], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those that set their seed are replayed on the same images, into the folder of the records."""
    write_store(tmp_path / "here" / "local-digits", [make_today(0)])
    kept: list[tuple[str, list[str], str]] = []

    def keep(folder: Path, documents: Iterable[Document], *, dataset: Dataset) -> None:
        kept.append((folder.name, [each.id for each in documents], dataset.name))

    monkeypatch.setattr(verbs, "keep_replays", keep)

    assert call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits", "--records", "here").code == 0
    assert kept == [("local-digits", ["julia-blog"], "digits")]


@needs_tensorflow
def test_run_reused_runs_are_those_of_the_table(
    call: Call, make_today: Callable[..., RunRecord], tmp_path: Path
) -> None:
    """Where the store's newest records are of other images, the table is about those like what was asked for."""
    wanted = [make_today(seed) for seed in range(2)]
    others = [make_today(seed, dataset_sha256="c" * 64, accuracy=0.5) for seed in range(3)]
    write_store(tmp_path / "here" / "local-digits", [*wanted, *others])

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (0, "")
    (row,) = (line for line in ended.out.splitlines() if "  validation accuracy  " in line)
    assert re.search(r" 89\.74 % .* 2 +not run\s*$", row)
    assert ended.out.count(STAND_IN_WARNING) == 2


@needs_tensorflow
def test_run_paths_that_look_like_markup_are_printed_as_they_are(
    call: Call, make_today: Callable[..., RunRecord], tmp_path: Path
) -> None:
    """A folder may be called whatever its owner likes."""
    write_store(tmp_path / "[b] :boom:" / "local-digits", [make_today(0)])

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits", "--records", "[b] :boom:")

    assert (ended.code, ended.err) == (0, "")
    assert f"Records: {Path('[b] :boom:') / 'local-digits' / 'runs.jsonl'}" in ended.out.splitlines()


@needs_tensorflow
def test_run_recorded_divergence_ends_with_1(call: Call, make_today: Callable[..., RunRecord], tmp_path: Path) -> None:
    """A run that diverged is a result, is not tried again, and is told by the exit code."""
    write_store(tmp_path / "here" / "local-digits", [make_today(0), make_unfinished(make_today(1))])

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (1, "")
    assert f"{EXPERIMENT}, seed 1: diverged: the loss is not finite" in ended.out
    assert "2 runs planned: 0 trained, 2 reused, 1 of them not completed." in ended.out


@needs_tensorflow
def test_run_failure_ends_with_1(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that an exception ends is recorded, told with its reason, and told by the exit code."""

    def refuse(*_: object, **__: object) -> None:
        msg = "no trainer today"
        raise RuntimeError(msg)

    monkeypatch.setattr(worker, "_ready_trainer", refuse)

    ended = call("run", EXPERIMENT, "--seeds", "0-1", "--workers", 1, "--dataset", "digits", "--records", "here")

    assert (ended.code, ended.err) == (1, "")
    assert f"{EXPERIMENT}, seed 1: failed: RuntimeError: no trainer today" in ended.out
    assert "2 runs planned: 2 trained, 0 reused, 2 of them not completed." in ended.out
    assert [record.status for record in RecordStore(tmp_path / "here" / "local-digits").read()] == ["failed"] * 2


@needs_tensorflow
def test_run_interrupted_says_how_to_go_on(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses Ctrl-C reads that nothing is lost, in place of a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs, "run_study", interrupt)

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits")

    assert_one_line(ended, "Interrupted. The runs that had ended are recorded; the same command goes on.", code=130)


@needs_tensorflow
def test_run_on_a_cluster_without_dask_names_the_extra(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what a cluster needs and how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits", "--cluster", "tcp://127.0.0.1:9")

    assert_one_line(ended, "--cluster needs Dask", "python -m pip install 'mnist-repro[tensorflow,cluster]'")


def test_run_on_a_cluster_refuses_what_a_cluster_decides(call: Call, tmp_path: Path) -> None:
    """The number of workers is the cluster's: that is said before anything."""
    ended = call("run", EXPERIMENT, "--dataset", "digits", "--cluster", "tcp://127.0.0.1:9", "--workers", "2")

    assert_one_line(ended, "leave --workers out, or --cluster")
    assert list(tmp_path.iterdir()) == []


def test_run_without_tensorflow_names_the_extra(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line says what is missing and how to install it."""
    # Its answer is kept for the process: it is asked anew, and finds no package.
    monkeypatch.setattr(environments, "tensorflow_version", packages.tensorflow_version.__wrapped__)
    monkeypatch.setattr(packages, "_find_packages", lambda _: {})

    ended = call("run", EXPERIMENT, "--seeds", "0", "--dataset", "digits")

    assert_one_line(ended, "Training needs TensorFlow", "python -m pip install 'mnist-repro[tensorflow]'")
    assert list(tmp_path.iterdir()) == []
