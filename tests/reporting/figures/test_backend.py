"""Neither figures nor Keras, which imports Matplotlib too, need a backend, whatever the environment names."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

NAMED = """
import importlib, os, sys
importlib.import_module(sys.argv[1])
import matplotlib
named = dict.__getitem__(matplotlib.rcParams, "backend")
print(os.environ["MPLBACKEND"], named if isinstance(named, str) else None, "matplotlib.pyplot" in sys.modules)
"""

NOTEBOOKS = "module://matplotlib_inline.backend_inline"


@pytest.mark.parametrize("module", ["figures.style", "html.strips"])
@pytest.mark.parametrize(
    ("named", "kept"),
    [
        # Before Matplotlib 3.9 a module's name is taken as it is.
        pytest.param(NOTEBOOKS, {"None", NOTEBOOKS}, id="a notebook's, elsewhere"),
        pytest.param("no-such", {"None"}, id="unknown"),
        pytest.param("pdf", {"pdf"}, id="known"),
    ],
)
def test_figures_are_imported_whatever_backend_is_named(module: str, named: str, kept: set[str]) -> None:
    """A backend that this Matplotlib lacks stops nothing; one that it has stays that of the process."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", NAMED, f"mnist_repro.reporting.{module}"],
        env={**os.environ, "MPLBACKEND": named},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    set_aside, in_force, is_pyplot_imported = ended.stdout.split()
    assert (set_aside, is_pyplot_imported) == (named, "False")
    assert in_force in kept
