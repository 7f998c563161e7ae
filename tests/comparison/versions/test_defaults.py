"""What changed between versions, from made-up probes: defaults, how long runs stay together, and how it is told."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mnist_repro.comparison.versions.defaults import find_backend, list_defaults, measure_horizon
from mnist_repro.comparison.versions.probes import Imports, Probe, Repeated, Steps
from mnist_repro.comparison.versions.summary import VersionsResult
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.wording.versions import (
    format_default,
    format_first_call,
    format_horizon,
    format_memory,
    format_repetition,
    format_size,
    format_step,
)

NET = "small-net"
TOGETHER = (2.5, 2.25, 2.0)


@pytest.fixture
def probe(environment: Environment) -> Probe:
    """Return a probe of an environment in which the package runs."""
    steps = Steps(first_call_seconds=0.25, rounds=((0.01, 0.005), (0.03, 0.01)), peak_bytes=450_000_000)
    repeated = {NET: Repeated(in_one_process=True, in_two_processes=True)}
    return Probe(
        started="2025-01-31T23:59:59+00:00",
        probe_sha256="a" * 64,
        environment=environment,
        dataset_sha256="b" * 64,
        bytecode_is_kept=True,
        import_seconds=Imports(tensorflow=(3.0,), control=(0.1,)),
        control="zlib 1.2.13",
        steps={"session": {NET: steps}, "compiled": {NET: replace(steps, first_call_seconds=1.5)}},
        control_peak_bytes=100_000_000,
        installed_bytes=2**31,
        repeated={"session": repeated, "compiled": repeated},
        first_losses={"session": {NET: ((9.0, 9.0, 9.0),)}, "compiled": {NET: (TOGETHER, TOGETHER)}},
        defaults={"rate": "0.001", "epsilon": "1e-07"},
    )


def of_session(probe: Probe) -> Probe:
    """Return the probe of an environment that has the session alone."""
    parts: dict[str, Any] = {
        name: {"session": getattr(probe, name)["compiled"]} for name in ("steps", "repeated", "first_losses")
    }
    return replace(probe, **parts)


def test_find_backend_is_the_packages_where_it_runs(probe: Probe) -> None:
    """Runs are made by the package, and by the session where there is nothing else."""
    assert find_backend(probe) == "compiled"
    assert find_backend(of_session(probe)) == "session"


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ((TOGETHER, TOGETHER), math.inf),
        (((2.5, 2.2511, 2.0), (2.5, 2.25, 2.0011)), 2.5),
        (((2.5011, 2.25, 2.0), (2.5, 2.2511, 2.0)), 1.5),
        (((2.5009, 2.2509, 2.0009), TOGETHER), math.inf),
        ((), math.nan),
    ],
    ids=["equal", "after two and three", "after one and two", "within rounding", "not followed"],
)
def test_measure_horizon_is_the_median_of_the_steps_together(
    probe: Probe, losses: tuple[tuple[float, ...], ...], steps: float
) -> None:
    """A run is together with its twin until their losses differ by more than 0.001 nats."""
    other = replace(of_session(probe), first_losses={"session": {NET: losses}})

    assert measure_horizon(other, probe, experiment=NET) == pytest.approx(steps, nan_ok=True)


def test_list_defaults_values_are_told_with_their_versions(probe: Probe) -> None:
    """Of each default every value is there, in the order of the versions, also one that comes back."""
    other = replace(probe, defaults={"rate": "0.001", "epsilon": "1e-08", "seed": "a | b"})

    rate, epsilon, seed = list_defaults({"a": probe, "b": other, "c": other, "d": other, "e": probe})

    assert (rate.changed, epsilon.changed, seed.changed) == (False, True, True)
    assert format_default(epsilon) == "`1e-07` on a; `1e-08` from b to d; `1e-07` on e"
    assert format_default(seed) == "`not asked for` on a; `a | b` from b to d; `not asked for` on e"


def test_probe_tables_say_what_was_measured(probe: Probe) -> None:
    """Ratios, sizes and times stand in the cells; a way or an experiment that was not timed leaves its cell empty."""
    assert format_step(probe, "compiled", NET).startswith("2.5")
    assert format_step(probe, "compiled", "other-net") == ""
    assert format_memory(probe, "session") == "4.5"
    assert format_first_call(probe, "compiled") == "1.5 to 1.5 s"
    assert format_size(probe) == "2.00 GiB"


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (True, True, "equal"),
        (True, False, "**not in small-net (another process)**"),
        (False, False, "**not in small-net (the same process)**"),
    ],
    ids=["equal", "other process", "same process"],
)
def test_format_repetition_names_what_was_not_equal(probe: Probe, one: bool, two: bool, said: str) -> None:  # noqa: FBT001 - what is tried
    """Where the same seed gave other first steps, the experiment is named, and where it did so."""
    repeated = {**probe.repeated, "compiled": {NET: Repeated(in_one_process=one, in_two_processes=two)}}

    assert format_repetition(replace(probe, repeated=repeated), "compiled") == said


def test_format_horizon_more_than_was_followed_is_said_so(probe: Probe) -> None:
    """Runs that never part are together for more steps than were followed; without a reference nothing is known."""
    probes = {"reference": probe, "other": of_session(probe)}
    versions = cast("VersionsResult", SimpleNamespace(probed=probes, reference=SimpleNamespace(name="reference")))

    assert format_horizon(versions, "other", NET) == "more than 3"
    assert format_horizon(versions, "other", "other-net") == "unknown"
    del probes["reference"]
    assert format_horizon(versions, "other", NET) == "unknown"
