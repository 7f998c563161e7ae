"""Plans of the runs of variants, which are trained as any experiment's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.variant import Variant
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import variant_store
from mnist_repro.studies.study import Plan, plan_study

_Alter: TypeAlias = Callable[[Dataset], Dataset]


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
