"""The first layer on the way of a run, where an experiment asks for it: that run is trained once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from mnist_repro.datasets import Dataset
from mnist_repro.errors import ReproError
from mnist_repro.pictures import PICTURED_SEED, load_early_weights, load_first_weights, save_early_weights
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.worker import read_first_weights


def keep_early_weights(
    records: Iterable[RunRecord], *, protocols: Mapping[str, Protocol], dataset: Dataset, store: RecordStore
) -> None:
    """Keep what is lacking of the weights that the report shows of the way of a run.

    Parameters
    ----------
    records
        Runs that are in the store, made in this environment.

    Raises
    ------
    ReproError
        If the run comes out otherwise than it was recorded, or the weights cannot be kept.
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
