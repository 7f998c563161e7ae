"""Which figures a report has: one environment's results become SVG files."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_repro.documents.protocol import ConstantRate
from mnist_repro.reporting.figures.causes import draw_causes
from mnist_repro.reporting.figures.charts import (
    Curve,
    OverviewRow,
    RateCurve,
    draw_confusion,
    draw_curves,
    draw_learning_rates,
    draw_overview,
)
from mnist_repro.reporting.figures.mosaics import draw_first_weights, draw_sample_digits, draw_snapshots
from mnist_repro.stats.summary import Interval, summarize
from mnist_repro.studies.artifacts import PICTURED_SEED, load_first_weights, load_sample_digits
from mnist_repro.studies.first_layer import find_snapshots
from mnist_repro.verdicts.causes.alternatives import last_values
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult

_BAND_RUNS = 3


def draw_environment(result: EnvironmentResult, *, folder: Path) -> dict[str, str]:
    """Draw every figure that the environment's runs allow.

    Returns
    -------
    dict
        File names in `folder` by what they show: "overview", "learning-rates", "sample-digits", and
        "<experiment>-curves", "-confusion", "-weights", "-snapshots" and "-causes". Where no run completed, there are
        sample digits at most.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = [experiment for experiment in result.experiments if experiment.completed]
    drawn = []
    if run:
        draw_overview(folder / "overview.svg", rows=[_overview_row(experiment) for experiment in run])
        drawn.append("overview")
    scheduled = [e for e in run if not isinstance(e.protocol.optimizer.learning_rate, ConstantRate)]
    if scheduled:
        draw_learning_rates(folder / "learning-rates.svg", curves=[_rate_curve(e) for e in scheduled])
        drawn.append("learning-rates")
    samples = load_sample_digits(result.store.folder, dataset_sha256=result.records[0].dataset_sha256)
    if samples is not None:
        draw_sample_digits(folder / "sample-digits.svg", images=samples[0], labels=samples[1])
        drawn.append("sample-digits")
    for experiment in run:
        drawn += _draw_experiment(experiment, result=result, folder=folder)
    for causes in result.causes:
        if not last_values(causes.claims):
            continue
        name = f"{causes.protocol.id}-causes"
        draw_causes(folder / f"{name}.svg", causes=causes)
        drawn.append(name)
    return {name: f"{name}.svg" for name in drawn}


def _draw_experiment(experiment: ExperimentResult, *, result: EnvironmentResult, folder: Path) -> list[str]:
    protocol = experiment.protocol
    name = f"{protocol.id}-curves"
    drawn = []
    if protocol.curve_set:
        curves = [_curve(experiment, "loss", unit="nat"), _curve(experiment, "accuracy", unit="fraction")]
        draw_curves(folder / f"{name}.svg", title=protocol.title, curves=curves)
        drawn.append(name)
    name = f"{protocol.id}-confusion"
    confusion = experiment.confusion()
    shares = confusion / confusion.sum(axis=1, keepdims=True)
    draw_confusion(folder / f"{name}.svg", title=f"{protocol.title}: {protocol.confusion_set} set", matrix=shares)
    drawn.append(name)
    for record in experiment.completed:
        weights = load_first_weights(result.store.folder, record=record) if record.seed == PICTURED_SEED else None
        if weights is not None:
            name = f"{protocol.id}-weights"
            draw_first_weights(folder / f"{name}.svg", title=protocol.title, weights=weights.astype(np.float64))
            drawn.append(name)
    if snapshots := find_snapshots(result.store.folder, records=experiment.completed, protocol=protocol):
        name = f"{protocol.id}-snapshots"
        shown = {snapshot.step: snapshot.weights for snapshot in snapshots}
        draw_snapshots(folder / f"{name}.svg", title=f"{protocol.title}: the first layer", snapshots=shown)
        drawn.append(name)
    return drawn


def _curve(experiment: ExperimentResult, metric: str, *, unit: str) -> Curve:
    runs = experiment.curves(metric)
    intervals = [_band(values) for values in runs.T]
    reported = experiment.reported(metric)
    # Intervals from few runs reach beyond what can be.
    most = 1.0 if unit == "fraction" else math.inf
    return Curve(
        metric=f"{experiment.protocol.curve_set} {metric}",
        unit=unit,
        steps=experiment.steps,
        runs=runs,
        low=np.clip([interval.low for interval in intervals], 0.0, most),
        high=np.clip([interval.high for interval in intervals], 0.0, most),
        reported=reported if len(reported) else None,
    )


def _band(values: NDArray[np.float64]) -> Interval:
    """Return the interval of one run, or none where two runs would stretch it over the whole figure."""
    return summarize(values).prediction_interval if len(values) >= _BAND_RUNS else Interval(math.nan, math.nan)


def _rate_curve(experiment: ExperimentResult) -> RateCurve:
    rates = [period.learning_rate for period in experiment.completed[0].periods]
    return RateCurve(
        title=experiment.protocol.title,
        steps=experiment.steps,
        rates=np.array(rates),
        reported=experiment.reported("learning_rate"),
    )


def _overview_row(experiment: ExperimentResult) -> OverviewRow:
    evaluation_set = experiment.protocol.gate.evaluation_set
    runs = np.array([record.final_accuracy[evaluation_set] for record in experiment.completed])
    interval = _band(runs)
    claim = experiment.final_accuracy
    return OverviewRow(
        title=experiment.protocol.title,
        runs=runs,
        low=float(np.clip(interval.low, 0.0, 1.0)),
        high=float(np.clip(interval.high, 0.0, 1.0)),
        reported=claim.fraction if claim else None,
    )
