"""A study in a process that may take little more memory than it has when it starts to train.

Usage: little_memory.py FOLDER MEGABYTES UNITS

UNITS are those of the network's first layer.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from pathlib import Path

import mnist_repro.training.trainer  # noqa: F401 - TensorFlow is to be there before the limit
from mnist_repro.datasets.dataset import load_dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import plan_study, run_study

EXPERIMENT = "tf1-dropout-piecewise"


def limit_memory(megabytes: int) -> None:
    """Allow this process so much more than it has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    most = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def main() -> None:
    """Make one run, and say how it ended and how many the store has."""
    folder, megabytes, units = sys.argv[1:]
    dataset, store = load_dataset("auto"), RecordStore(Path(folder))
    protocol = load_catalogue().protocols[EXPERIMENT]
    first, *others = protocol.layers
    plan = plan_study(
        {EXPERIMENT: replace(protocol, layers=(replace(first, units=int(units)), *others))},
        seeds={EXPERIMENT: range(1)},
        dataset=dataset,
        store=store,
        workers=1,
    )
    limit_memory(int(megabytes))
    (made,) = run_study(plan, dataset=dataset, store=store)
    sys.stdout.write(f"{made.status}, {made.reason.splitlines()[0]}\n")


if __name__ == "__main__":
    main()
