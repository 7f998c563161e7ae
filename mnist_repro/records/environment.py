"""The environment of a run: versions, processor, threads, flags and the state of the code.

TensorFlow is not imported; its version is read from the installed package. That keeps planning and reading light.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

from mnist_repro.documents.toml_schema import parse_toml, read_toml
from mnist_repro.records.flags import read_flags
from mnist_repro.records.packages import keras_version, tensorflow_version
from mnist_repro.records.processor import name_processor

# Where a user's own runs are recorded, unless another name is given.
LOCAL_ENVIRONMENT = "local"
# Pages of the report that are no environment's, in lower-case letters: some systems tell no others apart.
OTHER_PAGES = frozenset({"readme", "atlas", "gate", "causes", "versions", "speed", "speed-gate"})
# What ends the name of an environment whose runs are on the stand-in for MNIST.
STAND_IN_SUFFIX = "-digits"

_PACKAGE = Path(__file__).parents[1]
# The modules that turn a protocol, data and a seed into numbers.
_TRAINING_PATH = ("images.py", "randomness.py", "keras_model.py", "compiled_steps.py", "evaluation.py", "trainer.py")
_SAME_CODE = Path(__file__).with_name("same_code.toml")
# Parts of a syntax tree that compute nothing.
_IMPORTS = (ast.Import, ast.ImportFrom)
_ANNOTATIONS = frozenset({"annotation", "returns", "type_comment", "kind", "ctx"})


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a run was made: versions, machine and code."""

    python: str
    tensorflow: str
    keras: str
    numpy: str
    scipy: str
    scikit_learn: str
    system: str  #: operating system and machine type
    processor: str  #: as `name_processor` tells kinds apart
    threads: int  #: TensorFlow's
    flags: dict[str, str]  #: environment variables that change the arithmetic of a run, where set
    commit: str  #: of the checkout, or "unknown"
    dirty: bool | None  #: whether the checkout differed from its commit; None where unknown

    @cached_property
    def deciding(self) -> dict[str, str]:
        """What of it decides a run, by its name in messages."""
        return {
            "TensorFlow": self.tensorflow,
            "Keras": self.keras,
            "NumPy": self.numpy,
            "processor": self.processor,
            "threads of a run": str(self.threads),
            "flags": json.dumps(self.flags, sort_keys=True) if self.flags else "none",
        }

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The same as a run's conditions have it: thousands of records share it."""
        return (*{**self.deciding, "flags": json.dumps(self.flags, sort_keys=True)}.values(),)

    def list_differences(self, expected: Environment) -> list[str]:
        """List what decides a run and is not as expected, each with both values."""
        found, wanted = self.deciding, expected.deciding
        return [f"{name} {found[name]} in place of {wanted[name]}" for name in found if found[name] != wanted[name]]


def is_own(environment: str) -> bool:
    """Return whether the name of an environment says that its runs are no results: a user's own, or the stand-in's."""
    return environment == LOCAL_ENVIRONMENT or environment.endswith(STAND_IN_SUFFIX)


def describe_environment(*, threads: int) -> Environment:
    """Describe this process's environment.

    Raises
    ------
    ReproError
        If TensorFlow is not installed, two versions of it are, or the machine's id cannot be kept.
    """
    commit, dirty = _code_state()
    return Environment(
        python=platform.python_version(),
        tensorflow=tensorflow_version(),
        keras=keras_version(),
        numpy=_version_of("numpy"),
        scipy=_version_of("scipy"),
        scikit_learn=_version_of("scikit-learn"),
        system=f"{platform.system()} {platform.machine()}",
        processor=name_processor(),
        threads=threads,
        flags=read_flags(),
        commit=commit,
        dirty=dirty,
    )


# Reading it takes milliseconds, and each run asks.
_version_of = cache(metadata.version)


@contextmanager
def plot_backend_aside() -> Iterator[None]:
    """Set MPLBACKEND aside while Matplotlib is imported, as Keras does too.

    Notebooks hand the name of their backend on to what they start, and Matplotlib cannot be imported where it has none
    of that name. Where it has, the name is in force again afterwards.
    """
    named = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named
            with suppress(ValueError, KeyError):
                sys.modules["matplotlib"].rcParams["backend"] = named


@cache
def _code_state() -> tuple[str, bool | None]:
    """Return the checkout's commit and whether the checkout differs from it."""

    def git(*arguments: str) -> str:
        # A run that is killed must not leave a lock in the checkout.
        command = ["git", "--no-optional-locks", "-C", str(_PACKAGE), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()  # noqa: S603 - fixed words

    try:
        # An installed copy may lie inside somebody else's repository.
        if git("ls-files", "--error-unmatch", __file__) == "":
            return "unknown", None
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--", str(_PACKAGE)))
    except (OSError, subprocess.SubprocessError):
        return "unknown", None


@cache
def training_code_sha256() -> str:
    """Return the hash of the code that turns a protocol, data and a seed into numbers.

    Runs of different code are never pooled. Code that reproduced the runs of earlier code bit for bit keeps the hash of
    that code: `same_code.toml` lists both and what was compared.
    """
    code = hash_training_code()
    same = {entry["code"]: entry["as"] for entry in parse_toml(read_toml(_SAME_CODE), file=_SAME_CODE).get("same", [])}
    while code in same:
        code = same.pop(code)
    return code


@cache
def package_code_sha256() -> str:
    """Return the hash of all code of this package, as it was when this process first asked."""
    return hash_code(sorted(_PACKAGE.rglob("*.py")))


def hash_training_code() -> str:
    """Return the hash of the training code as its files are now."""
    return hash_code(_PACKAGE / "training" / name for name in _TRAINING_PATH)


def hash_code(files: Iterable[Path]) -> str:
    """Return the hash of what files of code compute.

    Comments, docstrings, annotations, import lines and layout do not count, so that documenting or moving code changes
    no hash. The hash is the same on every supported Python.
    """
    digest = hashlib.sha256()
    for file in files:
        digest.update("\n".join(_list_syntax(ast.parse(file.read_bytes()))).encode() + b"\n\n")
    return digest.hexdigest()


def hash_file(file: Path) -> str:
    """Return the hash of a text file's bytes, the same for all line ends."""
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _list_syntax(node: Any) -> Iterator[str]:
    """Yield what a syntax tree computes, one name or value at a time, nested nodes between brackets."""
    if isinstance(node, list):
        # A docstring is a statement that computes nothing, and so is any other constant.
        kept = [each for each in node if not isinstance(each, _IMPORTS) and not _is_bare_constant(each)]
        yield from ("[", *chain.from_iterable(map(_list_syntax, kept)), "]")
    elif isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            # An empty field may be one that this Python's grammar has and another's lacks.
            if name not in _ANNOTATIONS and value not in (None, []):
                yield from (name, *_list_syntax(value))
        yield "."
    else:
        yield repr(node)


def _is_bare_constant(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
