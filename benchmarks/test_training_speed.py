"""How long a training step takes: ours beside what a user would write instead, and beside the matrix products alone.

Every engine trains the same batches from the same initial values, in a process of its own, all on one core, and their
rounds come in turn. The times of pytest-benchmark's table are those of single steps; tracing and compiling are apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from busy_core import busy_core, has_spare_core
from race import ENGINES, Times, race

from mnist_repro.comparison.speed.engines import COMPILED, CONTROL, FLOOR
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.environment import describe_environment

pytest.importorskip("tensorflow")

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet
    from pytest_benchmark.fixture import BenchmarkFixture

PROTOCOLS = load_catalogue().protocols
# The first experiment of each network: the steps of the others with the same layers are made of the same parts.
FIRST_OF_NETWORK = {protocol.layers: name for name, protocol in reversed(PROTOCOLS.items())}.values()
MULTIPLY_ONLY = {FLOOR, CONTROL}
# Engines round differently, and the raw-pixel nets make much of it within ten steps; PyTorch's and scikit-learn's
# optimisers place Adam's epsilon elsewhere.
RAW_PIXELS_TOLERANCE, TOLERANCE = 0.25, 0.15


class RecordedClock:
    """A clock that shows what was measured before: engines that take turns cannot be timed one after another."""

    def __init__(self) -> None:
        self._now = 0.0
        self._left: list[float] = []

    def load(self, seconds: list[float]) -> None:
        """Take the times of the next rounds."""
        self._left = list(seconds)

    def read(self) -> float:
        """Return the time."""
        return self._now

    def advance(self) -> None:
        """Let the time of the next round pass; after the last, when --benchmark-cprofile calls once more, none does."""
        if self._left:
            self._now += self._left.pop(0)


CLOCK = RecordedClock()


def _cases() -> Iterator[ParameterSet]:
    """Yield each experiment with each engine; only our step, once for each network, is timed by day."""
    for experiment, engine in product(PROTOCOLS, ENGINES):
        ours = engine == COMPILED and experiment in FIRST_OF_NETWORK
        yield pytest.param(experiment, engine, marks=() if ours else pytest.mark.nightly, id=f"{experiment}-{engine}")


@cache
def times_of(
    experiments: tuple[str, ...],
    engines: tuple[str, ...],
    name: str,
    folder: Path | None,
    rounds: int,
    *,
    is_busy: bool,
) -> dict[str, dict[str, Times]]:
    """Let engines train experiments in turn."""
    protocols = [PROTOCOLS[experiment] for experiment in experiments]
    with busy_core() if is_busy else nullcontext():
        return race(protocols, engines, dataset=load_dataset(name, folder=folder), data=folder, rounds=rounds)


@pytest.mark.parametrize(("experiment", "engine"), list(_cases()))
@pytest.mark.benchmark(timer=CLOCK.read)
def test_training_step(
    experiment: str, engine: str, dataset: Dataset, benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> None:
    """A step is timed; the first ten lower the loss, and lower it as far as ours do."""
    options = request.config.option
    if options.busy_core and not has_spare_core():
        pytest.skip("There is no other core to keep busy.")
    experiments, engines = _find_race(experiment, items=request.session.items)
    times = times_of(
        experiments, engines, dataset.name, options.data, options.benchmark_min_rounds, is_busy=options.busy_core
    )[experiment]
    ours = times[engine]
    if ours.unavailable:
        pytest.skip(ours.unavailable)
    benchmark.group = experiment
    CLOCK.load(ours.step_seconds)
    benchmark.pedantic(CLOCK.advance, rounds=len(ours.step_seconds))

    benchmark.extra_info |= {
        "experiment": experiment,
        "engine": engine,
        "step_seconds": ours.step_seconds,
        "ready_seconds": ours.ready_seconds,
        "peak_bytes": ours.peak_bytes,
        "steps_of_a_round": ours.steps,
        "settings": json.dumps(ours.settings),
        **{f"over_{name}": _ratio(ours, times[name]) for name in (FLOOR, COMPILED, CONTROL) if name in times},
        "is_busy": options.busy_core,
        "environment": json.dumps(asdict(describe_environment(threads=1))),
    }
    if engine in MULTIPLY_ONLY:
        return
    before, after = ours.losses
    assert after < before
    tolerance = RAW_PIXELS_TOLERANCE if PROTOCOLS[experiment].pixel_divisor == 1.0 else TOLERANCE
    assert after == pytest.approx(times[COMPILED].losses[1], rel=tolerance)


def _find_race(experiment: str, *, items: Iterable[pytest.Item]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the experiments and the engines of a case's race.

    The engines are those with a case in this session, and those that others are held against. Where ours is the only
    one, it races through all experiments in one process.
    """
    cases = [item.callspec.params for item in items if hasattr(item, "callspec")]
    # Cases of other tests have an experiment too, but no engine.
    engines_of: dict[str, set[str]] = {}
    for case in cases:
        if "engine" in case:
            engines_of.setdefault(case["experiment"], set()).add(case["engine"])
    wanted = engines_of[experiment]
    if wanted == {COMPILED}:
        return tuple(name for name, engines in engines_of.items() if engines == wanted), (COMPILED,)
    wanted |= {FLOOR, COMPILED, CONTROL}
    return (experiment,), tuple(engine for engine in ENGINES if engine in wanted)


def _ratio(one: Times, other: Times) -> float:
    """Return the median over rounds of what the one takes, over the other's in the same round."""
    return float(np.median(np.divide(one.step_seconds, other.step_seconds)))
