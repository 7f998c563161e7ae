"""The runs of planted faults, from which the gate's detection rates are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mnist_repro.comparison.gate.error_rates import Fault
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import read_variant_runs


def collect_faults(
    store: RecordStore, *, faults: Sequence[Variant], protocols: Mapping[str, Protocol]
) -> tuple[list[Fault], list[str]]:
    """Collect the runs of planted faults from the records of an environment.

    Parameters
    ----------
    store
        The experiments' runs; those of the faults are kept with them.
    faults
        The planted faults.

    Returns
    -------
    collected
        Faults with enough runs for a gate run.
    not_run
        Ids of the others.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    all_runs = read_variant_runs(store)
    collected, not_run = [], []
    for variant in faults:
        runs = all_runs.of_variant(variant)
        if len(runs) < protocols[variant.experiment].seeds[GATE_PROFILE]:
            not_run.append(variant.id)
            continue
        seen = [replace(swap_sets(each, reads=variant.reads), experiment=variant.experiment) for each in runs]
        collected.append(Fault(id=variant.id, title=variant.change, experiment=variant.experiment, records=seen))
    return collected, not_run


def swap_sets(record: RunRecord, *, reads: Mapping[str, str]) -> RunRecord:
    """Return a record with other evaluation sets' values under the names of the document's, as `Variant.reads` says."""

    def swap(values: dict[str, float]) -> dict[str, float]:
        return {name: values.get(reads.get(name, name), value) for name, value in values.items()}

    return replace(
        record,
        periods=tuple(replace(p, loss=swap(p.loss), accuracy=swap(p.accuracy)) for p in record.periods),
        final_loss=swap(record.final_loss),
        final_accuracy=swap(record.final_accuracy),
    )
