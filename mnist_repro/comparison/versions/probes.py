"""What `benchmarks/era/probe.py` measured of an environment: raw values, and ratios that are computed on reading."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
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
    """Times of imports in fresh processes, in seconds; the bytecode was compiled before.

    Parameters
    ----------
    tensorflow
        Of ``import tensorflow``.
    control
        Of ``import numpy``, each just before the other.
    """

    tensorflow: tuple[float, ...]
    control: tuple[float, ...]

    @property
    def ratio(self) -> Estimate:
        """Time of TensorFlow's import in those of the control: the median of the rounds, and its 95 % interval."""
        return _median_ratio(zip(self.tensorflow, self.control, strict=True))


@dataclass(frozen=True, kw_only=True)
class Steps:
    """An experiment's training steps, made in one way by a process of their own.

    Parameters
    ----------
    first_call_seconds
        From the protocol to the first step made: building, tracing, compiling, and loading the run.
    rounds
        Seconds of a step and seconds of the control, a pair for each round.
    peak_bytes
        The most memory that the process had.
    """

    first_call_seconds: float
    rounds: tuple[tuple[float, ...], ...]
    peak_bytes: int

    @property
    def ratio(self) -> Estimate:
        """Time of a step in those of the control: the median of the rounds, and its 95 % interval."""
        return _median_ratio(self.rounds)


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """Whether an experiment's first steps, made again with the same seed, gave bit-equal losses and final values."""

    in_one_process: bool
    in_two_processes: bool


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What was measured of an environment.

    The ways of training are "session", everywhere, and "compiled", where the package runs.

    Parameters
    ----------
    started
        UTC, ISO 8601.
    probe_sha256
        Hash of the files that measured.
    environment
        Where.
    dataset_sha256
        Hash of the images and labels.
    bytecode_is_kept
        Whether imports read bytecode; else they compiled, and their times tell of that.
    import_seconds
        Times of imports.
    control
        What the control's machine code is: ratios are comparable where it is the same.
    steps
        By way and experiment.
    control_peak_bytes
        The most memory of a process that holds the images, and has nothing but NumPy.
    installed_bytes
        Size of all files in site-packages, TensorFlow's and others', without bytecode.
    repeated
        By way and experiment.
    first_losses
        By way and experiment: a row for each of the seeds 0, 1, ..., with the loss on the validation set after each of
        the first steps.
    defaults
        What is taken where a user says nothing, by name, as text: numbers, true, false and null as JSON has them.
    """

    started: str
    probe_sha256: str
    environment: Environment
    dataset_sha256: str
    bytecode_is_kept: bool
    import_seconds: Imports
    control: str
    steps: dict[str, dict[str, Steps]]
    control_peak_bytes: int
    installed_bytes: int
    repeated: dict[str, dict[str, Repeated]]
    first_losses: dict[str, dict[str, tuple[tuple[float, ...], ...]]]
    defaults: dict[str, str]

    @property
    def memory_ratios(self) -> dict[str, dict[str, float]]:
        """Peak memory in those of the control, by way and experiment; measured once each, so without an interval."""
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
