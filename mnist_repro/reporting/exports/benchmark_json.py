"""Accuracies or times of one environment as the list that benchmark-tracking actions read.

The form is that of github-action-benchmark, `customBiggerIsBetter` for accuracies and `customSmallerIsBetter` for
seconds: a list of entries with `name`, `unit`, `value`, `range` and `extra`. Names never change between versions, so
that the points of a chart belong together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np

from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.exports.json_numbers import dump_json, round_number
from mnist_repro.reporting.wording.numbers import format_environment
from mnist_repro.reporting.wording.reported_runs import format_run
from mnist_repro.stats.summary import summarize
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult
from mnist_repro.verdicts.finding import count_runs

Measure = Literal["accuracy", "seconds"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

_PERCENT = 100.0
# Runs on the stand-in get charts of their own.
_STAND_IN = " (stand-in for MNIST)"


def format_benchmark(result: EnvironmentResult, *, measure: Measure) -> str:
    """Return the list of one measure.

    Parameters
    ----------
    measure
        "accuracy": the mean over runs in percent, on each set evaluated at the end, with the half-width of its 95 %
        interval; `extra` has the verdict on the reported run, with its grade. "seconds": the median training time of a
        run, with half the interquartile range.

    Raises
    ------
    ReproError
        If no run completed.
    """
    describe = _describe_accuracies if measure == "accuracy" else _describe_seconds
    verdicts = {run.id: f"\nreported run: {format_run(run)}" for run in result.runs if measure == "accuracy"}
    entries = [
        {
            **entry,
            "extra": f"{entry['extra']}\n{_describe_making(experiment.environment)}"
            f"{verdicts.get(experiment.protocol.id, '')}",
        }
        for experiment in result.experiments
        if experiment.completed and experiment.environment
        for entry in describe(experiment)
    ]
    if not entries:
        msg = f"{result.store.file} has no completed run to export. Record runs with `mnist-repro run`."
        raise ReproError(msg)
    return dump_json(entries)


def _describe_making(environment: Environment) -> str:
    flags = f"; flags {environment.deciding['flags']}" if environment.flags else ""
    return f"{format_environment(environment)}{flags}"


def _describe_accuracies(experiment: ExperimentResult) -> Iterator[dict[str, Any]]:
    for name in experiment.protocol.evaluated_at_end:
        summary = summarize([_PERCENT * record.final_accuracy[name] for record in experiment.completed])
        yield _entry(
            experiment,
            f"{name} accuracy",
            unit="%",
            value=summary.mean,
            reach=summary.mean_interval.high - summary.mean,
            how=("mean", "half its 95 % interval"),
        )


def _describe_seconds(experiment: ExperimentResult) -> Iterator[dict[str, Any]]:
    seconds = [record.training_seconds for record in experiment.completed]
    yield _entry(
        experiment,
        "training of a run",
        unit="s",
        value=float(np.median(seconds)),
        reach=float(np.diff(np.quantile(seconds, [0.25, 0.75]))[0]) / 2 if len(seconds) > 1 else math.nan,
        how=("median", "half the distance between the quartiles"),
    )


def _entry(
    experiment: ExperimentResult, name: str, *, unit: str, value: float, reach: float, how: tuple[str, str]
) -> dict[str, Any]:
    stand_in = any(record.dataset != "mnist" for record in experiment.completed)
    entry = {
        "name": f"{experiment.protocol.id}: {name}{_STAND_IN if stand_in else ''}",
        "unit": unit,
        "value": round_number(value),
    }
    said = f"{how[0]} of {count_runs(len(experiment.completed))}"
    if math.isnan(reach):
        return {**entry, "extra": said}
    return {**entry, "range": f"± {round_number(reach, scale=value):.10g}", "extra": f"{said}, with {how[1]}"}
