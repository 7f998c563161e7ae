"""The timing of training steps as a session of pytest, with a race that is made up."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest
from gate_sessions import Session, run_gates
from installed import needs_tensorflow

from mnist_repro.comparison.speed.engines import COMPILED, CONTROL, FLOOR
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol

pytestmark = needs_tensorflow
EXPERIMENT = "tf1-basic"
ENGINES = (COMPILED, "keras-fit", "jax", FLOOR, CONTROL)
# The experiments and the engines of one race.
Race: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
# Its case has an experiment and no engine, as those of the other gates have.
OTHER_TEST = f"""
import pytest

@pytest.mark.parametrize("experiment", ["{EXPERIMENT}"])
def test_other(experiment):
    pass
"""


@dataclass
class Times:
    """What the race of `benchmarks/speed` measures of one engine."""

    losses: tuple[float, float] = (2.3, 1.5)
    unavailable: str | None = None
    step_seconds: list[float] = field(default_factory=lambda: [0.5, 0.25, 0.75])
    ready_seconds: float = 1.0
    peak_bytes: int = 1
    steps: int = 10
    settings: dict[str, Any] = field(default_factory=dict)


def run_session(folder: Path, *options: str, **changed: dict[str, Any]) -> tuple[Session, list[Race]]:
    """Run the session with made-up times, some of them changed by engine; return it and its races."""
    raced: list[Race] = []

    def race(protocols: Sequence[Protocol], engines: Sequence[str], **__: object) -> dict[str, dict[str, Times]]:
        raced.append((tuple(protocol.id for protocol in protocols), tuple(engines)))
        times = {engine: Times(**changed.get(engine.replace("-", "_"), {})) for engine in engines}
        return {protocol.id: times for protocol in protocols}

    made_up = ModuleType("race")
    made_up.__dict__.update(race=race, Times=Times, ENGINES=dict.fromkeys(ENGINES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "race", made_up)
        return run_gates(folder, *options, file="test_training_speed.py"), raced


def test_session_times_every_engine_in_every_experiment(tmp_path: Path) -> None:
    """Each experiment is raced once, all its engines are timed, and the table has the recorded times of a step."""
    session, raced = run_session(tmp_path)

    assert session.code == 0, session.out
    assert f"{len(ENGINES) * len(load_catalogue().protocols)} passed" in session.out
    assert raced == [((experiment,), ENGINES) for experiment in load_catalogue().protocols]
    (row,) = (line for line in session.out.splitlines() if line.startswith(f"test_training_step[{EXPERIMENT}-jax]"))
    assert [word for word in row.split()[1:] if word[0].isdigit()] == ["250.0000", "500.0000", "750.0000", "3"]


def test_session_of_every_change_times_our_own_step_once_for_each_network(tmp_path: Path) -> None:
    """By day our engine alone is timed, in the first experiment of each network, whatever else is tested.

    One process times them all, since importing TensorFlow takes longer than timing a network.
    """
    other = tmp_path / "test_other.py"
    other.write_text(OTHER_TEST, encoding="utf-8")

    session, raced = run_session(tmp_path, "-m", "not nightly", str(other))

    assert session.code == 0, session.out
    networks = {protocol.layers for protocol in load_catalogue().protocols.values()}
    ((experiments, engines),) = raced
    assert (len(experiments), engines) == (len(networks), (COMPILED,))
    assert {load_catalogue().protocols[experiment].layers for experiment in experiments} == networks
    assert "5 passed" in session.out


def test_session_of_one_engine_races_what_it_is_held_against(tmp_path: Path) -> None:
    """A case of another engine brings our own, the matrix products and the control with it."""
    session, raced = run_session(tmp_path, "-k", f"{EXPERIMENT} and jax")

    assert session.code == 0, session.out
    assert raced == [((EXPERIMENT,), (COMPILED, "jax", FLOOR, CONTROL))]


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        pytest.param({COMPILED: {"losses": (2.3, 2.4)}}, 1, id="loss that does not fall"),
        pytest.param({"jax": {"losses": (2.3, 2.0)}}, 1, id="loss that falls less far than ours"),
        pytest.param({FLOOR: {"losses": (2.3, 2.3)}}, 0, id="matrix products that train nothing"),
        pytest.param({"jax": {"unavailable": "No module named 'jax'"}}, 0, id="library that is not there"),
    ],
)
def test_session_engine_that_trains_something_else_fails(
    tmp_path: Path, changed: dict[str, dict[str, Any]], failed: int
) -> None:
    """An engine whose first ten steps do not lower the loss, or not as far as ours, fails; no other does."""
    engine = "jax" if "jax" in changed else COMPILED
    session, _ = run_session(tmp_path, "-k", f"{EXPERIMENT} and ({engine} or {FLOOR})", **changed)

    assert session.code == (pytest.ExitCode.TESTS_FAILED if failed else pytest.ExitCode.OK), session.out
    assert ("1 failed" in session.out) == bool(failed)
    assert ("skipped" in session.out) == ("unavailable" in changed.get("jax", {}))


def test_session_that_is_profiled_passes(tmp_path: Path) -> None:
    """With --benchmark-cprofile pytest-benchmark makes one call more than there are rounds."""
    session, _ = run_session(tmp_path, "-k", f"{EXPERIMENT} and {COMPILED}", "--benchmark-cprofile=tottime")

    assert session.code == 0, session.out
    assert "1 passed" in session.out
