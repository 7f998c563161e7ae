"""The versions of TensorFlow and Keras are those that an import would load, under whatever name they were installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_repro.errors import ReproError
from mnist_repro.records import packages
from mnist_repro.records.packages import is_same_version, keras_version, tensorflow_version

Install = Callable[..., None]


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let nothing be installed but what a test installs, and no answer be remembered."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "further")])
    for name in ("tensorflow", "keras", "tf_keras"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delenv("TF_USE_LEGACY_KERAS", raising=False)
    remembered = (tensorflow_version, packages._find_packages)  # noqa: SLF001
    for function in remembered:
        function.cache_clear()
    importlib.invalidate_caches()
    yield
    for function in remembered:
        function.cache_clear()


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return a function that leaves on disk what pip leaves of a package."""

    def install(name: str, version: str, *, module: str = "tensorflow", folder: Path = tmp_path) -> None:
        module_file = folder / module / "__init__.py"
        module_file.parent.mkdir(parents=True, exist_ok=True)
        module_file.write_text("raise ImportError('planning imports nothing')\n", encoding="utf-8")
        described = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        described.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (described / "METADATA").write_text(metadata, encoding="utf-8")
        (described / "RECORD").write_text(f"{described.name}/METADATA,,\n{module}/__init__.py,,\n", encoding="utf-8")

    return install


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("tensorflow-cpu", "2.16.2", "2.16.2"),
        ("tensorflow", "2.16.2", "2.16.2"),
        ("tensorflow_intel", "2.16.2", "2.16.2"),
        ("tensorflow-macos", "2.16.2", "2.16.2"),
        ("tensorflow-gpu", "2.10.1", "2.10.1"),
        ("tf_nightly", "2.22.0.dev20260101", "2.22.0.dev20260101"),
        pytest.param("tensorflow-rocm", "2.14.0.600", "2.14.0.600 (tensorflow-rocm)", id="built by AMD"),
        pytest.param("Intel_TensorFlow", "2.15.0", "2.15.0 (intel-tensorflow)", id="built by Intel"),
    ],
)
def test_tensorflow_version_any_package_of_it_counts(install: Install, name: str, version: str, expected: str) -> None:
    """TensorFlow is found under each of its names; a build of others is another one, and goes by its name."""
    install(name, version)

    assert tensorflow_version() == expected


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([("tensorflow", "2.21.0")], id="two names"),
        pytest.param([("tensorflow-cpu", "2.21.0")], id="one name twice, as conda and pip leave it"),
        pytest.param([("tensorflow", "2.16.2"), ("tf-nightly", "2.21.0.dev1")], id="three"),
    ],
)
def test_tensorflow_version_two_over_each_other_are_refused(install: Install, others: list[tuple[str, str]]) -> None:
    """One line names both packages and how to end with one: which of them is imported, their files do not say."""
    install("tensorflow-cpu", "2.16.2")
    for name, version in others:
        install(name, version)

    with pytest.raises(ReproError, match=r"two versions of it lie over each other.*tensorflow-cpu 2\.16\.2") as refused:
        tensorflow_version()

    assert f"{others[-1][0]} {others[-1][1]}" in str(refused.value)
    assert "pip uninstall" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_tensorflow_version_one_version_under_two_names_is_one(install: Install) -> None:
    """Two packages of one version have the same files."""
    install("intel-tensorflow", "2.21.0")
    install("tensorflow", "2.21.0")

    assert tensorflow_version() == "2.21.0"


def test_tensorflow_version_the_first_on_the_path_counts(install: Install, tmp_path: Path) -> None:
    """What lies in a later folder is not imported, as in a virtual environment that sees the system's packages."""
    install("tensorflow", "2.16.2", folder=tmp_path / "further")
    install("tensorflow-cpu", "2.21.0")

    assert tensorflow_version() == "2.21.0"


def test_tensorflow_version_description_without_files_does_not_count(install: Install, tmp_path: Path) -> None:
    """Where only the description of a package lies on the path, the version is that of the imported files."""
    install("tensorflow", "2.21.0", folder=tmp_path / "further")
    described = tmp_path / "tensorflow_cpu-2.16.2.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.16.2\n", "utf-8")

    assert tensorflow_version() == "2.21.0"


def test_tensorflow_version_other_installers_list_no_files(install: Install, tmp_path: Path) -> None:
    """A package without a list of files names its modules."""
    install("tensorflow", "2.16.2")
    described = tmp_path / "tensorflow-2.16.2.dist-info"
    (described / "RECORD").unlink()
    (described / "top_level.txt").write_text("tensorflow\n", encoding="utf-8")

    assert tensorflow_version() == "2.16.2"


def test_tensorflow_version_none_installed_is_refused(tmp_path: Path) -> None:
    """Without TensorFlow the error says how to install it; a folder of its name is not TensorFlow."""
    (tmp_path / "tensorflow").mkdir()

    with pytest.raises(ReproError, match=r"none is installed.*pip install 'mnist-repro\[tensorflow\]'"):
        tensorflow_version()


@pytest.mark.parametrize(
    ("legacy", "expected"),
    [
        pytest.param(None, "3.10.0", id="Keras 3"),
        pytest.param("0", "3.10.0", id="Keras 2 refused"),
        pytest.param("1", "2.19.0", id="Keras 2 asked for"),
    ],
)
def test_keras_version_is_that_of_the_one_in_use(
    install: Install, monkeypatch: pytest.MonkeyPatch, legacy: str | None, expected: str
) -> None:
    """TF_USE_LEGACY_KERAS decides which of the two packages is meant."""
    install("keras", "3.10.0", module="keras")
    install("tf_keras", "2.19.0", module="tf_keras")
    if legacy is not None:
        monkeypatch.setenv("TF_USE_LEGACY_KERAS", legacy)

    assert keras_version() == expected


def test_keras_version_nightly_counts(install: Install) -> None:
    """Keras is found under its other name, too."""
    install("keras-nightly", "3.12.0.dev2025", module="keras")

    assert keras_version() == "3.12.0.dev2025"


def test_keras_version_keras_of_its_own_is_not_needed(install: Install) -> None:
    """Where there is no package of Keras, it is TensorFlow's own, and recorded as ever."""
    install("tensorflow", "2.8.4")

    assert keras_version() == "of TensorFlow 2.8.4"


@pytest.mark.parametrize(
    ("recorded", "loaded", "same"),
    [
        ("2.21.0", "2.21.0", True),
        ("2.22.0.dev20260101", "2.22.0-dev20260101", True),
        ("2.20.0rc0", "2.20.0-rc0", True),
        ("2.14.0.600 (tensorflow-rocm)", "2.14.0", True),
        ("2.15.0+nv24.3", "2.15.0", True),
        ("2.16.2", "2.21.0", False),
        ("2.1", "2.10", False),
        ("2.21.0.dev1", "2.21.0", False),
        ("2.21.0", "2.21.0-rc1", False),
    ],
)
def test_is_same_version_spellings_and_rebuilds_are_the_same(recorded: str, loaded: str, *, same: bool) -> None:
    """One version is spelt in several ways; a release and what came before it are two."""
    assert is_same_version(recorded, loaded=loaded) is same
