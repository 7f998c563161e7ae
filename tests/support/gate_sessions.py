"""Sessions of the gates of `benchmarks/`, seen from outside.

Each is a process of its own, started in the checkout. Its store has every run that it needs: none trains.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
from made_up_runs import make_run

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import describe_environment, training_code_sha256
from mnist_repro.records.run import RunRecord

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parents[1]
EXPERIMENTS = tuple(load_catalogue().protocols)
# What becomes of them is up to each test; good, low, diverged and single are those of a session with all four.
GOOD, LOW, DIVERGED, SINGLE = "julia-linear-lr0.02", "julia-linear-lr0.003", "julia-mlp-100x100", "tf1-basic"

# A session with this plugin has blank images, which are called what its name says.
PLUGIN = """
from gate_sessions import blank_images
from mnist_repro.datasets import dataset

dataset.load_dataset = lambda *_, **__: blank_images({name!r})
"""


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
    """Return a hundred blank images of each kind under the name of a dataset."""
    images, labels = np.zeros((100, 784), dtype=np.uint8), np.zeros(100, dtype=np.uint8)
    return Dataset(
        name=name,
        train_images=images,
        train_labels=labels,
        test_images=images.copy(),
        test_labels=labels.copy(),
        source="made up for the tests",
    )


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
    folder: Path, *arguments: str, name: Literal["mnist", "digits"] = "mnist", file: str = "test_accuracy.py"
) -> Session:
    """Run the accuracy gates, or another file of benchmarks, on the records in a folder."""
    (folder / "blank_images_plugin.py").write_text(PLUGIN.format(name=name), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"benchmarks/{file}", "-p", "blank_images_plugin"]
    junit = folder / "junit.xml"
    options = ["-p", "no:cacheprovider", "--color=no", f"--records={folder}", f"--basetemp={folder / 'temporary'}"]
    options.append(f"--junitxml={junit}")
    ended = subprocess.run(  # noqa: S603 - our own program
        [*command, *options, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, SUPPORT, folder))),
            "COLUMNS": "200",
            "PYTEST_ADDOPTS": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Session(ended.returncode, ended.stdout, ended.stderr, read_properties(junit))


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
