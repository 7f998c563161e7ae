"""What a study would cost and could decide, and what to do next, in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rich.console import Console
from rich.table import Table

from mnist_repro.documents.chance import count_seeds
from mnist_repro.documents.protocol import Profile
from mnist_repro.reporting.terminal.tables import plain_table
from mnist_repro.reporting.wording.digits import UNKNOWN
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import DECIDED, OPEN, count_runs
from mnist_repro.verdicts.planning import ExperimentPlan, Need, Refutation
from mnist_repro.verdicts.run_verdict import format_ordinal

_MINUTE, _HOUR = 60, 3600


def print_plan(
    plans: Sequence[ExperimentPlan], *, profile: Profile, environment: str, workers: int, console: Console
) -> None:
    """Print a table of costs, and a table of what the runs could decide."""
    console.print(_cost_table(plans, environment=environment))
    console.print(_format_total(plans, workers=workers), highlight=False)
    console.print()
    tested = [(plan, plan.refutation) for plan in plans if plan.refutation]
    if tested:
        console.print(_refutation_table(tested, profile=profile))
        for sentence in dict.fromkeys(_format_tests(each) for _, each in tested):
            console.print(sentence, highlight=False, markup=False, soft_wrap=True)
        console.print()
    console.print(_need_table(plans, profile=profile))
    console.print(
        "A recorded run is not trained again. The curves and values of a run are judged together: with fewer "
        "seeds than refute them they are consistent at best, and never reproduced.",
        highlight=False,
    )


def print_next_step(result: EnvironmentResult, *, command: str, workers: int, console: Console) -> None:
    """Say how many runs and claims are decided, and how long `command`, the full profile, takes for the rest.

    Parameters
    ----------
    result
        All recorded runs of the environment; the stand-in's decide nothing, and nothing is said of them.
    """
    verdicts = result.outcome() + result.beside()
    decided, undecided = (sum(verdicts[each] for each in among) for among in (DECIDED, OPEN))
    if result.is_stand_in:
        return
    text = f"Decided: {decided} of {decided + undecided} runs and claims."
    planned = [(count_seeds(each.protocol, "full"), each) for each in result.experiments]
    missing = [(max(0, seeds - len(each.completed)), each.seconds) for seeds, each in planned]
    if undecided and (runs := sum(count for count, _ in missing)):
        time = _format_duration(sum(count * seconds.total for count, seconds in missing if seconds) / workers)
        about = "about" if all(seconds for _, seconds in missing) else "at least"
        text += f" For the rest, another {count_runs(runs)}, {about} {time} here: `{command}`"
    elif undecided:
        text += " The rest needs more runs than the profile `full` has; `mnist-repro verdicts` says how many."
    console.print(text, highlight=False, soft_wrap=True)


def _cost_table(plans: Sequence[ExperimentPlan], *, environment: str) -> Table:
    rows = [
        (
            plan.experiment,
            str(plan.runs),
            _format_number(plan.seconds, digits=2),
            _format_number(plan.total_seconds, digits=0),
            f"{plan.environment or 'nobody yet'}{'; none here' if plan.environment not in {None, environment} else ''}",
        )
        for plan in plans
    ]
    headings = ("experiment", "runs", "s per run", "total s", "from the runs of")
    return plain_table(headings, rows, right=headings[1:-1])


def _format_number(value: float | None, *, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def _format_total(plans: Sequence[ExperimentPlan], *, workers: int) -> str:
    runs = sum(plan.runs for plan in plans)
    seconds = [plan.total_seconds for plan in plans if plan.total_seconds is not None]
    if not seconds:
        return f"{runs} runs; how long they take is {UNKNOWN}: no run of them is recorded."
    least = "" if len(seconds) == len(plans) else "at least "
    total = sum(seconds)
    together = f", {_format_duration(total / workers)} on {workers} workers" if workers > 1 else ""
    return (
        f"{runs} runs, {least}{_format_duration(total)} of one processor core{together}, without tracing and compiling."
    )


def _format_duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"


def _refutation_table(tested: Sequence[tuple[ExperimentPlan, Refutation]], *, profile: Profile) -> Table:
    rows = [
        (plan.experiment, str(plan.runs), _format_refuted(each.place), _format_shift(each.detectable))
        for plan, each in tested
    ]
    headings = ("reported run", "runs", f"refuted by {profile}", "shift of all values found in 80 %")
    return plain_table(headings, rows, right=headings[1:2])


def _format_tests(refutation: Refutation) -> str:
    first, second = (refutation.runs_for_place(place) for place in (1, 2))
    together = "1 reported run is" if refutation.tests == 1 else f"{refutation.tests} reported runs are"
    return (
        f"{refutation.document}: {together} tested. {first} runs of each of ours can refute one that lies farther off "
        f"than all of ours, {second} also the second farthest."
    )


def _format_refuted(place: int) -> str:
    return {0: "none", 1: "the farthest"}.get(place, f"the {format_ordinal(place)} farthest and beyond")


def _format_shift(detectable: float) -> str:
    if math.isnan(detectable):
        return f"{UNKNOWN}: not as many are recorded"
    return "none" if math.isinf(detectable) else f"{detectable:.1f} SD of ours"


def _need_table(plans: Sequence[ExperimentPlan], *, profile: Profile) -> Table:
    rows = []
    for plan in plans:
        for kind, alike in groupby(plan.needs, key=lambda need: replace(need, claim="")):
            names = ", ".join(need.claim.removeprefix(f"{plan.experiment}.") for need in alike)
            decided = kind.reason or _format_decided(kind, runs=plan.runs)
            numbers = ["" if number is None else str(number) for number in (kind.to_reproduce, kind.to_refute)]
            rows.append((plan.experiment, names, *numbers, decided))
    headings = ("experiment", "claims", "seeds to reproduce", "to refute", f"decided by {profile}")
    return plain_table(headings, rows, right=headings[2:-1])


def _format_decided(need: Need, *, runs: int) -> str:
    if need.to_reproduce is None or runs < need.to_reproduce:
        return f"no: {runs} seeds"
    if need.to_refute is None or runs < need.to_refute:
        return "if it reproduces"
    return "yes" if need.is_certain else "if it is clear"
