"""An environment is described as it is, and what is not known is called unknown."""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_repro.records import environment
from mnist_repro.records.environment import describe_environment, hash_code, training_code_sha256


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Let no test see what another one made the module remember."""
    remembered = (training_code_sha256, environment._code_state)  # noqa: SLF001
    for function in remembered:
        function.cache_clear()
    yield
    for function in remembered:
        function.cache_clear()


@pytest.fixture
def with_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let TensorFlow 2.19.1 be installed, whether it is or not."""
    monkeypatch.setattr(environment, "tensorflow_version", lambda: "2.19.1")
    monkeypatch.setattr(environment, "keras_version", lambda: "3.10.0")


@pytest.mark.usefixtures("with_tensorflow")
def test_describe_environment_versions_are_the_installed_ones() -> None:
    """Versions come from what is installed."""
    described = describe_environment(threads=1)

    assert described.python == platform.python_version()
    assert described.numpy == np.__version__
    assert described.scipy == metadata.version("scipy")
    assert described.scikit_learn == metadata.version("scikit-learn")
    assert (described.tensorflow, described.keras) == ("2.19.1", "3.10.0")


@pytest.mark.usefixtures("with_tensorflow")
def test_describe_environment_machine_is_not_empty() -> None:
    """System and processor are always said, and threads are as given."""
    described = describe_environment(threads=3)

    assert described.system == f"{platform.system()} {platform.machine()}"
    assert described.processor.strip()
    assert described.threads == 3


@pytest.mark.usefixtures("with_tensorflow")
def test_describe_environment_checkout_gives_its_commit() -> None:
    """In a checkout there is a commit and whether it was changed; elsewhere both are unknown."""
    described = describe_environment(threads=1)

    if described.commit == "unknown":
        assert described.dirty is None
    else:
        assert re.fullmatch(r"[0-9a-f]{40}", described.commit)
        assert described.dirty in {True, False}


@pytest.mark.usefixtures("with_tensorflow")
def test_describe_environment_takes_no_lock_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed while git answers leaves no lock behind, which would stop the user's next commit."""
    commands: list[list[str]] = []
    run = environment.subprocess.run

    def note(command: list[str], **options: Any) -> Any:
        commands.append(command)
        return run(command, **options)

    monkeypatch.setattr(environment.subprocess, "run", note)

    describe_environment(threads=1)

    assert commands
    assert all(command[:2] == ["git", "--no-optional-locks"] for command in commands)


def test_describe_environment_without_git_does_not_know_the_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where git cannot be run, the commit is unknown, and nothing is said of changes."""
    pytest.importorskip("tensorflow", reason="an environment names the version of TensorFlow")
    monkeypatch.setenv("PATH", str(tmp_path))

    described = describe_environment(threads=1)

    assert (described.commit, described.dirty) == ("unknown", None)


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder with a copy of the package's modules, which stands in for the package."""
    package = Path(environment.__file__).parents[1]
    for room in ("training", "records"):
        shutil.copytree(package / room, tmp_path / room)
    monkeypatch.setattr(environment, "_PACKAGE", tmp_path)
    return tmp_path


def _hash_now() -> str:
    training_code_sha256.cache_clear()
    return training_code_sha256()


@pytest.mark.parametrize(
    "module", ["images.py", "randomness.py", "keras_model.py", "compiled_steps.py", "evaluation.py", "trainer.py"]
)
def test_training_code_sha256_module_of_training_changes_it(code: Path, module: str) -> None:
    """A statement more in a module that trains makes the code another one."""
    before = _hash_now()
    with (code / "training" / module).open("a", encoding="utf-8") as file:
        file.write("SEEN = 1\n")

    assert before != _hash_now()


def test_training_code_sha256_other_modules_do_not_change_it(code: Path) -> None:
    """What only judges or reports leaves the records comparable."""
    before = _hash_now()
    (code / "records" / "store.py").write_text("GONE = 1\n", encoding="utf-8")

    assert before == _hash_now()


def test_training_code_sha256_line_ends_do_not_change_it(code: Path) -> None:
    """A checkout with Windows's line ends has the same code."""
    before = _hash_now()
    for module in code.glob("training/*.py"):
        module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))

    assert before == _hash_now()


_CODE = """
import numpy as np

RATE = 0.5


def step(weights, gradient, *, rate=RATE):
    first, *others = weights
    if not others:
        return [first - rate * gradient]
    return [f"{first!r:>3} {rate}", *others, None, {**gradient}]
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("RATE = 0.5", "RATE = 0.5  # chosen by hand", id="comment"),
        pytest.param("rate=RATE):", "rate: float = RATE) -> list[float]:", id="annotations"),
        pytest.param("rate=RATE):", 'rate=RATE):\n    """Make a step."""', id="docstring"),
        pytest.param("import numpy as np", "from numpy import random\nimport os", id="imports"),
        pytest.param("    if not others:", "    import os\n    if not others:", id="import in a function"),
        pytest.param("[first - rate * gradient]", "[\n        (first - (rate * gradient)),\n    ]", id="layout"),
        pytest.param('f"{first!r:>3} {rate}"', "f'{first!r:>3} ' f'{rate}'", id="quotes"),
        pytest.param("\n", "\r\n", id="line ends"),
    ],
)
def test_hash_code_what_computes_nothing_changes_nothing(tmp_path: Path, before: str, after: str) -> None:
    """Comments, annotations, docstrings, imports and layout may change without a new hash."""
    assert _hash_of(tmp_path, _CODE) == _hash_of(tmp_path, _CODE.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("RATE = 0.5", "RATE = 0.25", id="number"),
        pytest.param("first - rate", "first + rate", id="operator"),
        pytest.param("rate * gradient", "gradient * rate", id="order"),
        pytest.param("rate=RATE", "rate=None", id="default"),
        pytest.param("*, rate", "rate", id="kind of parameter"),
        pytest.param("not others", "others", id="condition"),
        pytest.param("None, ", "", id="a None less"),
        pytest.param("{**gradient}", "{}", id="nothing unpacked"),
        pytest.param(":>3", ":>4", id="format"),
        pytest.param("!r", "!s", id="conversion"),
        pytest.param("return [f", "yield [f", id="statement"),
        pytest.param("        return [first", "        pass\n    return [first", id="indentation"),
    ],
)
def test_hash_code_what_computes_changes_it(tmp_path: Path, before: str, after: str) -> None:
    """Whatever may change a number changes the hash."""
    assert before in _CODE
    assert _hash_of(tmp_path, _CODE) != _hash_of(tmp_path, _CODE.replace(before, after))


def test_hash_code_is_the_same_on_every_python(tmp_path: Path) -> None:
    """Pythons parse into trees of slightly different fields; records of all of them are pooled by one hash."""
    assert _hash_of(tmp_path, _CODE) == "de108b197c2a08498414033afe7806f46c79d6ea9cba5566e709985ccf97af49"


def _hash_of(folder: Path, code: str) -> str:
    file = folder / "code.py"
    file.write_bytes(code.encode())
    return hash_code([file])
