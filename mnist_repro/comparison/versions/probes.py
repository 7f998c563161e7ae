"""What `benchmarks/era/probe.py` measured of an environment: raw values, and ratios of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import parse_versioned, read_typed
from mnist_repro.records.environment import Environment
from mnist_repro.stats.estimates import Estimate, estimate_median

PROBE_FILE = "probe.json"
SCHEMA_VERSION = 1
_PAIR = 2


@dataclass(frozen=True, kw_only=True)
class Imports:
    """Import times in fresh processes, in seconds, with bytecode compiled before."""

    tensorflow: tuple[float, ...]  #: of ``import tensorflow``
    control: tuple[float, ...]  #: of ``import numpy``, each just before the other

    @cached_property
    def ratio(self) -> Estimate:
        """TensorFlow's import time over the control's: median of the rounds, with its 95 % interval."""
        return _median_ratio(zip(self.tensorflow, self.control, strict=True))


@dataclass(frozen=True, kw_only=True)
class Steps:
    """An experiment's training steps with one backend, in a process of their own."""

    first_call_seconds: float  #: from the protocol to the first step: build, trace, compile and load the run
    rounds: tuple[tuple[float, ...], ...]  #: seconds of a step and seconds of the control, a pair for each round
    peak_bytes: int  #: peak memory of the process

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
    probe_sha256: str  #: hash of the files that measured
    environment: Environment
    dataset_sha256: str  #: hash of the images and labels
    bytecode_is_kept: bool  #: whether imports read bytecode; else their times include compiling it
    import_seconds: Imports
    control: str  #: identifies the control's machine code: ratios are comparable where it is the same
    steps: dict[str, dict[str, Steps]]  #: by backend and experiment
    control_peak_bytes: int  #: peak memory of a process with the images and NumPy alone
    installed_bytes: int  #: size of all files in site-packages, without bytecode
    repeated: dict[str, dict[str, Repeated]]  #: by backend and experiment
    #: by backend and experiment: a row for each of the seeds 0, 1, ..., with the loss on the validation set after each
    #: of the first steps, in nats
    first_losses: dict[str, dict[str, tuple[tuple[float, ...], ...]]]
    defaults: dict[str, str]  #: defaults by name, as text: numbers, true, false and null as in JSON

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
    file = folder / PROBE_FILE
    if not file.exists():
        return None
    try:
        return _parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"A probe cannot be read from {file}: {error.strerror}."
        raise ReproError(msg) from error
    except ValueError as error:
        msg = (
            f"{file} is no valid probe: {error}. "
            f"Measure again, in its environment: python benchmarks/era/probe.py --records {folder}"
        )
        raise ReproError(msg) from error


def _parse(text: str) -> Probe:
    values = parse_versioned(text, schema=SCHEMA_VERSION, what="a probe")
    if isinstance(values.get("defaults"), dict):
        values["defaults"] = {name: _text_of(value, name=name) for name, value in values["defaults"].items()}
    probe: Probe = read_typed(Probe, values, where="probe")
    _check(probe)
    return probe


def _text_of(value: Any, *, name: str) -> str:
    if isinstance(value, dict | list):
        msg = f"probe.defaults.{name} is text, a number, true, false or null; received {value!r:.80}"
        raise ValueError(msg)  # noqa: TRY004 - the reader handles one kind of error
    return value if isinstance(value, str) else json.dumps(value)


def _check(probe: Probe) -> None:
    """Raise ValueError where a probe has the right types, and cannot have been measured."""
    _check_pairs(zip(probe.import_seconds.tensorflow, probe.import_seconds.control, strict=False), "import_seconds")
    if len(probe.import_seconds.tensorflow) != len(probe.import_seconds.control):
        msg = "probe.import_seconds has a control for each import"
        raise ValueError(msg)
    counts = {"control_peak_bytes": probe.control_peak_bytes, "installed_bytes": probe.installed_bytes}
    for way, experiments in probe.steps.items():
        for name, steps in experiments.items():
            _check_pairs(steps.rounds, f"steps.{way}.{name}.rounds")
            counts[f"steps.{way}.{name}.peak_bytes"] = steps.peak_bytes
    for name, count in counts.items():
        if count < 1:
            msg = f"probe.{name} is a positive number; received {count}"
            raise ValueError(msg)
    if not probe.steps.keys() == probe.repeated.keys() == probe.first_losses.keys():
        msg = "a probe has steps, repeated and first_losses of the same ways"
        raise ValueError(msg)


def _check_pairs(pairs: Iterable[tuple[float, ...]], name: str) -> None:
    rounds = list(pairs)
    wrong = [times for times in rounds if len(times) != _PAIR or min(times) <= 0]
    if wrong or not rounds:
        msg = f"probe.{name} is pairs of positive times, at least one; received {wrong[0] if wrong else 'none'}"
        raise ValueError(msg)


def _median_ratio(rounds: Iterable[tuple[float, ...]]) -> Estimate:
    return estimate_median([seconds / control for seconds, control in rounds])
