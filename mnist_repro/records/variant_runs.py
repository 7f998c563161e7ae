"""Runs of variants: kept in a store of their own beside the experiments' runs, and never pooled with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.pooling import check_whole, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore

FOLDER = "variants"


def variant_store(store: RecordStore) -> RecordStore:
    """Return the store of the variants of the experiments in `store`."""
    return RecordStore(store.folder / FOLDER)


@dataclass(frozen=True, kw_only=True)
class VariantRuns:
    """The records from which the runs of variants are taken."""

    store: RecordStore  #: store of the experiments' runs
    records: Sequence[RunRecord]  #: all records of the experiments, in the order in which they were written
    own_records: Sequence[RunRecord]  #: all records of the variants, in the order in which they were written

    def of_experiment(self, protocol: Protocol) -> tuple[RunRecord, ...]:
        """Return an experiment's pooled runs.

        Raises
        ------
        ReproError
            If a completed run lacks a measurement.
        """
        return _pool(self.records, protocol=protocol, store=self.store)

    def of_variant(self, variant: Variant) -> tuple[RunRecord, ...]:
        """Return a variant's pooled runs: its own, or the experiment's if it is not trained."""
        if not variant.is_trained:
            return self.of_experiment(variant.protocol)
        return _pool(self.own_records, protocol=variant.protocol, store=variant_store(self.store))


def read_variant_runs(store: RecordStore) -> VariantRuns:
    """Read the records of the experiments in `store` and those of the variants beside them.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    return VariantRuns(store=store, records=store.read(), own_records=variant_store(store).read())


def _pool(records: Sequence[RunRecord], *, protocol: Protocol, store: RecordStore) -> tuple[RunRecord, ...]:
    pooled = pool_runs(records, experiment=protocol.id, protocol_sha256=protocol.sha256).records
    check_whole(pooled, protocol=protocol, store=store)
    return pooled
