"""One engine in a process of its own: it makes steps when it is told to, and says how long they took.

    python child.py ENGINE EXPERIMENT DATASET FOLDER

makes the engine ready for the experiment. Each line of its input is a number of steps to make, or the name of another
experiment to make ready. It answers the start and every line with a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

# Before any library counts its processors.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from problem import Engine, Problem  # noqa: E402 - after the threads are set
from race import ENGINES, ROUND_SECONDS  # noqa: E402

from mnist_repro.datasets.dataset import Dataset, load_dataset  # noqa: E402
from mnist_repro.documents.catalogue import load_catalogue  # noqa: E402

# The losses of all engines are compared after so many.
_FIRST_STEPS = 10


def main() -> None:
    """Make the engine ready for an experiment, check its first steps, and make steps until the input ends."""
    name, experiment, dataset, folder = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    images = load_dataset(dataset, folder=Path(folder) if folder else None)
    engine = _make_ready(name, experiment, images)
    for line in map(str.strip, sys.stdin):
        if line.isdigit() and engine is not None:
            _say(seconds=_seconds(engine, int(line)), peak_bytes=_peak_bytes())
        else:
            engine = None  # free its memory before the next one takes its own
            engine = _make_ready(name, line, images)


def _make_ready(name: str, experiment: str, images: Dataset) -> Engine | None:
    """Make an engine and say how long that took and what its first steps did; return None if it cannot be made."""
    problem = Problem(load_catalogue().protocols[experiment], images)
    module_name, engine_name = ENGINES[name]
    try:
        module, imported = _import(module_name)
        engine_class = getattr(module, engine_name)
        choose = getattr(engine_class, "choose_settings", None)
        settings = choose(problem) if choose else {}
        start = time.perf_counter()
        engine: Engine = engine_class(problem, **settings)
    except (ImportError, NotImplementedError) as error:
        _say(unavailable=str(error))
        return None
    built = imported + time.perf_counter() - start
    losses = [problem.loss(engine.values())]
    ready = built + _seconds(engine, _FIRST_STEPS)
    losses.append(problem.loss(engine.values()))
    ready -= _seconds(engine, _FIRST_STEPS)
    round_seconds = getattr(engine, "round_seconds", ROUND_SECONDS)
    _say(ready_seconds=ready, losses=losses, settings=settings, round_seconds=round_seconds)
    return engine


@cache
def _import(module: str) -> tuple[ModuleType, float]:
    """Import a module once; return it with the seconds it took, which count for every experiment."""
    start = time.perf_counter()
    return import_module(module), time.perf_counter() - start


def _peak_bytes() -> int:
    """Return the most memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        # What `getrusage` says begins with the memory of the process that started this one.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _say(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _seconds(engine: Engine, steps: int) -> float:
    start = time.perf_counter()
    engine.make_steps(steps)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
