"""What changed under the users' feet: defaults that differ between versions, and how long runs stay together."""

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
    """What is taken where a user says nothing.

    Parameters
    ----------
    name
        What is asked for.
    values
        Each value with the versions that have it, one after the other; a value that comes back is there again.
    """

    name: str
    values: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def changed(self) -> bool:
        """Whether it is not the same on every version."""
        return len(self.values) > 1


def list_defaults(probes: Mapping[str, Probe]) -> tuple[Default, ...]:
    """Return every default on all versions, from the oldest to the newest as they are given."""
    names = dict.fromkeys(name for probe in probes.values() for name in probe.defaults)
    found = []
    for name in names:
        values = [(probe.defaults.get(name, "not asked for"), version) for version, probe in probes.items()]
        runs = groupby(values, key=lambda entry: entry[0])
        found.append(Default(name=name, values=tuple((value, tuple(v for _, v in entries)) for value, entries in runs)))
    return tuple(found)


def own_way(probe: Probe) -> str:
    """Return the way in which an environment's runs are made: by the package where it runs, else by the session."""
    return _COMPILED if _COMPILED in probe.steps else next(iter(probe.steps))


def measure_horizon(probe: Probe, reference: Probe, *, experiment: str) -> float:
    """Return for how many steps two versions' runs from the same start stay together.

    Returns
    -------
    float
        The median over seeds of the steps after which their losses first differ by more than 0.001 nats; infinite where
        most stay together over all that were followed, NaN where none was.
    """
    ours, theirs = (each.first_losses[own_way(each)].get(experiment, ()) for each in (probe, reference))
    steps = [count_steps_together(a, b) for a, b in zip(ours, theirs, strict=False)]
    return float(np.median(steps)) if steps else math.nan


def count_followed(probes: Sequence[Probe]) -> int:
    """Return over how many steps runs were followed at most."""
    losses = [run for probe in probes for runs in probe.first_losses[own_way(probe)].values() for run in runs]
    return max(map(len, losses), default=0)
