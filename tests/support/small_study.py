"""A study of one protocol in a store of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import Plan, plan_study, run_study


class SmallStudy:
    """A study of one protocol in a store of its own."""

    def __init__(self, protocol: Protocol, dataset: Dataset, folder: Path) -> None:
        self.protocol = protocol
        self.dataset = dataset
        self.store = RecordStore(folder / "local")

    def plan(self, *seeds: int, workers: int | None = 1, keep_models: bool = False) -> Plan:
        """Plan the runs of these seeds."""
        return plan_study(
            {self.protocol.id: self.protocol},
            seeds={self.protocol.id: seeds},
            dataset=self.dataset,
            store=self.store,
            workers=workers,
            keep_models=keep_models,
        )

    def run(self, *seeds: int, workers: int = 1, **options: Any) -> list[RunRecord]:
        """Make the runs of these seeds that are missing, and return the records of all."""
        plan = self.plan(*seeds, workers=workers, keep_models=options.get("keep_models", False))
        return run_study(plan, dataset=self.dataset, store=self.store, **options)
