"""The runs of variants: kept beside the experiments' runs, in a store of their own, and never pooled with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from mnist_repro.datasets import Dataset
from mnist_repro.records import RecordStore, RunRecord, pool_runs
from mnist_repro.study import Plan, plan_study
from mnist_repro.variants import Variant

FOLDER = "variants"


def variant_store(store: RecordStore) -> RecordStore:
    """Return where the runs of variants are kept that belong to the experiments' runs in `store`."""
    return RecordStore(store.folder / FOLDER)


def plan_variants(
    variants: Iterable[Variant], *, dataset: Dataset, store: RecordStore, workers: int | None = None
) -> list[tuple[Plan, Dataset]]:
    """Plan the runs of those variants that are trained: a plan for each set of images, the true ones first.

    Parameters
    ----------
    dataset
        The true images.
    store
        That of the experiments' runs.
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
            seeds={variant.id: range(variant.seeds) for variant in together},
            dataset=images,
            store=variant_store(store),
            workers=workers,
        )
        plans.append((plan, images))
    return plans


def runs_of_variant(
    variant: Variant, *, records: Sequence[RunRecord], own_records: Sequence[RunRecord]
) -> tuple[RunRecord, ...]:
    """Return a variant's runs: its own, or the experiment's where these serve.

    Parameters
    ----------
    records, own_records
        All records of the experiments, and of the variants, in the order in which they were written.
    """
    pool = pool_runs(
        own_records if variant.is_trained else records,
        experiment=variant.protocol.id,
        protocol_sha256=variant.protocol.sha256,
    )
    return pool.records
