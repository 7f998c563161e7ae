"""A study of short made-up runs, as a program that tests start, kill and start again.

Usage: short_study.py FOLDER FIRST_SEED LAST_SEED WORKERS
"""

from __future__ import annotations

import sys
from pathlib import Path

from made_up_trainer import make_images

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import plan_study, run_study

EXPERIMENT = "julia-linear-lr0.003"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Plan and make the runs; say what is planned, and each run once it is made."""
    folder, first, last, workers = sys.argv[1:]
    dataset, store = make_images(), RecordStore(Path(folder))
    plan = plan_study(
        {EXPERIMENT: load_catalogue().protocols[EXPERIMENT]},
        seeds={EXPERIMENT: range(int(first), int(last) + 1)},
        dataset=dataset,
        store=store,
        workers=int(workers),
    )
    say(f"planned {plan.planned} reused {len(plan.reused)} missing {len(plan.missing)}")
    try:
        run_study(plan, dataset=dataset, store=store, on_record=lambda record: say(f"made {record.seed}"))
    except ReproError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
