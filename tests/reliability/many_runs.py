"""Many short runs in one process, as a program that says how much memory it holds after each.

Usage: many_runs.py FOLDER RUNS
"""

from __future__ import annotations

import sys
from pathlib import Path

from mnist_repro.datasets import load_dataset
from mnist_repro.protocols import load_protocols
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.study import plan_study, run_study

EXPERIMENT = "julia-linear-lr0.02"


def say_memory(record: RunRecord) -> None:
    """Print how a run ended, and the kilobytes that the process holds after it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    sys.stdout.write(f"{record.status} {line.split()[1]}\n")


def main() -> None:
    """Make the runs, all in this process: a study with one worker has no other."""
    folder, runs = sys.argv[1:]
    dataset, store = load_dataset("auto"), RecordStore(Path(folder))
    plan = plan_study(
        {EXPERIMENT: load_protocols()[EXPERIMENT]},
        seeds={EXPERIMENT: range(int(runs))},
        dataset=dataset,
        store=store,
        workers=1,
    )
    run_study(plan, dataset=dataset, store=store, keep_pictures=False, on_record=say_memory)


if __name__ == "__main__":
    main()
