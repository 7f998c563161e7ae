"""Each kind of step is timed beside stock `fit`, which trains the same, and the page has what was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
import step_kinds
from problem import Problem

from mnist_repro.datasets.dataset import Dataset


def test_renew_page_has_the_measured_table() -> None:
    """`python benchmarks/speed/step_kinds.py` writes the table of every kind again."""
    page = step_kinds.PAGE.read_text(encoding="utf-8")

    assert list(json.loads(step_kinds.FILE.read_text(encoding="utf-8"))["step_seconds"]) == list(step_kinds.KINDS)
    assert step_kinds.renew(page) == page
    assert step_kinds.renew(page.replace("| step | ours |", "| step | us |")) == page


def test_format_row_ratios_are_of_the_same_round() -> None:
    """A round that is slow for all engines leaves the ratios as they are."""
    times = {"compiled": [1e-3, 4e-3, 2e-3], "fit": [2e-3, 8e-3, 2e-3], "floor": [5e-4, 1e-3, 1e-3]}

    assert step_kinds.format_row("a", times) == "| a | 2,000 µs | 0.50 (0.50 to 1.00) | 2.00 (2.00 to 4.00) |\n"


@pytest.mark.usefixtures("single_thread")
def test_engines_train_the_same_network(random_images: Dataset) -> None:
    """After an epoch with an incomplete batch, `fit` has our weights of a convolutional network; the floor none."""
    pytest.importorskip("tensorflow")
    from tensorflow_engines import Compiled, Fit, Floor  # noqa: PLC0415 - another test needs no TensorFlow

    problem = Problem(step_kinds.small_convnet(), random_images)
    engines = [each(problem) for each in (Compiled, Fit, Floor)]
    for engine in engines:
        engine.make_steps(60)

    for ours, stock, start, initial in zip(*(each.values() for each in engines), problem.initial_values, strict=True):
        np.testing.assert_allclose(ours, stock, atol=1e-4)
        assert np.abs(ours - start).max() > 1e-2
        np.testing.assert_array_equal(start, initial)
