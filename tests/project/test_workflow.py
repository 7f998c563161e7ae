"""The workflow of the CI: pinned, of least rights, and of labels and environments that tox has."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_workflow_actions_are_pinned_by_hash() -> None:
    """Each action is named with a whole commit hash and the version that it stands for, always the same one."""
    used = re.findall(r"^\s*(?:- )?uses: (.+)$", WORKFLOW, flags=re.MULTILINE)
    assert len(used) >= 10

    pins = [re.fullmatch(r"(actions/[a-z-]+)(?:/[a-z]+)?@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", entry) for entry in used]

    assert all(pins), used
    assert len({pin[1] for pin in pins if pin}) == len({pin.groups() for pin in pins if pin})


def test_workflow_has_no_more_rights_than_to_read() -> None:
    """The token may read the code alone, no checkout leaves it behind, and no event gives foreign code a better one.

    The job that publishes the page may do that and no more: of what was pushed, and where a user asks for it.
    """
    every, pages = re.findall(r"^( *)permissions:\n((?:\1  .+\n)+)", WORKFLOW, flags=re.MULTILINE)
    assert every == ("", "  contents: read\n")
    assert pages[1].split() == ["contents:", "read", "pages:", "write", "id-token:", "write"]
    assert "if: ${{ vars.PUBLISH_PAGES == 'true' && github.event_name == 'push' }}" in WORKFLOW
    assert WORKFLOW.count("actions/checkout@") == WORKFLOW.count("persist-credentials: false")
    assert "pull_request_target" not in WORKFLOW
    assert "secrets." not in WORKFLOW


def test_workflow_scripts_take_nothing_by_substitution() -> None:
    """What an event says reaches a script by its environment, never as a part of its text."""
    scripts = re.findall(r"^( *)(?:- )?run: (?:\|\n((?:\1   *.+\n)+)|(.+))", WORKFLOW, flags=re.MULTILINE)

    assert len(scripts) >= 10
    assert not [script for script in scripts if "${{" in "".join(script)]


@pytest.mark.parametrize("label", ["smoke", "matrix"])
def test_workflow_labels_are_those_of_tox(label: str) -> None:
    """The labels whose environments are the matrix exist, and each name starts with its Python."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    labels = dict(line.split(" = ") for line in tox["tox"]["labels"].strip().splitlines())

    assert f"label={label}" in WORKFLOW
    environments = re.split(r", (?![^{]*})", labels[label])
    assert len(environments) >= 3
    assert all(re.match(r"py3\d+-", name) for name in environments)


def test_workflow_runs_environments_that_tox_has() -> None:
    """Every environment that is named exists: as a section of its own, or as one that tox runs by default."""
    sections = (ROOT / "tox.ini").read_text(encoding="utf-8")
    listed = re.findall(r"^env_list = (.+)", sections, flags=re.MULTILINE)[0].split(", ")

    lists = [
        *re.findall(r"tox run -e ([\w,]+)", WORKFLOW),
        *re.findall(r"^ +environment: \[(.+)\]$", WORKFLOW, re.MULTILINE),
    ]
    named = {name.strip() for names in lists for name in names.split(",")}
    named |= set(re.findall(r"{ environment: (\w+), ", WORKFLOW))

    assert named == {
        *("lint", "types", "docs", "test", "report", "browser"),
        *("light", "reliability", "cluster", "mlflow", "mutation", "coverage"),
        *("gates", "peers", "nightly"),
    }
    assert all(f"[testenv:{name}]" in sections or name in listed for name in named)


def test_what_no_change_waits_for_is_run_by_others() -> None:
    """What `tox run -e test` leaves out by folder or mark is in the environments that CI and nights run."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    names = ("test", "reliability", "gates", "peers", "nightly")
    commands = {name: tox[f"testenv:{name}"]["commands"].strip().splitlines() for name in names}

    assert [re.findall(r"--ignore=\S+|-m \".+?\"", line) for line in commands["test"] if line.startswith("pytest")] == [
        ["--ignore=tests/reliability", '-m "not nightly"'],
        ['-m "not nightly"'],
    ]
    assert commands["reliability"][0].startswith('pytest tests/reliability -m "not nightly" ')
    assert commands["gates"] == ["pytest benchmarks --ignore=benchmarks/test_training_speed.py {posargs}"]
    assert commands["peers"] == ["pytest benchmarks/test_training_speed.py {posargs}"]
    assert commands["nightly"] == [
        "pytest tests --ignore=tests/reliability -m nightly {posargs}",
        "pytest tests/reliability --reliability=full {posargs}",
    ]
