"""What the command line takes, and one clear line for what it does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import EXPERIMENT, Call, assert_one_line, run_module

from mnist_repro.cli import studies as verbs
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import PROFILES, Protocol

STUDY_OPTIONS = {"--profile", "--seeds", "--workers", "--records", "--environment"}
DATA_OPTIONS = {"--data", "--dataset"}
WHERE = {"--workers", "--records", "--environment"}
DOCUMENT = {"--document"}
OPTIONS = {
    "list": DOCUMENT,
    "plan": WHERE | {"--profile"} | DOCUMENT,
    "data": DATA_OPTIONS,
    "run": STUDY_OPTIONS | DATA_OPTIONS | {"--keep-models", "--until-decided", "--timing", "--cluster"} | DOCUMENT,
    "explain": WHERE | DATA_OPTIONS | {"--seeds"} | DOCUMENT,
    "faults": WHERE | DATA_OPTIONS | DOCUMENT,
    "confirm": {"--records", "--environment", "--against", "--dataset", "--data"} | DOCUMENT,
    "verdicts": {"--records", "--environment", "--format"} | DOCUMENT,
    "compare": {"--records", "--format", "--speed"} | DOCUMENT,
    "baseline": {"--records", "--environment", "--baseline"} | DOCUMENT,
    "report": {"--publish", "--records", "--baseline", "--matrix", "--output", "--readme", "--check"} | DOCUMENT,
    "export": set(),
    "export benchmark-json": {"--records", "--environment", "--output"} | DOCUMENT,
    "export mlflow": {"--uri", "--records", "--environment"} | DOCUMENT,
    "draft": {"--output", "--answer", "--json"},
    "provenance": {"--toml", "--json"},
    "document": DOCUMENT,
}


@pytest.mark.parametrize("verb", OPTIONS)
def test_help_of_verb_is_complete(call: Call, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Each option of a verb has a line of help that says something."""
    monkeypatch.setenv("COLUMNS", "200")

    ended = call(*verb.split(), "--help")

    assert (ended.code, ended.err) == (0, "")
    described = re.findall(r"^  (?:-h, )?(--[a-z-]+)(?: [A-Z{][^ ]*)? {2,}\w.+$", ended.out, flags=re.MULTILINE)
    assert set(described) == OPTIONS[verb] | {"--help"}


def test_help_names_every_verb(call: Call) -> None:
    """The first help names all verbs with what they do, and no two in one line."""
    ended = call("--help")

    assert (ended.code, ended.err) == (0, "")
    assert re.findall(r"^    (\w+)(?: {2,}|\n {10,})\w.+$", ended.out, flags=re.MULTILINE) == [
        verb for verb in OPTIONS if " " not in verb
    ]


def test_list_names_documents_and_experiments(call: Call, protocols: dict[str, Protocol]) -> None:
    """Every document with its number of claims, and every experiment with its seeds and its threshold."""
    ended = call("list")

    assert (ended.code, ended.err) == (0, "")
    for document in load_catalogue().documents.values():
        assert f"{document.id}: {document.title}; {len(document.claims)} numbers, " in ended.out
    for protocol in protocols.values():
        (row,) = (line for line in ended.out.splitlines() if line.startswith(f"{protocol.id} "))
        for number in (*(protocol.seeds[profile] for profile in PROFILES), protocol.training.steps):
            assert f" {number} " in row
        assert f"{protocol.gate.evaluation_set} >= {protocol.gate.minimum}" in row


