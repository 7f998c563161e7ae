"""Runs of variants: kept in a store of their own beside the experiments' runs, and never pooled with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.pooling import pool_runs
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
    own_records: Sequence[RunRecord]  #: all records of the variants, in the order in which they were written

    @cached_property
    def records(self) -> Sequence[RunRecord]:
        """All records of the experiments, in the order in which they were written; read where they are needed."""
        return self.store.read()

    def of_experiment(self, protocol: Protocol, *, processor: str | None = None) -> tuple[RunRecord, ...]:
        """Return an experiment's pooled runs; where a `processor` is named, those of its kind.

        Raises
        ------
        ReproError
            If a record is one that no run can have.
        """
        return pool_runs(self.records, protocol=protocol, store=self.store, processor=processor).records

    def of_variant(self, variant: Variant) -> tuple[RunRecord, ...]:
        """Return a variant's pooled runs: its own, or the experiment's if it is not trained."""
        if not variant.is_trained:
            return self.of_experiment(variant.protocol)
        store, is_altered = variant_store(self.store), variant.alter is not None
        return pool_runs(self.own_records, protocol=variant.protocol, store=store, is_altered=is_altered).records


def read_variant_runs(store: RecordStore) -> VariantRuns:
    """Read the records of the variants beside the experiments in `store`.

    Raises
    ------
    ReproError
        If a record is broken.
    """
    return VariantRuns(store=store, own_records=variant_store(store).read())
