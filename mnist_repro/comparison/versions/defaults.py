"""Changes between versions that users did not ask for: other defaults, and how long runs agree step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mnist_repro.comparison.versions.probes import Probe
from mnist_repro.verdicts.causes.rounding import count_steps_together

_COMPILED = "compiled"


@dataclass(frozen=True, kw_only=True)
class Default:
    """A default on all versions."""

    name: str  #: what it is the default of
    values: tuple[tuple[str, tuple[str, ...]], ...]  #: each value with consecutive versions that have it

    @property
    def changed(self) -> bool:
        """Whether it differs between versions."""
        return len(self.values) > 1


def list_defaults(probes: Mapping[str, Probe]) -> tuple[Default, ...]:
    """Return every default on all versions, which are given from the oldest to the newest."""
    names = dict.fromkeys(name for probe in probes.values() for name in probe.defaults)
    found = []
    for name in names:
        values = [(probe.defaults.get(name, "not asked for"), version) for version, probe in probes.items()]
        alike = groupby(values, key=lambda entry: entry[0])
        found.append(
            Default(name=name, values=tuple((value, tuple(v for _, v in entries)) for value, entries in alike))
        )
    return tuple(found)


def find_backend(probe: Probe) -> str:
    """Return the backend of an environment's runs: "compiled" where the package runs, else the graph session's."""
    return _COMPILED if _COMPILED in probe.steps else next(iter(probe.steps))


def measure_horizon(probe: Probe, reference: Probe, *, experiment: str) -> float:
    """Return for how many steps two versions' runs from the same start agree.

    Returns
    -------
    float
        Median over seeds of the steps after which their losses first differ by more than 0.001 nats; infinite where
        most agree over all recorded steps, NaN where none was recorded.
    """
    ours, theirs = (each.first_losses[find_backend(each)].get(experiment, ()) for each in (probe, reference))
    steps = [count_steps_together(a, b) for a, b in zip(ours, theirs, strict=False)]
    return float(np.median(steps)) if steps else math.nan


def count_followed(probes: Sequence[Probe]) -> int:
    """Return the largest number of first steps recorded."""
    losses = [run for probe in probes for runs in probe.first_losses[find_backend(probe)].values() for run in runs]
    return max(map(len, losses), default=0)
