"""The lock of the reference environment: it pins all that the project asks for, by hash, and names no place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from unlocked import list_unlocked

try:
    import tomllib
except ImportError:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "locks" / "reference.txt").read_text(encoding="utf-8")
ENTRY = re.compile(
    r"^([a-z0-9][a-z0-9-]*)==(\S+)((?: ; [^\\]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def asked_for() -> set[str]:
    """Return the names of the packages that pyproject.toml asks for in the environments that are locked."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *extras["tensorflow"], *extras["draft"]]
    wanted += [entry for name in ("test", "lint", "types", "build") for entry in groups[name]]
    wanted += project["build-system"]["requires"]
    return {re.split(r"[<>=;\[ ]", entry)[0].lower() for entry in wanted}


def test_lock_pins_every_package_that_is_asked_for() -> None:
    """What pyproject.toml asks for is in the lock: a new dependency moves it."""
    pinned = {entry[1] for entry in ENTRY.finditer(LOCK)}

    assert not asked_for() - pinned


def test_lock_has_nothing_but_pins_with_hashes() -> None:
    """Each entry has a version and at least one hash, and there is nothing else: no index, no address, no path."""
    rest = ENTRY.sub("", LOCK)

    assert all(line.startswith("#") for line in rest.splitlines()), rest


@pytest.mark.parametrize("environment", ["test", "repro", "report", "lint", "types"])
def test_lock_is_what_tox_installs(environment: str) -> None:
    """The environments that promise it are constrained by the lock."""
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    section = tox.partition(f"[testenv:{environment}]")[2].partition("\n[")[0]

    assert "set_env = {[locked]set_env}\ncommands_pre = {[locked]commands_pre}\n" in section
    for part in ("[locked]", "[pkgenv]"):
        assert "UV_CONSTRAINT = {tox_root}{/}locks{/}reference.txt" in tox.partition(part)[2].partition("\n[")[0]


def test_lock_pins_the_tox_that_installs() -> None:
    """tox, its plugin and uv are those of the lock, whichever tox is called."""
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    head = tox.partition("requires =")[2].partition("env_list")[0]
    required = re.findall(r"^    ([a-z-]+==\S+)$", head, re.MULTILINE)

    assert [entry.partition("==")[0] for entry in required] == ["tox", "tox-uv", "uv"]
    assert not set(required) - {f"{entry[1]}=={entry[2]}" for entry in ENTRY.finditer(LOCK)}


@pytest.mark.parametrize(
    ("installed", "unlocked"),
    [
        pytest.param([("NumPy", "2"), ("typing_extensions", "4.1"), ("mnist-repro", "0.1.0")], [], id="all pinned"),
        pytest.param([("numpy", "2"), ("extra.package", "1")], ["extra-package 1"], id="a package that it lacks"),
        pytest.param([("numpy", "2.1")], ["numpy 2.1"], id="another version"),
        pytest.param([("numpy", "1")], [], id="the version of another Python"),
    ],
)
def test_list_unlocked_names_what_a_lock_does_not_pin(installed: list[tuple[str, str]], unlocked: list[str]) -> None:
    """A package that the lock lacks, or has in another version, is named; names are compared as pip does."""
    pins = ("numpy==1 ; python_version < '3.11'", "numpy==2 ; python_version >= '3.11'", "typing-extensions==4.1")
    lock = "".join(f"{pin} \\\n    --hash=sha256:{'0' * 64}\n" for pin in pins)

    assert list_unlocked(installed, lock) == unlocked
