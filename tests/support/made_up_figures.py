"""An experiment to draw, and what a figure shows of it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from made_up_claims import make_claim
from made_up_studies import make_study
from made_up_verdicts import ENVIRONMENT

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.reporting.figures.style import DOCUMENT
from mnist_repro.verdicts.environment import ExperimentResult, Family
from mnist_repro.verdicts.finding import Finding, Verdict
from mnist_repro.verdicts.measured import Assessment, Judgement, Runs

PERIODS = range(1, 11)
SVG = "{http://www.w3.org/2000/svg}"


def make_family(metric: str, unit: str, *, values: Mapping[int, float]) -> Family:
    """Return the curve that the document reports of a metric on the validation set, by period."""
    evaluation_set = None if metric == "learning_rate" else "validation"
    claims = [
        make_claim(
            str(value),
            id=f"tf1-basic.{metric}.{period}",
            metric=metric,
            unit=unit,
            period=period,
            evaluation_set=evaluation_set,
        )
        for period, value in values.items()
    ]
    assessments = [
        Assessment(measured=Runs(()).measure(claim), judgement=Judgement.INSIDE, reason="") for claim in claims
    ]
    finding = Finding(family=f"tf1-basic.{metric}", verdict=Verdict.REPRODUCED, reason="", runs=40)
    return Family(assessments=tuple(assessments), finding=finding)


def make_experiment(runs: int = 40) -> ExperimentResult:
    """Return runs of the basic net with falling rates, for which the document reports losses and rates."""
    protocol = load_catalogue().protocols["tf1-basic"]
    rates = np.linspace(0.5, 0.1, 10)
    records = [
        replace(
            record, periods=tuple(replace(p, learning_rate=rate) for p, rate in zip(record.periods, rates, strict=True))
        )
        for record in make_study(protocol, range(runs), environment=ENVIRONMENT)
    ]
    losses = make_family("loss", "nat", values=dict.fromkeys(PERIODS, 0.35))
    reported = make_family("learning_rate", "1", values=dict(zip(PERIODS, rates, strict=True)))
    protocol = replace(protocol, title="A & B")
    return ExperimentResult(protocol=protocol, records=tuple(records), set_aside=0, families=(losses, reported))


EXPERIMENT = make_experiment()
BARE = replace(EXPERIMENT, families=())


def texts_of(path: Path) -> list[str]:
    """Return the texts of a figure, as a reader can search them."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def count_document_points(path: Path) -> int:
    """Return how many of the document's points a figure shows, with the one in the legend."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    return sum(DOCUMENT in use.get("style", "") for use in root.iter(f"{SVG}use"))
