"""The runs of planted faults that the records have, as the gate would get to see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mnist_repro.gate.errors import Fault
from mnist_repro.gate.faults import plant_faults
from mnist_repro.gate.trials import PROFILE
from mnist_repro.protocols import Protocol
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.variant_runs import read_variant_runs
from mnist_repro.variants import load_alternatives


def collect_faults(store: RecordStore, *, protocols: Mapping[str, Protocol]) -> tuple[list[Fault], list[str]]:
    """Collect the runs of all planted faults from the records of an environment.

    Parameters
    ----------
    store
        That of the experiments' runs; those of the faults lie with it.

    Returns
    -------
    faults
        Those with enough runs for a gate run.
    not_run
        Ids of the others.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    alternatives = {variant.id: variant for variant in load_alternatives()}
    all_runs = read_variant_runs(store)
    faults, not_run = [], []
    for variant in plant_faults(protocols, alternatives=alternatives):
        runs = all_runs.of_variant(variant)
        if len(runs) < protocols[variant.experiment].seeds[PROFILE]:
            not_run.append(variant.id)
            continue
        seen = [read_otherwise(record, reads=variant.reads) for record in runs]
        faults.append(Fault(id=variant.id, title=variant.change, experiment=variant.experiment, records=seen))
    return faults, not_run


def read_otherwise(record: RunRecord, *, reads: Mapping[str, str]) -> RunRecord:
    """Return a record with other evaluation sets' values under the names of the document's, as `Variant.reads` says."""

    def swap(values: dict[str, float]) -> dict[str, float]:
        return {name: values.get(reads.get(name, name), value) for name, value in values.items()}

    return replace(
        record,
        periods=tuple(replace(p, loss=swap(p.loss), accuracy=swap(p.accuracy)) for p in record.periods),
        final_loss=swap(record.final_loss),
        final_accuracy=swap(record.final_accuracy),
    )
