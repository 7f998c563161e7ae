"""Runs of variants: kept in a store of their own beside the experiments' runs, and never pooled with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.pooling import check_whole, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import Plan, plan_study

FOLDER = "variants"

_Alter: TypeAlias = Callable[[Dataset], Dataset]


def variant_store(store: RecordStore) -> RecordStore:
    """Return the store of the variants of the experiments in `store`."""
    return RecordStore(store.folder / FOLDER)


def plan_variants(
    variants: Iterable[Variant],
    *,
    dataset: Dataset,
    store: RecordStore,
    seeds: Sequence[int] | None = None,
    workers: int | None = None,
) -> list[tuple[Plan, Dataset]]:
    """Plan the runs of the variants that are trained: one plan for each set of images, the unaltered ones first.

    Parameters
    ----------
    dataset
        The unaltered images.
    store
        The store of the experiments' runs.
    seeds
        Seeds of every variant; None takes `seeds` of each variant, from 0.
    """
    groups: dict[_Alter | None, list[Variant]] = {None: []}
    for variant in variants:
        if variant.is_trained:
            groups.setdefault(variant.alter, []).append(variant)
    plans = []
    for alter, group in groups.items():
        if not group:
            continue
        images = alter(dataset) if alter else dataset
        plan = plan_study(
            {variant.id: variant.protocol for variant in group},
            seeds={variant.id: seeds or range(variant.seeds) for variant in group},
            dataset=images,
            store=variant_store(store),
            workers=workers,
        )
        plans.append((plan, images))
    return plans


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
    for record in pooled:
        check_whole(record, protocol=protocol, store=store)
    return pooled
