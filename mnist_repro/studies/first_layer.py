"""How the first layer's weights develop during a run, as the last task of the Julia post asks: measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.artifacts import PICTURED_SEED, load_early_weights, load_first_weights, save_early_weights
from mnist_repro.studies.worker import read_first_weights
from mnist_repro.training.randomness import draw_initial_values

_SIDE = 28
_UNMOVED = 0.5

Weights = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The first layer after a number of steps; correlations are medians over its units."""

    step: int  #: number of steps trained
    weights: Weights  #: shape (784, units)
    with_start: float  #: correlation of a unit's weights with its initial ones, -1 to 1
    with_end: float  #: correlation of a unit's weights with its final ones, -1 to 1
    between_neighbours: (
        float  #: correlation of adjacent pixels' weights, -1 to 1: near 0 in noise, near 1 in smooth forms
    )
    spread: float  #: standard deviation of all weights
    unmoved: int  #: units whose weights correlate with their initial ones by 0.5 or more

    @property
    def units(self) -> int:
        """Number of units of the layer."""
        return int(self.weights.shape[1])


def find_snapshots(folder: Path, *, records: tuple[RunRecord, ...], protocol: Protocol) -> tuple[Snapshot, ...]:
    """Return the first layer after the steps that a protocol names and after the run; empty where it was not saved.

    Parameters
    ----------
    folder
        Folder of the records.
    records
        Completed runs of the protocol.

    Raises
    ------
    ReproError
        If a saved file cannot be read.
    """
    for record in records:
        if record.seed != PICTURED_SEED or not protocol.pictured_steps:
            continue
        early = load_early_weights(folder, record=record)
        final = load_first_weights(folder, record=record)
        if early is not None and final is not None:
            return _describe({**early, protocol.training.steps: final}, protocol=protocol)
    return ()


def _describe(kept: Mapping[int, NDArray[Any]], *, protocol: Protocol) -> tuple[Snapshot, ...]:
    start = draw_initial_values(protocol, seed=PICTURED_SEED)[0].astype(np.float64)
    weights = {step: kept[step].astype(np.float64) for step in sorted(kept)}
    end = weights[max(weights)]
    return tuple(
        Snapshot(
            step=step,
            weights=values,
            with_start=float(np.median(_correlate(values, start))),
            with_end=float(np.median(_correlate(values, end))),
            between_neighbours=float(np.median(_correlate_neighbours(values))),
            spread=float(values.std()),
            unmoved=int((_correlate(values, start) >= _UNMOVED).sum()),
        )
        for step, values in weights.items()
    )


def _correlate(first: Weights, second: Weights) -> Weights:
    """Return the correlation of each column of two arrays; 0 where one is constant."""
    centred = [values - values.mean(axis=0) for values in (first, second)]
    scale = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0))
    correlations: Weights = (centred[0] * centred[1]).sum(axis=0) / np.where(scale > 0, scale, 1.0)
    return correlations


def _correlate_neighbours(weights: Weights) -> Weights:
    """Return, for each column, the correlation of the weights of adjacent pixels."""
    pictures = weights.reshape(_SIDE, _SIDE, -1)
    units = pictures.shape[-1]
    return _correlate(pictures[:, 1:].reshape(-1, units), pictures[:, :-1].reshape(-1, units))


def keep_early_weights(
    records: Iterable[RunRecord], *, protocols: Mapping[str, Protocol], dataset: Dataset, store: RecordStore
) -> None:
    """Train runs again to save the weights on their way that the report shows, where they are missing.

    Parameters
    ----------
    records
        Runs that are in the store, made in this environment.

    Raises
    ------
    ReproError
        If the run does not reproduce, or the weights cannot be saved.
    """
    for record in records:
        steps = protocols[record.experiment].pictured_steps
        if not steps or record.seed != PICTURED_SEED or record.status != "completed":
            continue
        final = load_first_weights(store.folder, record=record)
        if final is None or load_early_weights(store.folder, record=record) is not None:
            continue
        protocol = protocols[record.experiment]
        weights = read_first_weights(protocol, dataset, seed=record.seed, steps=(*steps, protocol.training.steps))
        if not np.array_equal(weights.pop(protocol.training.steps).astype(np.float16), final):
            msg = (
                "A run is trained again to keep its weights on the way, and has to come out as recorded; that of "
                f"{record.experiment}, seed {record.seed}, in {store.file} did not. Take its line out and run again."
            )
            raise ReproError(msg)
        save_early_weights(store.folder, record=record, weights=weights)
