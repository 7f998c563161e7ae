"""When a study stops: after the runs that were planned, or as soon as they decide.

The rule is written beside the records before a run is made, so that a verdict is judged by the rule of its runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

from msgspec import Meta

from mnist_repro.documents.validation import From1
from mnist_repro.errors import ReproError
from mnist_repro.records.decoding import read_measurement
from mnist_repro.records.run import RunRecord
from mnist_repro.studies.artifacts import writing

#: tells by an experiment's id and its records so far whether it needs no further run
IsDecided: TypeAlias = Callable[[str, Sequence[RunRecord]], bool]

_FILE = "stopping.json"
_SCHEMA = 1
_Few = Annotated[int, Meta(ge=2, description="a whole number from 2")]


@dataclass(frozen=True, kw_only=True)
class StoppingRule:
    """When the runs of an experiment end whose number was once left to them."""

    planned: From1  #: seeds, from 0: no more are made
    first: _Few = 20  #: runs that set centre and scale
    enough: From1 = 3  #: further runs that end it, by reaching the document's score
    is_fixed: bool = False  #: whether `planned` runs were asked for later, however they come out


@dataclass(frozen=True, kw_only=True)
class _StoppingFile:
    rules: dict[str, StoppingRule]  #: by experiment


def read_rules(folder: Path) -> dict[str, StoppingRule]:
    """Return the rules in a folder of records, by experiment; one without had its number of runs fixed from the start.

    Raises
    ------
    ReproError
        If the file cannot be read.
    """
    remedy = "Remove it, and ask for the runs again: `mnist-repro run`."
    kept = read_measurement(folder / _FILE, _StoppingFile, remedy=remedy, schema=_SCHEMA)
    return kept.rules if kept else {}


def plan_rules(seeds: Mapping[str, Sequence[int]]) -> dict[str, StoppingRule]:
    """Return the rules of a study whose runs are made until they decide, by experiment.

    Raises
    ------
    ReproError
        If the seeds of an experiment are not those from 0, or no more than the first ones.
    """
    rules = {name: StoppingRule(planned=len(planned)) for name, planned in seeds.items()}
    for name, rule in rules.items():
        if list(seeds[name]) != list(range(rule.planned)) or rule.planned <= rule.first:
            msg = (
                f"Runs are made until they decide by seed, from 0, and more than the {rule.first} that set the scale. "
                f"Received for {name}: {rule.planned} seeds from {min(seeds[name])} to {max(seeds[name])}. Name others "
                "with --seeds, such as 0-118."
            )
            raise ReproError(msg)
    return rules


def note_rules(
    folder: Path, rules: Mapping[str, StoppingRule], *, fixed: Mapping[str, int], recorded: Mapping[str, int]
) -> None:
    """Write the rules of a study before it begins.

    Parameters
    ----------
    rules
        Of the experiments whose runs are made until they decide.
    fixed
        Number of seeds that are planned of each experiment. It is noted of those that have no rule now and had one.
    recorded
        Number of runs that there are already, by experiment.

    Raises
    ------
    ReproError
        If there are runs already that a new rule would count, or the file cannot be read or written.
    """
    kept = read_rules(folder)
    for name, rule in rules.items():
        if kept.get(name) != rule and recorded.get(name, 0) > rule.first:
            msg = (
                f"A rule is chosen before the runs that it counts, those after the first {rule.first}. {name} has "
                f"{recorded[name]} runs, {_describe(kept.get(name))}. Go on with them so, or begin anew under "
                "--environment NAME."
            )
            raise ReproError(msg)
    again = {n: StoppingRule(planned=planned, is_fixed=True) for n, planned in fixed.items() if n in kept}
    noted = {**kept, **again, **rules}
    if noted != kept:
        content = {"schema": _SCHEMA, "rules": {name: asdict(rule) for name, rule in sorted(noted.items())}}
        with writing(folder / _FILE) as file:
            file.write(f"{json.dumps(content, indent=2)}\n".encode())


def _describe(rule: StoppingRule | None) -> str:
    if rule is None or rule.is_fixed:
        return "made without --until-decided"
    return f"made until they decide with --seeds 0-{rule.planned - 1}"
