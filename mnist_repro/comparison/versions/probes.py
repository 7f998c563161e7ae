"""What `benchmarks/era/probe.py` measured of an environment: raw values, and ratios of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mnist_repro.documents.validation import From1, Positive
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.environment import Environment
from mnist_repro.stats.estimates import Estimate, estimate_median

PROBE_FILE = "probe.json"
SCHEMA_VERSION = 1

_Pair = tuple[Positive, Positive]


@dataclass(frozen=True, kw_only=True)
class Imports:
    """Seconds of imports in fresh processes, with bytecode compiled before; each control just before the other."""

    tensorflow: Annotated[tuple[Positive, ...], Meta(min_length=1)]  #: ``import tensorflow``
    control: tuple[Positive, ...]  #: ``import numpy``

    def __post_init__(self) -> None:
        if len(self.tensorflow) != len(self.control):
            msg = "has a control for each import"
            raise ValueError(msg)

    @cached_property
    def ratio(self) -> Estimate:
        """TensorFlow's import time over the control's: median of the rounds, with its 95 % interval."""
        return _median_ratio(zip(self.tensorflow, self.control, strict=True))


@dataclass(frozen=True, kw_only=True)
class Steps:
    """An experiment's training steps, with one backend, in a process of their own."""

    first_call_seconds: float  #: from the protocol to the first step: building, tracing, compiling, loading the run
    #: seconds of a step and of the control, by round
    rounds: Annotated[tuple[_Pair, ...], Meta(min_length=1, description="pairs of times, at least one")]
    peak_bytes: From1  #: peak memory of the process

    @cached_property
    def ratio(self) -> Estimate:
        """Time of a step over the control's: median of the rounds, with its 95 % interval."""
        return _median_ratio(self.rounds)


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """Whether an experiment's first steps, repeated with the same seed, gave bit-equal losses and final values."""

    in_one_process: bool
    in_two_processes: bool


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What was measured of an environment.

    The backends are "session", everywhere, and "compiled", where the package runs.
    """

    started: str  #: UTC, ISO 8601
    probe_sha256: str  #: of the files that measured
    environment: Environment
    dataset_sha256: str  #: of the images and labels
    bytecode_is_kept: bool  #: whether imports read bytecode; else their times include compiling
    import_seconds: Imports
    control: str  #: identity of the control's machine code: ratios compare where it is the same
    steps: dict[str, dict[str, Steps]]  #: by backend and experiment
    control_peak_bytes: From1  #: peak memory of a process that holds the images, with nothing but NumPy
    installed_bytes: From1  #: size of site-packages without bytecode
    repeated: dict[str, dict[str, Repeated]]  #: by backend and experiment
    #: by backend and experiment: a row for each of the seeds 0, 1, ..., with the validation loss after each first step
    first_losses: dict[str, dict[str, tuple[tuple[float, ...], ...]]]
    defaults: dict[str, Any]  #: the value of each default, as text: numbers, true, false and null as JSON has them

    def __post_init__(self) -> None:
        if not self.steps.keys() == self.repeated.keys() == self.first_losses.keys():
            msg = "has steps, repeated and first_losses of the same backends"
            raise ValueError(msg)
        object.__setattr__(
            self, "defaults", {name: _format_default(name, self.defaults[name]) for name in self.defaults}
        )

    @property
    def memory_ratios(self) -> dict[str, dict[str, float]]:
        """Peak memory over the control's, by backend and experiment; measured once each, so without an interval."""
        return {
            way: {name: steps.peak_bytes / self.control_peak_bytes for name, steps in experiments.items()}
            for way, experiments in self.steps.items()
        }


def read_probe(folder: Path) -> Probe | None:
    """Read the probe in an environment's folder of records; None where there is none.

    Raises
    ------
    ReproError
        If it cannot be read or is not valid.
    """
    remedy = f"Measure again, in its environment: python benchmarks/era/probe.py --records {folder}"
    return read_measurement(folder / PROBE_FILE, Probe, remedy=remedy, schema=SCHEMA_VERSION)


def _format_default(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        msg = f"defaults.{name} is text, a number, true, false or null; received {value!r:.80}"
        raise ValueError(msg)  # noqa: TRY004 - readers handle one kind of error
    return value if isinstance(value, str) else json.dumps(value)


def _median_ratio(rounds: Iterable[tuple[float, ...]]) -> Estimate:
    return estimate_median([seconds / control for seconds, control in rounds])
