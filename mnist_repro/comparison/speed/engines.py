"""How long a training step takes with each engine: read from the JSON that pytest-benchmark writes.

    pytest benchmarks/test_training_speed.py --benchmark-min-rounds 9 --benchmark-json reports/records/NAME/speed.json

and with `--busy-core` `speed-busy.json` beside it: the same while another core is kept busy.
The engines took turns, so times are compared within a round: results are ratios of one round's times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
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
    """Times of one engine in one experiment."""

    experiment: str
    engine: str
    step_seconds: tuple[float, ...]  #: seconds of one step, by round
    ready_seconds: float  #: to build, trace and compile
    peak_bytes: int  #: peak memory of its process
    steps_of_a_round: int  #: steps that a round's time was divided by
    settings: str  #: what the engine chose itself, as JSON
    over_floor: float  #: median over rounds of the ratio to the floor, for readers of the JSON
    over_compiled: float  #: the same ratio to the compiled engine
    over_control: float  #: the same ratio to the control
    is_busy: bool  #: whether another core was kept busy
    environment: str  #: versions, processor and flags, as JSON

    @property
    def median_seconds(self) -> float:
        """Seconds of one step: the median over rounds."""
        return float(np.median(self.step_seconds))

    def ratio_to(self, other: EngineTimes) -> Estimate:
        """Return the ratio of step times to another engine's: the median over rounds, with its 95 % interval."""
        return _estimate_ratio(self.step_seconds, other.step_seconds)


# Pages and figures show the same ratios.
@lru_cache(maxsize=1024)
def _estimate_ratio(seconds: tuple[float, ...], others: tuple[float, ...]) -> Estimate:
    return estimate_median([one / other for one, other in zip(seconds, others, strict=True)])


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
