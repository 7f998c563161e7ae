"""Draw the figures of the report, and name the files by what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from mnist_repro.comparison.results import Artifacts, Results
from mnist_repro.comparison.versions.summary import VersionsResult
from mnist_repro.documents.optimizers import ConstantRate
from mnist_repro.documents.protocol import CLASSES
from mnist_repro.reporting.figures.atlas import draw_atlas
from mnist_repro.reporting.figures.causes import draw_causes
from mnist_repro.reporting.figures.charts import draw_confusion, draw_curves, draw_learning_rates
from mnist_repro.reporting.figures.drawing import Draw, draw_all
from mnist_repro.reporting.figures.engines import draw_speed
from mnist_repro.reporting.figures.mosaics import draw_first_weights, draw_sample_digits, draw_snapshots
from mnist_repro.reporting.figures.overview import draw_overview, draw_preview
from mnist_repro.reporting.figures.versions import draw_claims, draw_drift
from mnist_repro.reporting.wording.atlas import list_atlas_rows
from mnist_repro.studies.artifacts import PICTURED_SEED
from mnist_repro.verdicts.causes.alternatives import last_values
from mnist_repro.verdicts.environment import EnvironmentResult

_FOLDER = Path("figures")


@dataclass(frozen=True, kw_only=True)
class FigureFiles:
    """Files of figures, as paths in the folder of the report."""

    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  #: by environment and subject
    versions: Mapping[str, str] = field(default_factory=dict)  #: of the comparison of versions, by subject
    atlas: str | None = None  #: None where the atlas is left out
    speed: str | None = None  #: None where no training step was timed
    preview: str | None = None  #: of links to the page; None without runs


def draw_report(results: Results, *, folder: Path) -> FigureFiles:
    """Draw every figure of the report into `figures/` in its folder."""
    drawings: dict[str, Draw] = {}

    def name(part: Path, figures: Mapping[str, Draw]) -> dict[str, str]:
        files = {subject: (part / f"{subject}.svg").as_posix() for subject in figures}
        drawings.update((files[subject], draw) for subject, draw in figures.items())
        return files

    environments = {
        result.name: name(
            _FOLDER / result.name, list_environment_figures(result, artifacts=results.artifacts[result.name])
        )
        for result in results.shown
    }
    versions = name(_FOLDER / "versions", list_version_figures(results.versions) if results.versions else {})
    timed = results.timed
    of_all: dict[str, Draw] = {}
    if timed:
        of_all["speed"] = partial(draw_speed, times=results.artifacts[timed.name].times)
    if results.atlas:
        rows = list_atlas_rows(results.atlas, documents=results.atlas_documents)
        of_all["atlas"] = partial(draw_atlas, rows=rows)
    files = name(_FOLDER, of_all)
    first = results.shown[0]
    preview = (_FOLDER / "preview.png").as_posix() if any(each.completed for each in first.experiments) else None
    if preview:
        drawings[preview] = partial(draw_preview, result=first)
    draw_all({folder / file: draw for file, draw in drawings.items()})
    return FigureFiles(environments=environments, versions=versions, preview=preview, **files)


def list_environment_figures(result: EnvironmentResult, *, artifacts: Artifacts) -> dict[str, Draw]:
    """Return how to draw every figure that the runs of an environment allow.

    Returns
    -------
    dict
        By subject: "overview", "learning-rates", "sample-digits", and "<experiment>-curves", "-confusion", "-weights",
        "-snapshots" and "-causes". Where no run completed, sample digits at most.
    """
    run = [experiment for experiment in result.experiments if experiment.completed]
    figures: dict[str, Draw] = {}
    if run:
        figures["overview"] = partial(draw_overview, experiments=run, runs=result.runs)
    scheduled = [e for e in run if not isinstance(e.protocol.optimizer.learning_rate, ConstantRate)]
    if scheduled:
        figures["learning-rates"] = partial(draw_learning_rates, experiments=scheduled)
    if artifacts.sample_digits is not None:
        images, labels = artifacts.sample_digits
        figures["sample-digits"] = partial(draw_sample_digits, images=images, labels=labels)
    for experiment in run:
        protocol = experiment.protocol
        if protocol.curve_set:
            figures[f"{protocol.id}-curves"] = partial(draw_curves, experiment=experiment)
        figures[f"{protocol.id}-confusion"] = partial(draw_confusion, experiment=experiment)
        if protocol.id in artifacts.first_weights:
            weights = artifacts.first_weights[protocol.id].astype(np.float64)
            title = f"{protocol.title}: first-layer weights, seed {PICTURED_SEED}"
            # The units of a linear model are the digits.
            names = [str(digit) for digit in range(CLASSES)] if len(protocol.layers) == 1 else ()
            figures[f"{protocol.id}-weights"] = partial(draw_first_weights, title=title, weights=weights, names=names)
        if protocol.id in artifacts.snapshots:
            shown = {snapshot.step: snapshot.weights for snapshot in artifacts.snapshots[protocol.id]}
            title = f"{protocol.title}: first-layer weights during training"
            figures[f"{protocol.id}-snapshots"] = partial(draw_snapshots, title=title, snapshots=shown)
    for causes in result.causes:
        if last_values(causes.claims):
            figures[f"{causes.protocol.id}-causes"] = partial(draw_causes, causes=causes)
    return figures


def list_version_figures(versions: VersionsResult) -> dict[str, Draw]:
    """Return how to draw the figures of the comparison of versions, by subject."""
    return {"claims": partial(draw_claims, versions=versions), "drift": partial(draw_drift, versions=versions)}
