"""How long a training step takes with each engine: read from the JSON that pytest-benchmark writes.

    pytest benchmarks/test_training_speed.py --benchmark-min-rounds 9 --benchmark-json reports/records/NAME/speed.json

and beside it, with `--busy-core`, `speed-busy.json`: the same while another core is kept busy.
The engines took turns, so times of one round belong together: what is told are ratios of one round's times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import parse_json, read_typed
from mnist_repro.stats.estimates import Estimate, estimate_median

SPEED_FILE, BUSY_SPEED_FILE = "speed.json", "speed-busy.json"
FLOOR, COMPILED, CONTROL = "floor", "compiled", "control"


@dataclass(frozen=True, kw_only=True)
class EngineTimes:
    """What was measured of one engine in one experiment.

    Parameters
    ----------
    experiment, engine
        Their names.
    step_seconds
        Seconds of one step, by round.
    ready_seconds
        Time to build, trace and compile.
    peak_bytes
        The most memory that its process held.
    steps_of_a_round
        Steps that a round's time was divided by.
    settings
        What it chose for itself, as JSON.
    over_floor, over_compiled, over_control
        Medians over rounds of the ratio to these engines, for readers of the JSON.
    is_busy
        Whether another core was kept busy.
    environment
        Versions, processor and flags with which it was measured, as JSON.
    """

    experiment: str
    engine: str
    step_seconds: tuple[float, ...]
    ready_seconds: float
    peak_bytes: int
    steps_of_a_round: int
    settings: str
    over_floor: float
    over_compiled: float
    over_control: float
    is_busy: bool
    environment: str

    @property
    def median_seconds(self) -> float:
        """Seconds of one step: the median over rounds."""
        return float(np.median(self.step_seconds))

    def ratio_to(self, other: EngineTimes) -> Estimate:
        """Return how long a step takes in those of another engine: the median over rounds, with its 95 % interval."""
        return estimate_median([a / b for a, b in zip(self.step_seconds, other.step_seconds, strict=True)])


# By experiment and engine.
Times = Mapping[str, Mapping[str, EngineTimes]]


def read_speed(folder: Path, *, is_busy: bool = False) -> Times:
    """Read the times in an environment's folder of records; empty where there are none.

    Parameters
    ----------
    is_busy
        Whether those with another core kept busy are meant.

    Raises
    ------
    ReproError
        If the file cannot be read or is none of ours.
    """
    file = folder / (BUSY_SPEED_FILE if is_busy else SPEED_FILE)
    if not file.exists():
        return {}
    try:
        times = [
            _read(benchmark, number, is_busy=is_busy)
            for number, benchmark in enumerate(parse_json(file.read_text("utf-8"))["benchmarks"])
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"{file} holds times of training steps, and cannot be read: {error}. Measure again: "
            f"pytest benchmarks/test_training_speed.py{' --busy-core' * is_busy} --benchmark-min-rounds 9 "
            f"--benchmark-json {file}"
        )
        raise ReproError(msg) from error
    times.sort(key=lambda each: each.experiment)
    return {
        name: {each.engine: each for each in engines}
        for name, engines in groupby(times, key=lambda each: each.experiment)
    }


def _read(benchmark: Any, number: int, *, is_busy: bool) -> EngineTimes:
    where = f"benchmarks[{number}].extra_info"
    times: EngineTimes = read_typed(EngineTimes, benchmark["extra_info"], where=where)
    if times.is_busy != is_busy:
        msg = f"{where}.is_busy is {str(is_busy).lower()} in this file"
        raise ValueError(msg)
    if not times.step_seconds or min(times.step_seconds) <= 0:
        msg = f"{where}.step_seconds are positive times, at least one"
        raise ValueError(msg)
    return times
