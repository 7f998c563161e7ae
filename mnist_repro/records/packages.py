"""The versions of TensorFlow and Keras that an import would load, read without importing them."""

from __future__ import annotations

import os
import re
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from mnist_repro.errors import ReproError

# TensorFlow's own builds, which name no other maker: what they have in common is the version.
_OWN_BUILDS = frozenset(
    ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos", "tf-nightly")
)
_PRE_RELEASES = frozenset({"a", "b", "rc", "dev"})


@cache
def tensorflow_version() -> str:
    """Return the version of the installed TensorFlow, with the package's name where others built it.

    Raises
    ------
    ReproError
        If TensorFlow is not installed, or two versions lie over each other.
    """
    found = _find_packages("tensorflow")
    if not found:
        msg = (
            "Training needs TensorFlow, and none is installed. "
            "Install it with: python -m pip install 'mnist-repro[tensorflow]'"
        )
        raise ReproError(msg)
    name = min(found, key=lambda each: (each not in _OWN_BUILDS, each))
    return found[name] if name in _OWN_BUILDS else f"{found[name]} ({name})"


def keras_version() -> str:
    """Return the version of the Keras that TensorFlow would use.

    Raises
    ------
    ReproError
        As `tensorflow_version` does.
    """
    found = _find_packages("tf_keras" if is_legacy_keras() else "keras")
    return next(iter(found.values())) if found else f"of TensorFlow {tensorflow_version()}"


def is_legacy_keras() -> bool:
    """Return whether a variable has TensorFlow use Keras 2, the package tf_keras."""
    return os.environ.get("TF_USE_LEGACY_KERAS") in {"1", "true", "True"}


def is_same_version(recorded: str, *, loaded: str) -> bool:
    """Return whether a module may call itself `loaded` and its package `recorded`.

    They spell one version in several ways (2.21.0-dev1 and 2.21.0.dev1), and whoever builds a release again adds to the
    package's alone (2.14.0.600, 2.15.0+nv24.3).
    """
    whole, start = (re.findall(r"\d+|[a-z]+", version.lower()) for version in (recorded, loaded))
    return whole[: len(start)] == start and _PRE_RELEASES.isdisjoint(whole[len(start) :])


@cache
def _find_packages(module: str) -> dict[str, str]:
    """Return the versions of the packages that brought a module, by name; those of another folder are not imported."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return {}
    folder = str(Path(spec.origin).parents[1])
    found = [each for each in metadata.distributions(path=[folder]) if _brings(each, module)]
    named = sorted({(each.metadata["Name"].lower().replace("_", "-"), each.version) for each in found})
    if len({version for _, version in named}) > 1:
        packages = " and ".join(f"{name} {version}" for name, version in named)
        names = " ".join(dict.fromkeys(name for name, _ in named))
        msg = (
            f"One {module} is imported, and two versions of it lie over each other in {folder}: {packages}. "
            f"Remove both and install one of them: python -m pip uninstall {names}"
        )
        raise ReproError(msg)
    return dict(named)


def _brings(package: metadata.Distribution, module: str) -> bool:
    files = package.read_text("RECORD")
    if files is None:  # as other installers than pip leave it
        return module in (package.read_text("top_level.txt") or "").split()
    return re.search(rf"^{module}/__init__\.py,", files, re.MULTILINE) is not None
