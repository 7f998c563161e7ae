"""Records with hostile text in every field, as a stranger may send them: each verb reads them, and shows text."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import EXPERIMENT, Call
from hostile import COMMAND, HOSTILE, UNSEEN, poison
from made_up_runs import make_run, make_unfinished, write_store

from mnist_repro.cli import judge
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord


def poison_record(record: RunRecord) -> RunRecord:
    """Return a record with hostile text before each of its texts but those by which it is held against its protocol."""
    counted = {record.experiment, record.protocol_sha256, record.dataset, record.dataset_sha256, *record.final_loss}
    poisoned: RunRecord = poison(record, keep={*counted, *(name for each in record.periods for name in each.loss)})
    return poisoned


@pytest.fixture
def hostile(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with harmless records, and hostile ones: completed, failed, and of an experiment of nobody."""
    made = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(4)]
    failed = make_unfinished(made[3], status="failed", reason=HOSTILE)
    write_store(tmp_path / "records" / "linux", made[:3])
    others = [poison(made[0]), poison_record(made[0])]
    write_store(tmp_path / "records" / "mac", [*map(poison_record, [*made[:3], failed]), *others])
    return tmp_path / "records"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["compare", "linux", "mac"], id="compare"),
        pytest.param(["compare", "mac", "linux", "--format", "markdown"], id="compare, Markdown"),
        pytest.param(["compare", "linux", "mac", "--format", "json"], id="compare, JSON"),
        pytest.param(["verdicts", "--environment", "mac"], id="verdicts"),
        pytest.param(["verdicts", "--environment", "mac", "--format", "json"], id="verdicts, JSON"),
        pytest.param(["plan", "--environment", "mac"], id="plan"),
        pytest.param(["export", "benchmark-json", "seconds", "--environment", "mac"], id="export"),
        pytest.param(["report", "--publish", "--output", "out"], id="report"),
    ],
)
def test_verb_hostile_records_are_shown_as_text(call: Call, hostile: Path, words: list[str]) -> None:
    """No verb ends with a traceback, and its output has no letter that is not seen, and no command of a CI."""
    ended = call(*words, "--records", hostile)

    assert ended.code == (1 if words[:3] == ["compare", "linux", "mac"] else 0), ended.err
    assert ended.err == ""
    assert not UNSEEN.search(ended.out)
    assert not COMMAND.search(ended.out)
    for page in Path("out").glob("*.*"):
        assert not UNSEEN.search(page.read_text(encoding="utf-8"))


def test_message_with_hostile_text_is_one_line(
    call: Call, hostile: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """What is said on stderr, of an error or as a warning, is one line of visible letters too."""
    del recwarn

    def fail(*_: object, **__: object) -> None:
        raise ReproError(HOSTILE)

    monkeypatch.setattr(judge, "compare_stores", fail)
    refused = call("compare", "linux", "mac", "--records", hostile)
    asked = call("compare", "linux", HOSTILE.replace("/", "").replace("\0", ""), "--records", hostile)
    misspelt = call("plan", "--profile", HOSTILE)

    for ended in (refused, asked, misspelt):
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert "alert(1)" in ended.err
        assert not UNSEEN.search(ended.err)
        assert not COMMAND.search(ended.err)
