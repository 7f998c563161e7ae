"""`compare`: what differs between two environments, and what got worse."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import EXPERIMENT, Call, assert_one_line
from made_up_runs import make_run, write_store

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment


def test_compare_without_names_compares_published_runs_with_others(call: Call, lower: Path, tmp_path: Path) -> None:
    """The published environment with the most runs is compared with the other; a single one with nothing."""
    assert call("compare", "--records", lower).out == call("compare", "linux", "mac", "--records", lower).out
    shutil.rmtree(tmp_path / "records" / "mac")

    assert_one_line(call("compare", "--records", lower), "A comparison needs two environments", "linux alone")


@pytest.fixture
def lower(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with the records of an environment that reaches less than `recorded`'s, in 20 runs each."""
    for name, accuracy in (("linux", 0.9), ("mac", 0.85)):
        runs = [make_run(protocols[EXPERIMENT], seed=s, environment=environment, accuracy=accuracy) for s in range(20)]
        write_store(tmp_path / "records" / name, runs)
    return tmp_path / "records"


def test_compare_lower_accuracy_ends_with_1(call: Call, lower: Path) -> None:
    """Five points less are named, with the difference and the verdict; the other way round nothing is worse."""
    worse = call("compare", "linux", "mac", "--records", lower)
    better = call("compare", lower / "mac", lower / "linux")

    assert (worse.code, worse.err, better.code, better.err) == (1, "", 0, "")
    assert worse.out.startswith("A: linux\nB: mac\n")
    (row,) = (line for line in worse.out.splitlines() if " points " in line)
    assert re.search(r"validation +89\.9\d % +84\.9\d % +−5\.00 points  < 0\.01  < 0\.01 +lower", row)
    assert worse.out.endswith(f"Worse: {EXPERIMENT}: validation accuracy is lower.\n")
    assert better.out.endswith("No accuracy got worse; training times are not judged without --speed.\n")


def test_compare_same_runs_are_bit_equal(call: Call, recorded: Path) -> None:
    """Two runs beside themselves have the same bits, were made alike, and are too few to tell more."""
    ended = call("compare", "linux", recorded, "--records", recorded, "--speed", "1.5")

    assert (ended.code, ended.err) == (0, "")
    (row,) = (line for line in ended.out.splitlines() if line.startswith(EXPERIMENT) and line.split()[-1] == "1.00")
    assert row.split()[1:5] == ["2"] * 4
    assert "Both have the same versions, processor, protocols and code." in ended.out
    assert f"Undecided: {EXPERIMENT}: too few runs, 2 and 2." in ended.out
    assert ended.out.endswith("Nothing got worse among the decided comparisons.\n")


def test_compare_json_has_the_numbers(call: Call, lower: Path) -> None:
    """Other programs get what differs in numbers, and what got worse in words."""
    ended = call("compare", "linux", "mac", "--records", lower, "--format", "json")

    content = json.loads(ended.out)
    (experiment,) = content["experiments"]
    (accuracy,) = experiment["accuracy"]
    assert (ended.code, ended.err) == (1, "")
    assert (content["before"], content["after"], content["stand_in"]) == ("linux", "mac", False)
    assert content["worse"] == [f"{EXPERIMENT}: validation accuracy is lower"]
    assert (experiment["same_seeds"], experiment["bit_equal"], experiment["paired"]) == (20, 0, True)
    assert (accuracy["difference"], accuracy["interval"], accuracy["change"]) == (-0.05, [-0.05, -0.05], "lower")
    assert accuracy["p"] == 1e-05


def test_compare_markdown_is_tables_with_what_a_page_needs(
    call: Call, recorded: Path, protocols: dict[str, Protocol], environment: Environment
) -> None:
    """Every row has a cell for each heading, whatever a processor is called."""
    hostile = replace(environment, processor="a | b <script> `c`")
    write_store(recorded / "mac", [make_run(protocols[EXPERIMENT], seed=0, environment=hostile)])

    ended = call("compare", "linux", "mac", "--records", recorded, "--format", "markdown")

    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in ended.out.splitlines() if line.startswith("|")]
    assert (ended.code, ended.err) == (0, "")
    assert Counter(map(len, rows)) == {3: 3, 8: 6}
    assert "<script>" not in ended.out
    assert "a \\| b &lt;script&gt;" in ended.out


def test_compare_folder_of_several_environments_is_refused(call: Call, lower: Path) -> None:
    """It is said which of them may be meant."""
    ended = call("compare", lower, "linux", "--records", lower)

    assert_one_line(ended, f"{lower} has 2. Name one of: {lower / 'linux'}, {lower / 'mac'}.")
