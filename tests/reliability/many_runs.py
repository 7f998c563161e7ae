"""Many runs in one process, as a program that says after each how much memory it holds, and held at most.

Usage: many_runs.py FOLDER RUNS STEPS EXPERIMENT...

It makes so many runs of each experiment; of each run only so many steps, or all of them where STEPS is 0.
"""

from __future__ import annotations

import sys
from pathlib import Path

from training_protocols import with_training

from mnist_repro.datasets.dataset import load_dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import plan_study, run_study


def say_memory(record: RunRecord) -> None:
    """Print how a run ended, the kilobytes that the process holds after it, and the most that it has held."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = {name: value for name, _, value in (line.partition(":") for line in lines)}
    held, most = (fields[name].split()[0] for name in ("VmRSS", "VmHWM"))
    sys.stdout.write(f"{record.status} {held} {most}\n")


def shorten(protocol: Protocol, *, steps: int) -> Protocol:
    """Return a protocol with one period of so many steps, or as it is where there are none."""
    return with_training(protocol, periods=1, steps_per_period=steps) if steps else protocol


def main() -> None:
    """Make the runs, all in this process: a study with one worker has no other."""
    folder, runs, steps, *names = sys.argv[1:]
    dataset, store = load_dataset("auto"), RecordStore(Path(folder))
    plan = plan_study(
        {name: shorten(load_catalogue().protocols[name], steps=int(steps)) for name in names},
        seeds=dict.fromkeys(names, range(int(runs))),
        dataset=dataset,
        store=store,
        workers=1,
    )
    run_study(plan, dataset=dataset, store=store, keep_pictures=False, on_record=say_memory)


if __name__ == "__main__":
    main()
