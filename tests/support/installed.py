"""What is not on every machine: tests that need it are skipped without it."""

from __future__ import annotations

import importlib.util
import os

import pytest

REAL_FOLDER = os.environ.get("MNIST_REPRO_DATA")
needs_mnist = pytest.mark.skipif(not REAL_FOLDER, reason="MNIST_REPRO_DATA does not name a folder with MNIST")
# It is looked for, not imported: that takes seconds, and much that names its version never trains.
needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow, whose version a run's conditions name"
)
