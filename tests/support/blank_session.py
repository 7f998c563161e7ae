"""A plugin for processes of pytest-xdist: blank images in place of MNIST, and runs that are made up, not trained.

`-p blank_session` has each process of a session replace both before it imports `benchmarks/`.
"""

from __future__ import annotations

import os
import time
from typing import Any

from gate_sessions import blank_images, run_today

from mnist_repro.datasets import dataset as datasets
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies import study as studies
from mnist_repro.studies.study import Plan

# Long enough for another process to begin meanwhile.
_SECONDS = 1.0


def _make_up(plan: Plan, *, store: RecordStore, **_: Any) -> list[RunRecord]:
    """Record runs as a study does, and which process did."""
    time.sleep(_SECONDS)
    made = [run_today(run.protocol, run.seed, name="mnist", accuracy=0.5) for run in plan.missing]
    for record in made:
        store.append(record)
    with store.folder.with_suffix(".trained").open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {len(made)}\n")
    return [*plan.reused, *made]


datasets.load_dataset = lambda *_, **__: blank_images("mnist")
studies.run_study = _make_up
