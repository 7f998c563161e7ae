"""Sessions of the gates of `benchmarks/`, seen from outside.

Each is a session of its own within this process, as pytest's own tests have it: to start Python and to import all that
a gate needs takes seconds. What a test replaces in modules, the session finds replaced: it imports `benchmarks/` anew.
Its store has every run that it needs: none trains.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from made_up_runs import make_run

from mnist_repro.datasets import dataset as datasets
from mnist_repro.datasets.dataset import MNIST_SHA256, Dataset
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import describe_environment, training_code_sha256
from mnist_repro.records.run import RunRecord

ROOT = Path(__file__).parents[2]
EXPERIMENTS = tuple(load_atlas().usual.protocols)
# What becomes of them is up to each test; good, low, diverged and single are those of a session with all four.
GOOD, LOW, DIVERGED, SINGLE = "julia-linear-lr0.02", "julia-linear-lr0.003", "julia-mlp-100x100", "tf1-basic"


class Session(NamedTuple):
    """How a test session ended, and the properties of its cases, by their ids, as its JUnit file has them."""

    code: int
    out: str
    err: str
    properties: dict[str, dict[str, str]]

    def outcome_of(self, experiment: str) -> str:
        """Return what was said of an experiment's gate in the summary of all tests."""
        (said,) = re.findall(rf"^([A-Z]+) .*\[{re.escape(experiment)}\]", self.out, flags=re.MULTILINE)
        return str(said)

    def line_of(self, experiment: str) -> str:
        """Return an experiment's line in the summary of the gates."""
        summary = self.out.partition("accuracy gates =")[2].partition("\n=====")[0]
        (line,) = (line for line in summary.splitlines() if line.startswith(f"{experiment}: "))
        return line


def blank_images(name: Literal["mnist", "digits"]) -> Dataset:
    """Return a hundred blank images of each kind under the name of a dataset, MNIST with its SHA-256 sum."""
    images, labels = np.zeros((100, 784), dtype=np.uint8), np.zeros(100, dtype=np.uint8)
    dataset = Dataset(
        name=name,
        train_images=images,
        train_labels=labels,
        test_images=images.copy(),
        test_labels=labels.copy(),
        source="made up for the tests",
    )
    if name == "mnist":
        vars(dataset)["sha256"] = MNIST_SHA256
    return dataset


def run_today(protocol: Protocol, seed: int, *, name: Literal["mnist", "digits"], accuracy: float) -> RunRecord:
    """Return a run under the conditions that a session's own runs would have."""
    return make_run(
        protocol,
        seed=seed,
        environment=describe_environment(threads=1),
        accuracy=accuracy,
        dataset=name,
        dataset_sha256=blank_images(name).sha256,
        training_sha256=training_code_sha256(),
    )


def run_gates(
    folder: Path,
    *arguments: str,
    name: Literal["mnist", "digits"] = "mnist",
    file: str = "test_accuracy.py",
    cwd: Path = ROOT,
) -> Session:
    """Run the accuracy gates, or another file of benchmarks, on the records in a folder.

    Parameters
    ----------
    folder
        The folder of the records, in which the session keeps what it writes.
    arguments
        Further ones of pytest's.
    name
        What the session's blank images are called.
    file
        Of benchmarks.
    cwd
        The folder in which the session is started.
    """
    junit = folder / "junit.xml"
    command = [str(ROOT / "benchmarks" / file), f"--rootdir={ROOT}", f"--records={folder}", f"--junitxml={junit}"]
    code, out, err = run_pytest(*command, f"--basetemp={folder / 'temporary'}", *arguments, name=name, cwd=cwd)
    return Session(code, out, err, read_properties(junit))


def run_pytest(*arguments: str, name: Literal["mnist", "digits"] = "mnist", cwd: Path = ROOT) -> tuple[int, str, str]:
    """Run a session of pytest on blank images; return its exit code, and what it wrote."""
    # Nothing of the session that this one is a part of: its cache, its temporary folders, its look for leaks.
    without = ("cacheprovider", "unraisableexception", "threadexception", "faulthandler")
    command = [*(f"-pno:{plugin}" for plugin in without), *arguments]
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, _benchmarks_imported_anew(), redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", "200")
        patch.setenv("PY_COLORS", "0")
        patch.setenv("PYTEST_ADDOPTS", "")
        # By it pytest-benchmark knows of the processes of the outer session.
        patch.delenv("PYTEST_XDIST_WORKER", raising=False)
        patch.chdir(cwd)
        patch.setattr(datasets, "load_dataset", lambda *_, **__: blank_images(name))
        code = pytest.main(command)
    return int(code), out.getvalue(), err.getvalue()


@contextmanager
def _benchmarks_imported_anew() -> Iterator[None]:
    """Have what `benchmarks/` holds imported anew, as by a process of its own, and forget it afterwards."""
    before = {module: sys.modules.pop(module) for module in _find_benchmarks()}
    try:
        yield
    finally:
        for module in _find_benchmarks():
            del sys.modules[module]
        sys.modules.update(before)


def _find_benchmarks() -> list[str]:
    """Return the names of the modules that were imported from `benchmarks/`."""
    top = str(ROOT / "benchmarks") + os.sep
    return [name for name, module in sys.modules.items() if (getattr(module, "__file__", None) or "").startswith(top)]


def read_properties(junit: Path) -> dict[str, dict[str, str]]:
    """Return the properties of each case in a JUnit file, by the case's id; empty where there is no file."""
    if not junit.is_file():
        return {}
    cases = ET.parse(junit).iter("testcase")  # noqa: S314 - written by the session
    return {
        str(case.get("name")).partition("[")[2].rstrip("]"): {
            str(entry.get("name")): str(entry.get("value")) for entry in case.iter("property")
        }
        for case in cases
    }
