"""How long whole studies take: one worker beside several, half of the seeds beside all, and where their time goes.

    python benchmarks/speed/studies.py --records reports/records/NAME

Each study is a command of its own, with records of its own that are gone afterwards. In each round come, one after the
other, the study on one worker, the same on several, and that with half of the seeds. Rounds that the file has stay.
With --busy-core another process keeps a core busy all the time, as on a machine that is shared; that is another file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from busy_core import busy_core, has_spare_core

from mnist_repro.comparison.speed.studies import BUSY_STUDIES_FILE, STUDIES_FILE, read_studies
from mnist_repro.datasets.dataset import load_dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import describe_environment
from mnist_repro.records.store import RecordStore
from mnist_repro.studies.study import plan_study, run_study
from mnist_repro.studies.timing import StudyClock


def main() -> None:
    """Measure, or make the one study that such a command is for."""
    options = _build_parser().parse_args()
    try:
        if options.only:
            _make_study(options)
        else:
            _measure_rounds(options)
    except ReproError as error:
        sys.exit(str(error))


def _measure_rounds(options: argparse.Namespace) -> None:
    """Measure all rounds, and write what was measured after each."""
    if options.busy_core and not has_spare_core():
        sys.exit("A core can be kept busy beside studies where there are two, and processes can be bound to them.")
    file = options.records / (BUSY_STUDIES_FILE if options.busy_core else STUDIES_FILE)
    studies = [asdict(study) for study in read_studies(options.records, is_busy=options.busy_core)]
    processor = describe_environment(threads=1).processor
    if others := {study["processor"] for study in studies} - {processor}:
        names = ", ".join(sorted(others))
        msg = f"{file} holds studies on {names}, and this is {processor}. Remove it to measure all rounds here."
        raise ReproError(msg)
    first = 1 + max((study["round"] for study in studies), default=-1)
    for number in range(first, first + options.rounds):
        with busy_core() if options.busy_core else nullcontext():
            studies += [{**study, "processor": processor} for study in _measure_round(options, number)]
        options.records.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"studies": studies}, indent=1) + "\n", encoding="utf-8")
    _say(f"Wrote {file}")


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--records", type=Path, required=True, help="folder of an environment's records")
    parser.add_argument("--experiment", default="tf1-basic", help="what is trained (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=40, help="runs of a whole study, even (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="several (default: %(default)s)")
    # The second smallest and the second largest of nine hold the median between them with 96 %.
    parser.add_argument("--rounds", type=int, default=9, help="(default: %(default)s)")
    parser.add_argument("--busy-core", action="store_true", help="with a core kept busy by another process")
    parser.add_argument("--data", type=Path, help="folder with MNIST")
    parser.add_argument("--only", action="store_true", help=argparse.SUPPRESS)
    return parser


def _measure_round(options: argparse.Namespace, number: int) -> list[dict[str, Any]]:
    """Make the studies of a round, one after the other, and return what is written of them."""
    found = []
    several = options.workers
    for seeds, workers in ((options.seeds, 1), (options.seeds, several), (options.seeds // 2, several)):
        study = _measure(options, seeds=seeds, workers=workers)
        found.append({"round": number, **study})
        _say(f"round {number}: {seeds} seeds, {workers} workers: {study['wall_seconds']:.1f} s")
    return found


def _measure(options: argparse.Namespace, *, seeds: int, workers: int) -> dict[str, Any]:
    """Make a study in a command of its own, and time it as whoever waits for it would."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--only", "--records", folder, "--experiment", options.experiment]
        command += ["--seeds", str(seeds), "--workers", str(workers)]
        command += ["--data", str(options.data)] if options.data else []
        start = time.perf_counter()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
        wall_seconds = time.perf_counter() - start
    if ended.returncode:
        sys.exit(ended.stderr)
    said: dict[str, Any] = json.loads(ended.stdout)
    return {**said, "wall_seconds": wall_seconds}


def _make_study(options: argparse.Namespace) -> None:
    """Make a study, and say where its time went."""
    clock = StudyClock()
    protocols = load_catalogue().select([options.experiment])
    dataset = load_dataset(folder=options.data)
    store = RecordStore(options.records / "studies")
    seeds = dict.fromkeys(protocols, range(options.seeds))
    plan = plan_study(protocols, seeds=seeds, dataset=dataset, store=store, workers=options.workers)
    unfinished = [
        run for run in run_study(plan, dataset=dataset, store=store, clock=clock) if run.status != "completed"
    ]
    if unfinished:
        sys.exit(f"A study is timed where all its runs complete; {len(unfinished)} did not: {unfinished[0].reason}")
    times = clock.read()
    said = {
        "experiment": options.experiment,
        "seeds": options.seeds,
        "workers": options.workers,
        "seconds": {part.name: seconds for part, seconds in times.seconds.items()},
        "processor_share": times.processor_share,
    }
    sys.stdout.write(json.dumps(said))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
