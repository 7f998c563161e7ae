"""The runs of variants: kept beside the experiments' runs, in a store of their own, and never pooled with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.documents.variant import Variant
from mnist_repro.records.pooling import check_whole, pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import Plan, plan_study

FOLDER = "variants"


def variant_store(store: RecordStore) -> RecordStore:
    """Return where the runs of variants are kept that belong to the experiments' runs in `store`."""
    return RecordStore(store.folder / FOLDER)


def plan_variants(
    variants: Iterable[Variant],
    *,
    dataset: Dataset,
    store: RecordStore,
    seeds: Sequence[int] | None = None,
    workers: int | None = None,
) -> list[tuple[Plan, Dataset]]:
    """Plan the runs of those variants that are trained: a plan for each set of images, the true ones first.

    Parameters
    ----------
    dataset
        The true images.
    store
        That of the experiments' runs.
    seeds
        Those of every variant; None takes as many as each asks for.
    """

    def alteration(variant: Variant) -> int:
        return id(variant.alter) if variant.alter else 0

    plans = []
    trained = sorted((variant for variant in variants if variant.is_trained), key=alteration)
    for _, group in groupby(trained, key=alteration):
        together = list(group)
        alter: Callable[[Dataset], Dataset] | None = together[0].alter
        images = alter(dataset) if alter else dataset
        plan = plan_study(
            {variant.id: variant.protocol for variant in together},
            seeds={variant.id: seeds or range(variant.seeds) for variant in together},
            dataset=images,
            store=variant_store(store),
            workers=workers,
        )
        plans.append((plan, images))
    return plans


@dataclass(frozen=True, kw_only=True)
class VariantRuns:
    """All records from which the runs of variants are taken.

    Parameters
    ----------
    store
        That of the experiments' runs.
    records, own_records
        All records of the experiments, and of the variants, in the order in which they were written.
    """

    store: RecordStore
    records: Sequence[RunRecord]
    own_records: Sequence[RunRecord]

    def of_experiment(self, protocol: Protocol) -> tuple[RunRecord, ...]:
        """Return an experiment's pooled runs.

        Raises
        ------
        ReproError
            If one says that it completed and lacks a measurement.
        """
        return _pool(self.records, protocol=protocol, store=self.store)

    def of_variant(self, variant: Variant) -> tuple[RunRecord, ...]:
        """Return a variant's pooled runs: its own, or the experiment's where these serve; raises as `of_experiment`."""
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