def test_module_lists(tmp_path: Path) -> None:
    """`python -m mnist_repro` is the same command."""
    ended = run_module("list", folder=tmp_path)

    assert (ended.code, ended.err) == (0, "")
    assert EXPERIMENT in ended.out


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        pytest.param(["export"], ["the following arguments are required: FORM"], id="no form"),
        pytest.param(["export", "benchmark-json", "x"], ["invalid choice: 'x'", "accuracy"], id="measure"),
        pytest.param(
            ["compare", "a", "b"], ["'a' is neither", "reports/records has: none", "or another folder"], id="no records"
        ),
        *(
            pytest.param(
                ["compare", "a", "b", f"--speed={text}"], ["at least 1, such as 1.1", repr(text)], id=f"speed {text}"
            )
            for text in ("0.9", "0", "-1", "nan", "inf", "1e3", "1.", "x")
        ),
        pytest.param(["verdicts"], ["reports/records", "mnist-repro run"], id="no records to judge"),
        pytest.param(["verdicts", "--format", "xml"], ["--format: invalid choice: 'xml'", "json"], id="format"),
        pytest.param(["run", "no-such"], ["Unknown experiment: no-such", EXPERIMENT], id="unknown experiment"),
        pytest.param(["run", EXPERIMENT, "a", "b"], ["Unknown experiment: a, b."], id="two unknown experiments"),
        *(
            pytest.param(
                ["run", f"--seeds={text}"], ["such as 0-3", f"received {text!r}"], id=f"seeds {text or 'empty'}"
            )
            for text in ("3-1", "a", "-1", "1.5", "", "0-", "1,,2", "0-3-5", "1e3", "0x1")
        ),
        pytest.param(["run", "--seeds=0-999999999"], ["at most 100000 seeds", "0-999999999"], id="a billion seeds"),
        pytest.param(
            ["data", "--data", "[/b] [red] :boom:"], ["but [/b] [red] :boom: does not exist"], id="folder like markup"
        ),
        pytest.param(["run", "--seeds", "-1"], ["such as 0-3", "received '-1'"], id="seeds that look like an option"),
        pytest.param(["run", "--seeds"], ["--seeds: expected one argument"], id="no seeds"),
        *(
            pytest.param(
                ["run", f"--workers={text}"], ["whole number of at least 1", f"received {text!r}"], id=f"workers {text}"
            )
            for text in ("0", "-1", "x", "1.5", "")
        ),
        *(
            pytest.param(
                ["run", f"--environment={text}"], ["environment's name", f"received {text!r}"], id=f"environment {text}"
            )
            for text in ("../x", "", "a/b", "README", "readme", ".", "..", ".hidden", "a b", "a\\b", "x" * 101)
        ),
        pytest.param(["run", "--profile", "slow"], ["--profile: invalid choice: 'slow'", "quick"], id="profile"),
        pytest.param(["run", "--dataset", "cifar"], ["--dataset: invalid choice: 'cifar'", "mnist"], id="dataset"),
        pytest.param(["data", "--dataset", "cifar"], ["--dataset: invalid choice: 'cifar'"], id="dataset of data"),
        pytest.param(
            ["data", "--data", "nowhere"], ["--data must name", "nowhere does not exist"], id="no data folder"
        ),
        pytest.param(["run", "--data", "nowhere"], ["--data must name", "nowhere does not exist"], id="no data to run"),
        pytest.param(["train"], ["invalid choice: 'train'", "run"], id="unknown verb"),
        pytest.param(["list", "--fast"], ["unrecognized arguments: --fast"], id="unknown option"),
        pytest.param([], ["required: VERB"], id="no verb"),
        pytest.param(["report"], ["reports/records", "mnist-repro run"], id="no records"),
        pytest.param(
            ["report", "--records", "nowhere"], ["nowhere is not a folder", "--records"], id="no folder of records"
        ),
    ],
)
def test_bad_input_gives_one_line_and_writes_nothing(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    """The line says what was received and what would be right; nothing is printed else, and nothing is written."""
    # Were it taken for good input, this test would train for minutes.
    monkeypatch.setattr(verbs, "plan_study", None)
    ended = call(*arguments)

    assert_one_line(ended, *parts)
    assert ended.out == ""
    assert list(tmp_path.iterdir()) == []


def test_module_bad_input_has_no_traceback(tmp_path: Path) -> None:
    """Run as a program, too, bad input is one line and exit code 2."""
    assert_one_line(run_module("run", "no-such", folder=tmp_path), "mnist-repro: Unknown experiment: no-such.")
