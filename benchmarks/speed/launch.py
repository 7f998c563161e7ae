"""One launch for the speed gate: our engine and the control, a process for each, and short rounds of both in turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from race import CHECKOUT, EngineProcess, fill_round

from mnist_repro.comparison.speed.engines import COMPILED, CONTROL
from mnist_repro.comparison.speed.gate import Launch
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol

ROUNDS = 25
# Short, so that whatever else the machine does meets both within a round.
_ROUND_SECONDS = 0.1
_DECIMALS = 10


def measure_launch(protocol: Protocol, *, dataset: Dataset, data: Path | None, checkout: Path = CHECKOUT) -> Launch:
    """Launch our engine and the control, and time their steps.

    Parameters
    ----------
    protocol
        Of the experiment whose steps are timed.
    dataset, data
        The images, and the folder to look for them in first.
    checkout
        Whose engine is launched, by its package; the control is always today's.
    """
    (step_seconds,), control_seconds = time_in_turn(
        protocol, dataset=dataset, data=data, factors=(1.0,), checkout=checkout
    )
    return Launch(experiment=protocol.id, step_seconds=step_seconds, control_seconds=control_seconds)


def time_in_turn(
    protocol: Protocol, *, dataset: Dataset, data: Path | None, factors: Sequence[float], checkout: Path = CHECKOUT
) -> tuple[list[tuple[float, ...]], tuple[float, ...]]:
    """Time steps as they are and slowed down, in one launch.

    Parameters
    ----------
    factors
        So many times the steps that are counted are made; 1 is as it is.
    checkout
        Whose engine is launched.

    Returns
    -------
    step_seconds
        Seconds of our step by round, for each factor.
    control_seconds
        Those of the control's.
    """
    rounds: list[list[float]] = []
    with (
        EngineProcess(COMPILED, protocol.id, dataset=dataset.name, data=data, checkout=checkout) as ours,
        EngineProcess(CONTROL, protocol.id, dataset=dataset.name, data=data) as control,
    ):
        for process in (ours, control):
            if unavailable := process.hear().get("unavailable"):
                raise RuntimeError(unavailable)
        steps, control_steps = (fill_round(process, seconds=_ROUND_SECONDS) for process in (ours, control))
        for _ in range(1 + ROUNDS):
            times = [ours.make_steps(round(steps * factor))["seconds"] / steps for factor in factors]
            times.append(control.make_steps(control_steps)["seconds"] / control_steps)
            rounds.append([round(seconds, _DECIMALS) for seconds in times])
    # The first round is not counted.
    *step_seconds, control_seconds = zip(*rounds[1:], strict=True)
    return step_seconds, control_seconds
