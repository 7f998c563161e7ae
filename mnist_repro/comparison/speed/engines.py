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
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from mnist_repro.documents.validation import Positive
from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import read_measurement
from mnist_repro.stats.estimates import Estimate, estimate_median

SPEED_FILE, BUSY_SPEED_FILE = "speed.json", "speed-busy.json"
FLOOR, COMPILED, CONTROL = "floor", "compiled", "control"


@dataclass(frozen=True, kw_only=True)
class EngineTimes:
    """What was measured of one engine in one experiment."""

    experiment: str  #: id of the experiment
    engine: str  #: name of the engine
    step_seconds: Annotated[tuple[Positive, ...], Meta(min_length=1, description="positive times, at least one")]
    ready_seconds: float  #: to build, trace and compile
    peak_bytes: int  #: peak memory of its process
    steps_of_a_round: int  #: steps that a round's time was divided by
    settings: str  #: what it chose for itself, as JSON
    over_floor: float  #: median over rounds of the ratio to this engine, for readers of the JSON
    over_compiled: float  #: likewise
    over_control: float  #: likewise
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


class _Benchmark(msgspec.Struct):
    extra_info: EngineTimes


class _SpeedFile(msgspec.Struct):
    """What is read of the JSON that pytest-benchmark writes."""

    benchmarks: tuple[_Benchmark, ...]


def read_speed(folder: Path, *, is_busy: bool = False) -> Times:
    """Read the times in a folder of records, or those with another core kept busy; empty where there are none.

    Raises
    ------
    ReproError
        If the file cannot be read or is not valid.
    """
    file = folder / (BUSY_SPEED_FILE if is_busy else SPEED_FILE)
    remedy = (
        f"Measure again: pytest benchmarks/test_training_speed.py{' --busy-core' * is_busy} "
        f"--benchmark-min-rounds 9 --benchmark-json {file}"
    )
    found = read_measurement(file, _SpeedFile, remedy=remedy)
    times = sorted((each.extra_info for each in found.benchmarks) if found else (), key=lambda each: each.experiment)
    if any(each.is_busy is not is_busy for each in times):
        msg = f"{file}: is_busy is {str(is_busy).lower()} in this file. {remedy}"
        raise ReproError(msg)
    return {
        name: {each.engine: each for each in engines}
        for name, engines in groupby(times, key=lambda each: each.experiment)
    }
