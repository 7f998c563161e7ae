"""Launches that show how often the speed gate errs: of the code as it is, and slowed down on purpose.

    python benchmarks/speed/trials.py [--launches 5] [--baseline reports/baseline]

Half of them are made while a process keeps the second core busy. Each is written to `speed_trials.json` as soon as it
is made, and the same command goes on from there; it takes half a minute for each launch, experiment and half.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from dataclasses import replace
from itertools import product
from pathlib import Path

from busy_core import busy_core, has_spare_core
from launch import time_in_turn

from mnist_repro.comparison.gate.baseline import replace_file
from mnist_repro.comparison.speed.trials import SPEED_TRIALS_FILE, SpeedTrial, SpeedTrials, read_speed_trials
from mnist_repro.datasets.dataset import load_dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment, describe_environment

FACTORS = ("1", "1.1", "1.25", "1.5", "2")


def main() -> None:
    """Make the launches that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launches", type=int, default=5, help="of each experiment, quiet and busy each (%(default)s)")
    parser.add_argument("--baseline", type=Path, default=Path("reports/baseline"), help="folder (%(default)s)")
    parser.add_argument("--data", type=Path, help="folder with MNIST (looked for)")
    options = parser.parse_args()
    if not has_spare_core():
        sys.exit("Trials need two cores that processes can be bound to; this machine has not.")
    try:
        make_trials(options.launches, folder=options.baseline, data=options.data)
    except ReproError as error:
        sys.exit(str(error))


def make_trials(launches: int, *, folder: Path, data: Path | None) -> None:
    """Make so many launches of each experiment, on a quiet and on a busy machine, but for those that are there."""
    dataset, environment = load_dataset("mnist", folder=data), describe_environment(threads=1)
    before = read_speed_trials(folder)
    if before and _same_but_for_code(before.environment) != _same_but_for_code(environment):
        msg = (
            f"Trials are all made with the same versions on the same processor; those in {folder / SPEED_TRIALS_FILE} "
            "were made with others. Remove it to make them anew."
        )
        raise ReproError(msg)
    trials = list(before.trials) if before else []
    for number, protocol, is_busy in product(range(launches), load_catalogue().protocols.values(), (False, True)):
        if sum((trial.experiment, trial.is_busy) == (protocol.id, is_busy) for trial in trials) > number:
            continue
        with busy_core() if is_busy else nullcontext():
            steps, control = time_in_turn(protocol, dataset=dataset, data=data, factors=[*map(float, FACTORS)])
        times = dict(zip(FACTORS, steps, strict=True))
        trials.append(SpeedTrial(experiment=protocol.id, is_busy=is_busy, control_seconds=control, step_seconds=times))
        replace_file(folder / SPEED_TRIALS_FILE, SpeedTrials(environment=environment, trials=tuple(trials)).format())
        sys.stdout.write(f"launch {number + 1} of {protocol.id}, {'busy' if is_busy else 'quiet'}\n")
        sys.stdout.flush()


def _same_but_for_code(environment: Environment) -> Environment:
    return replace(environment, commit="", dirty=None)


if __name__ == "__main__":
    main()
