"""A page of the report with something in every part of it, and the same with hostile text in every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from made_up_runs import make_unfinished, write_store
from made_up_studies import make_study

from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, GateErrors, Shift
from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.gate.summary import BaselineExperiment, GateSummary
from mnist_repro.comparison.results import Artifacts, Results
from mnist_repro.comparison.speed.engines import EngineTimes
from mnist_repro.comparison.speed.trials import SpeedGateSummary, TrialCount
from mnist_repro.comparison.versions.summary import summarize_versions
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.html.page import render_page
from mnist_repro.reporting.templating import load_templates
from mnist_repro.stats.summary import Interval
from mnist_repro.verdicts.causes.alternatives import Answer, Cause, Effect
from mnist_repro.verdicts.causes.finder import ExperimentCauses
from mnist_repro.verdicts.causes.rounding import RoundingSensitivity
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

HOSTILE = (
    "\"'></style></title><script>alert(1)</script><img src=x onerror=alert(1)><!-- end of figure -->{{ 7 * 7 }}&lt;"
)
# A folder's name has no slash.
HOSTILE_NAME = "b \"'><script>alert(1)<img src=x onerror=alert(1)>{{ 7 * 7 }}"

FIGURES = FigureFiles(speed="speed.svg")

# What a page shows of the fields of records, documents, protocols and measurements.
_TEXTS = frozenset(
    {"title", "file", "sha256", "says", "note", "text", "cell", "choice", "chosen", "evidence", "reason", "change"}
    | {"python", "tensorflow", "keras", "numpy", "system", "processor", "commit", "dataset_sha256", "detail"}
    | {"id", "document", "experiment", "experiments", "family", "settings", "fault", "not_run", "missing"}
)


def make_results(
    folder: Path, *, protocols: Mapping[str, Protocol], environment: Environment, seeds: int = 20
) -> Results:
    """Return the results of a page with two environments, two versions, causes, speed and the gate.

    Parameters
    ----------
    folder
        Where their stores of records are made.
    seeds
        Runs of each experiment; one more of each did not complete, and one is of an earlier protocol.
    """
    documents = load_catalogue().documents
    results = []
    for name, stream in (("a", 0), (HOSTILE_NAME, 1)):
        runs = []
        for protocol in protocols.values():
            made = make_study(protocol, range(seeds + 1), environment=environment, stream=stream)
            runs += [replace(made[0], protocol_sha256="0" * 64), *made[:-1], make_unfinished(made[-1])]
        store = write_store(folder / name, runs)
        results.append(
            summarize_environment(store, documents=documents, protocols=protocols, alternatives=(), labels={})
        )
    results[0] = replace(results[0], causes=tuple(_make_causes(results[0])))
    (folder / "speed.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    timed = Artifacts(times={"tf1-basic": _ENGINES}, busy_times={"tf1-basic": _ENGINES})
    return Results(
        documents=documents,
        environments=results,
        shown=results,
        artifacts={results[0].name: timed, results[1].name: Artifacts()},
        versions=summarize_versions(
            results, expected=["never-run"], outdated=[], code=frozenset("b"), protocols=protocols
        ),
        gate=_make_gate(results[0]),
        speed_gate=SpeedGateSummary(entries={}, environment=environment, counts=(_SLOWED,)),
    )


_SLOWED = TrialCount(
    factor=2.0,
    is_busy=True,
    experiments=1,
    gate_runs=5,
    outcomes={Outcome.FAILED: 4, Outcome.UNDECIDED: 1},
    covering=0,
    ratios=(2.0, 1.9, 2.1),
)
_ENGINE = EngineTimes(
    experiment="tf1-basic",
    engine="compiled",
    step_seconds=(1e-3, 2e-3, 3e-3),
    ready_seconds=1.0,
    peak_bytes=1_000_000,
    steps_of_a_round=10,
    settings="{}",
    over_floor=1.0,
    over_compiled=1.0,
    over_control=1.0,
    is_busy=False,
    environment="{}",
)
_ENGINES = {"compiled": _ENGINE, "floor": _ENGINE}


def _make_causes(result: EnvironmentResult) -> list[ExperimentCauses]:
    experiment = next(each for each in result.experiments if each.protocol.id == "tf1-basic")
    claims = tuple(family.claim for family in experiment.families)
    effects = tuple(
        Effect(claim=claim, difference=0.01, interval=Interval(0.0, 0.02))
        for claim in claims
        if claim.metric in {"loss", "accuracy"}
    )
    variant = next(each for each in load_catalogue().alternatives if each.experiment == "tf1-basic")
    reconstruction = Cause(variant=None, runs=20, unfinished=0, answer=Answer.POSSIBLE, reason="so", p=0.5)
    return [
        ExperimentCauses(
            protocol=experiment.protocol,
            reconstruction=reconstruction,
            alternatives=(replace(reconstruction, variant=variant, effects=effects),),
            sensitivity=RoundingSensitivity(
                experiment="tf1-basic", pairs=6, ratio=0.5, interval=Interval(0.1, 0.9), parted=3.0, followed=6
            ),
            records={},
            claims=claims,
        )
    ]


def _make_gate(result: EnvironmentResult) -> GateSummary:
    experiment = result.experiments[0]
    detection = Detection(
        fault="fault",
        title="a fault",
        experiment=experiment.protocol.id,
        runs=20,
        unfinished=1,
        seeds=10,
        gate_runs=20,
        caught=3,
        shift=Shift(evaluation_set="test", accuracy=-0.1, spread=0.005),
        difference=Difference.SEEN,
        seeds_needed=None,
    )
    return GateSummary(
        environment=result.environment,
        experiments=(
            BaselineExperiment(
                protocol=experiment.protocol, records=experiment.records, is_outdated=False, quantities=(), fewest=2
            ),
        ),
        missing=("another",),
        errors=GateErrors(
            environment="a", false_alarms=FalseAlarms(trials=1000, alarms=1), detections=(detection,), not_run=("one",)
        ),
    )


def poison(results: Results) -> Results:
    """Return results with hostile text before every text that a page shows, the same before the same."""
    poisoned: Results = _poison(results)
    return replace(poisoned, documents={each.id: each for each in poisoned.documents.values()})


def _poison(value: Any, *, name: str = "") -> Any:
    if isinstance(value, str):
        return HOSTILE + value if name in _TEXTS and value else value
    if isinstance(value, (tuple, list)):
        return type(value)(_poison(item, name=name) for item in value)
    if isinstance(value, dict):
        return {key: _poison(item, name=name) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _poison(getattr(value, f.name), name=f.name) for f in fields(value) if f.init}
        return replace(value, **changed)  # type: ignore[type-var]
    return value


def render(results: Results, folder: Path) -> str:
    """Return the page of results whose figures are in a folder."""
    return render_page(results, figures=FIGURES, folder=folder, templates=load_templates())


class Structure(HTMLParser):
    """What a parser of HTML finds on a page.

    Parameters
    ----------
    page
        The page's text.

    Attributes
    ----------
    elements
        Every element's name with its attributes.
    texts
        All text of the page by the element that it stands in.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        self._open = tag

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append((self._open, data))

    def handle_comment(self, data: str) -> None:
        """Keep a comment."""
        self.comments.append(data)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The elements with the names of their attributes."""
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.elements]

    def find(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Return the attributes of the elements that have these; `class` is written `class_`."""
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]
