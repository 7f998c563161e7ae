"""The speed gate's baseline: launches by experiment and processor, in `speed.json` beside the runs of the baseline.

Ratios to the control differ between kinds of processor, so each has launches of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mnist_repro.comparison.gate.baseline import replace_file
from mnist_repro.comparison.speed.gate import Launch
from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import parse_versioned, read_typed
from mnist_repro.records.environment import Environment

SPEED_BASELINE_FILE = "speed.json"
# Launches differ slightly from each other, mostly by memory layout.
BASELINE_LAUNCHES = 3
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class SpeedEntry:
    """The launches of one experiment on one processor."""

    environment: Environment  #: in which they were measured
    launches: tuple[Launch, ...]  #: at least one, all of one experiment

    def __post_init__(self) -> None:
        if len({launch.experiment for launch in self.launches}) != 1:
            msg = "an entry has launches of one experiment, at least one"
            raise ValueError(msg)

    @property
    def key(self) -> tuple[str, str]:
        """Experiment and processor, which have one entry together."""
        return self.launches[0].experiment, self.environment.processor


def read_speed_baseline(folder: Path) -> dict[tuple[str, str], SpeedEntry]:
    """Read the baseline's launches by experiment and processor; empty where there are none.

    Raises
    ------
    ReproError
        If the file cannot be read or is none of ours.
    """
    file = folder / SPEED_BASELINE_FILE
    if not file.exists():
        return {}
    try:
        return _parse(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = (
            f"{file} holds the speed gate's baseline, and cannot be read: {error}. Restore it, or remove it and "
            "measure another: pytest benchmarks/test_speed_regression.py"
        )
        raise ReproError(msg) from error


def _parse(text: str) -> dict[tuple[str, str], SpeedEntry]:
    listed = parse_versioned(text, schema=_SCHEMA, what="it").get("entries")
    entries: tuple[SpeedEntry, ...] = read_typed(tuple[SpeedEntry, ...], listed, where="entries")
    by_key = {entry.key: entry for entry in entries}
    if len(by_key) != len(entries):
        msg = "an experiment has one entry for each processor"
        raise ValueError(msg)
    return by_key


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
