"""Engines side by side: a process for each, all on one core, and rounds in turn: a busy moment hits them alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol

# By name, the module and the class that a child makes it of.
ENGINES = {
    "compiled": ("tensorflow_engines", "Compiled"),
    "keras-fit": ("tensorflow_engines", "Fit"),
    "keras-train-on-batch": ("tensorflow_engines", "TrainOnBatch"),
    "tf1-session": ("tensorflow_engines", "Session"),
    "jax": ("peers", "Jax"),
    "pytorch": ("peers", "PyTorch"),
    "scikit-learn": ("peers", "ScikitLearn"),
    "floor": ("tensorflow_engines", "Floor"),
    "control": ("control", "Control"),
}

CHECKOUT = Path(__file__).parents[2]
# Long enough that what a call costs, and the clock, hardly count.
ROUND_SECONDS = 0.25
_FEWEST_STEPS = 10


@dataclass
class Times:
    """What was measured of one engine.

    Parameters
    ----------
    unavailable
        Why it could not be made ready; None where it could.
    ready_seconds
        Time to build, trace and compile: to construct the engine and make its first ten steps, less the next ten.
    losses
        Of the first batch, before and after ten steps, in nats.
    settings
        What was chosen for it, as the quickest; to choose is not in the time to make it ready.
    steps
        Steps of a round.
    step_seconds
        Seconds of one step, by round.
    peak_bytes
        The most memory that its process held until then.
    """

    unavailable: str | None = None
    ready_seconds: float = 0.0
    losses: tuple[float, float] = (0.0, 0.0)
    settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 0
    step_seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0


class EngineProcess:
    """An engine in a process of its own, which makes steps when it is told to."""

    def __init__(
        self, engine: str, experiment: str, *, dataset: str, data: Path | None, checkout: Path = CHECKOUT
    ) -> None:
        child = checkout / "benchmarks" / "speed" / "child.py"
        command = [sys.executable, str(child), engine, experiment, dataset, str(data or "")]
        # The package of the same checkout, before any that is installed.
        path = os.pathsep.join(filter(None, (str(checkout), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
        )

    def __enter__(self) -> EngineProcess:  # noqa: PYI034 - typing.Self is younger than Python 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def hear(self) -> dict[str, Any]:
        """Return the process's next answer."""
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            error = self._process.stderr.read() if self._process.stderr else ""
            msg = f"An engine ended by itself: {error[-2000:]}"
            raise RuntimeError(msg)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def prepare(self, experiment: str) -> dict[str, Any]:
        """Make the engine ready for another experiment, and return what it says of that."""
        return self._ask(experiment)

    def make_steps(self, steps: int) -> dict[str, Any]:
        """Let the engine make steps, and return what it says of them."""
        return self._ask(str(steps))

    def _ask(self, line: str) -> dict[str, Any]:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        return self.hear()


def fill_round(process: EngineProcess, *, seconds: float) -> int:
    """Return how many steps make a round: what a call costs before its first step is not to count."""
    steps = _FEWEST_STEPS
    while (passed := process.make_steps(steps)["seconds"]) < seconds / 2:
        steps *= 4
    return max(_FEWEST_STEPS, round(steps * seconds / passed))


def race(
    protocols: Sequence[Protocol], engines: Sequence[str], *, dataset: Dataset, data: Path | None, rounds: int
) -> dict[str, dict[str, Times]]:
    """Let engines take turns at each experiment, and return what was measured, by experiment and engine.

    Parameters
    ----------
    protocols
        The experiments, raced one after the other; each engine has one process for all of them.
    engines
        Names of `ENGINES`; those whose library is not installed are marked as unavailable.
    dataset, data
        The images by which the experiments are trained, and the folder to look for them in first.
    rounds
        Rounds of each engine, after one that is not counted.
    """
    children: dict[str, EngineProcess] = {}
    with ExitStack() as stack:

        def prepare(engine: str, experiment: str) -> dict[str, Any]:
            if engine in children:
                return children[engine].prepare(experiment)
            child = EngineProcess(engine, experiment, dataset=dataset.name, data=data)
            children[engine] = stack.enter_context(child)
            return child.hear()

        times: dict[str, dict[str, Times]] = {}
        for protocol in protocols:
            # One after the other: to make ready takes all of a core.
            ready = {engine: prepare(engine, protocol.id) for engine in engines}
            times[protocol.id] = {engine: _time_of(answer) for engine, answer in ready.items()}
            racing = {
                engine: measured for engine, measured in times[protocol.id].items() if measured.unavailable is None
            }
            for engine, measured in racing.items():
                measured.steps = fill_round(children[engine], seconds=ready[engine]["round_seconds"])
            for number in range(rounds + 1):
                for engine, measured in racing.items():
                    answer = children[engine].make_steps(measured.steps)
                    if number:
                        measured.step_seconds.append(answer["seconds"] / measured.steps)
                        measured.peak_bytes = answer["peak_bytes"]
    return times


def _time_of(answer: dict[str, Any]) -> Times:
    """Return what an engine said when it was made ready."""
    if "unavailable" in answer:
        return Times(unavailable=answer["unavailable"])
    return Times(ready_seconds=answer["ready_seconds"], losses=tuple(answer["losses"]), settings=answer["settings"])
