"""The speed gate's baseline: launches by experiment and processor, in `speed.json` beside the runs of the baseline.

Ratios to the control differ between kinds of processor, so each has launches of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mnist_repro.comparison.gate.baseline import replace_file
from mnist_repro.comparison.speed.gate import Launch
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.environment import Environment

SPEED_BASELINE_FILE = "speed.json"
# By how much launches differ, mostly by memory layout, two or more of an experiment tell.
BASELINE_LAUNCHES = 3
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class SpeedEntry:
    """The launches of one experiment on one processor."""

    environment: Environment  #: where they were made
    launches: tuple[Launch, ...]  #: at least one, all of one experiment

    def __post_init__(self) -> None:
        if len({launch.experiment for launch in self.launches}) != 1:
            msg = "an entry has launches of one experiment, at least one"
            raise ValueError(msg)

    @property
    def key(self) -> tuple[str, str]:
        """Experiment and processor, which have one entry together."""
        return self.launches[0].experiment, self.environment.processor


@dataclass(frozen=True)
class _BaselineFile:
    entries: tuple[SpeedEntry, ...]

    def __post_init__(self) -> None:
        if len({entry.key for entry in self.entries}) != len(self.entries):
            msg = "has one entry for each experiment and processor"
            raise ValueError(msg)


def read_speed_baseline(folder: Path) -> dict[tuple[str, str], SpeedEntry]:
    """Read the baseline's launches by experiment and processor; empty where there are none.

    Raises
    ------
    ReproError
        If the file cannot be read or is not valid.
    """
    remedy = "Restore it, or remove it and measure another: pytest benchmarks/test_speed_regression.py"
    found = read_measurement(folder / SPEED_BASELINE_FILE, _BaselineFile, remedy=remedy, schema=_SCHEMA)
    return {entry.key: entry for entry in found.entries} if found else {}


def launches_on(processor: str, entries: Mapping[tuple[str, str], SpeedEntry]) -> dict[str, tuple[Launch, ...]]:
    """Return the launches on one processor by experiment, of all that `read_speed_baseline` returns."""
    return {experiment: entry.launches for (experiment, where), entry in entries.items() if where == processor}


def add_to_speed_baseline(folder: Path, *, environment: Environment, launches: Sequence[Launch]) -> None:
    """Make `launches`, all of one experiment, its baseline on this processor, replacing earlier ones.

    Raises
    ------
    ReproError
        If the file cannot be read or written.
    """
    entry = SpeedEntry(environment=environment, launches=tuple(launches))
    entries = {**read_speed_baseline(folder), entry.key: entry}
    ordered = [asdict(entries[key]) for key in sorted(entries)]
    text = json.dumps({"schema": _SCHEMA, "entries": ordered}, indent=1)
    replace_file(folder / SPEED_BASELINE_FILE, f"{text}\n")
