"""Draw the figures of the report, and name the files by what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mnist_repro.comparison.results import Artifacts, Results
from mnist_repro.documents.protocol import ConstantRate
from mnist_repro.reporting.figures.causes import draw_causes
from mnist_repro.reporting.figures.charts import draw_confusion, draw_curves, draw_learning_rates, draw_overview
from mnist_repro.reporting.figures.engines import draw_speed
from mnist_repro.reporting.figures.mosaics import draw_first_weights, draw_sample_digits, draw_snapshots
from mnist_repro.reporting.figures.versions import draw_versions
from mnist_repro.verdicts.causes.alternatives import last_values
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult

_FOLDER = Path("figures")


@dataclass(frozen=True, kw_only=True)
class FigureFiles:
    """Files of figures, as paths in the folder of the report."""

    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  #: by environment and subject
    versions: Mapping[str, str] = field(default_factory=dict)  #: of the comparison of versions, by subject
    speed: str | None = None  #: None where no training step was timed


def draw_report(results: Results, *, folder: Path) -> FigureFiles:
    """Draw every figure of the report into `figures/` in its folder."""
    figures = folder / _FOLDER
    environments = {
        result.name: _name_files(
            result.name,
            draw_environment(result, artifacts=results.artifacts[result.name], folder=figures / result.name),
        )
        for result in results.shown
    }
    versions = draw_versions(results.versions, folder=figures / "versions") if results.versions else {}
    speed = None
    if timed := results.timed:
        speed = (_FOLDER / "speed.svg").as_posix()
        draw_speed(folder / speed, times=results.artifacts[timed.name].times)
    return FigureFiles(environments=environments, versions=_name_files("versions", versions), speed=speed)


def _name_files(part: str, drawn: Mapping[str, str]) -> dict[str, str]:
    return {subject: (_FOLDER / part / file).as_posix() for subject, file in drawn.items()}


def draw_environment(result: EnvironmentResult, *, artifacts: Artifacts, folder: Path) -> dict[str, str]:
    """Draw every figure that the runs of an environment allow.

    Returns
    -------
    dict
        File names in `folder` by subject: "overview", "learning-rates", "sample-digits", and "<experiment>-curves",
        "-confusion", "-weights", "-snapshots" and "-causes". Where no run completed, sample digits at most.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = [experiment for experiment in result.experiments if experiment.completed]
    drawn = []
    if run:
        draw_overview(folder / "overview.svg", experiments=run)
        drawn.append("overview")
    scheduled = [e for e in run if not isinstance(e.protocol.optimizer.learning_rate, ConstantRate)]
    if scheduled:
        draw_learning_rates(folder / "learning-rates.svg", experiments=scheduled)
        drawn.append("learning-rates")
    if artifacts.sample_digits is not None:
        images, labels = artifacts.sample_digits
        draw_sample_digits(folder / "sample-digits.svg", images=images, labels=labels)
        drawn.append("sample-digits")
    for experiment in run:
        drawn += _draw_experiment(experiment, artifacts=artifacts, folder=folder)
    for causes in result.causes:
        if last_values(causes.claims):
            name = f"{causes.protocol.id}-causes"
            draw_causes(folder / f"{name}.svg", causes=causes)
            drawn.append(name)
    return {name: f"{name}.svg" for name in drawn}


def _draw_experiment(experiment: ExperimentResult, *, artifacts: Artifacts, folder: Path) -> list[str]:
    protocol = experiment.protocol
    drawn = []
    if protocol.curve_set:
        drawn.append(f"{protocol.id}-curves")
        draw_curves(folder / f"{drawn[-1]}.svg", experiment=experiment)
    drawn.append(f"{protocol.id}-confusion")
    draw_confusion(folder / f"{drawn[-1]}.svg", experiment=experiment)
    if protocol.id in artifacts.first_weights:
        weights = artifacts.first_weights[protocol.id].astype(np.float64)
        drawn.append(f"{protocol.id}-weights")
        draw_first_weights(folder / f"{drawn[-1]}.svg", title=protocol.title, weights=weights)
    if protocol.id in artifacts.snapshots:
        shown = {snapshot.step: snapshot.weights for snapshot in artifacts.snapshots[protocol.id]}
        drawn.append(f"{protocol.id}-snapshots")
        draw_snapshots(folder / f"{drawn[-1]}.svg", title=f"{protocol.title}: the first layer", snapshots=shown)
    return drawn
