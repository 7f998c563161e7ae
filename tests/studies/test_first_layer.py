"""What the first layer looks like as a run goes on, with made-up weights: kept, measured, drawn and told in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import make_run
from numpy.typing import NDArray

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.figures.mosaics import draw_snapshots
from mnist_repro.reporting.wording.experiments import describe_convergence, list_snapshot_cells
from mnist_repro.studies.artifacts import PICTURED_SEED, load_early_weights, save_early_weights, save_first_weights
from mnist_repro.studies.first_layer import find_snapshots
from mnist_repro.training.randomness import draw_initial_values

UNITS = 100


@pytest.fixture
def pictured(protocols: dict[str, Protocol]) -> Protocol:
    """Return the experiment whose document asks for the pictures."""
    (protocol,) = (protocol for protocol in protocols.values() if protocol.pictured_steps)
    return protocol


@pytest.fixture
def run(pictured: Protocol, environment: Environment) -> RunRecord:
    """Return the run whose weights are shown."""
    return make_run(pictured, seed=PICTURED_SEED, environment=environment)


def smooth() -> NDArray[np.float32]:
    """Return weights that are smooth forms, different for each unit."""
    rows, columns = np.mgrid[0:28, 0:28] / 28
    phases = np.linspace(0, 6, UNITS)
    forms = np.sin(5 * rows[..., None] + phases) * np.cos(4 * columns[..., None] - phases)
    return forms.reshape(784, UNITS).astype(np.float32)


def test_julia_post_pictures_are_asked_for_after_10_100_and_1000_steps(pictured: Protocol) -> None:
    """The last task's numbers of steps are those that are kept, the last one being the whole run."""
    assert (*pictured.pictured_steps, pictured.training.steps) == (10, 100, 1_000)


def test_early_weights_saved_load_back(tmp_path: Path, run: RunRecord) -> None:
    """Weights load back by their steps, for this very run and no other."""
    weights = {10: smooth(), 100: 2 * smooth()}
    save_early_weights(tmp_path, record=run, weights=weights)

    loaded = load_early_weights(tmp_path, record=run)

    assert loaded is not None
    assert {step: values.tolist() for step, values in loaded.items()} == {
        step: values.astype(np.float16).tolist() for step, values in weights.items()
    }
    assert load_early_weights(tmp_path, record=replace(run, training_sha256="0" * 64)) is None


def test_snapshots_are_measured_against_start_and_end(tmp_path: Path, pictured: Protocol, run: RunRecord) -> None:
    """Noise that is not moved is told from smooth forms, and both from what they began as and end as."""
    start, end = draw_initial_values(pictured, seed=PICTURED_SEED)[0], smooth()
    mixed = np.where(np.arange(UNITS) < 30, start, 0.1 * end).astype(np.float32)
    save_early_weights(tmp_path, record=run, weights={10: start, 100: mixed})
    save_first_weights(tmp_path, record=run, weights=end)

    snapshots = find_snapshots(tmp_path, records=(run,), protocol=pictured)

    assert [snapshot.step for snapshot in snapshots] == [10, 100, 1_000]
    assert [snapshot.with_start for snapshot in snapshots] == pytest.approx([1, 0, 0], abs=0.1)
    assert [snapshot.with_end for snapshot in snapshots] == pytest.approx([0, 1, 1], abs=0.1)
    assert [snapshot.between_neighbours for snapshot in snapshots] == pytest.approx([0, 1, 1], abs=0.1)
    assert [snapshot.unmoved for snapshot in snapshots] == [100, 30, 0]
    text = describe_convergence(snapshots)
    assert text == (
        "The units show after 10 steps noise, after 100 steps smooth forms, after 1,000 steps smooth forms. "
        "The patterns are settled after 100 steps; further training sharpens them. "
        "At the end, 0 of 100 units still resemble their initial weights."
    )
    assert list_snapshot_cells(snapshots[1])[0::4] == ["100", "30"]
    draw_snapshots(tmp_path / "a.svg", title="Weights", snapshots={s.step: s.weights for s in snapshots})
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_snapshots_units_without_spread_are_like_nothing(tmp_path: Path, pictured: Protocol, run: RunRecord) -> None:
    """Weights that are all the same are no pictures, and no error."""
    save_early_weights(tmp_path, record=run, weights={10: np.zeros((784, UNITS), np.float32)})
    save_first_weights(tmp_path, record=run, weights=smooth())

    first, _ = find_snapshots(tmp_path, records=(run,), protocol=pictured)

    assert (first.with_start, first.between_neighbours, first.unmoved) == (0, 0, 0)


def test_snapshots_that_were_not_kept_are_none(tmp_path: Path, pictured: Protocol, run: RunRecord) -> None:
    """Without the weights of this run there is nothing to show; nor of an experiment that asks for none."""
    assert find_snapshots(tmp_path, records=(run,), protocol=pictured) == ()
    save_first_weights(tmp_path, record=run, weights=smooth())
    save_early_weights(tmp_path, record=run, weights={10: smooth()})
    assert find_snapshots(tmp_path, records=(replace(run, seed=1),), protocol=pictured) == ()
    assert find_snapshots(tmp_path, records=(run,), protocol=replace(pictured, pictured_steps=())) == ()
