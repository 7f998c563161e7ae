"""A page of the report with something in every part of it, and the same with hostile text in every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from hostile import poison
from made_up_runs import make_unfinished, write_store
from made_up_studies import make_study

from mnist_repro.comparison.gate.error_rates import (
    Detection,
    Difference,
    FalseAlarms,
    GateErrors,
    OtherEnvironments,
    Shift,
)
from mnist_repro.comparison.gate.regression import Outcome
from mnist_repro.comparison.gate.summary import BaselineExperiment, GateSummary
from mnist_repro.comparison.results import Artifacts, Results
from mnist_repro.comparison.speed.engines import EngineTimes
from mnist_repro.comparison.speed.studies import MeasuredStudy
from mnist_repro.comparison.speed.trials import SpeedGateSummary, TrialCount
from mnist_repro.comparison.versions.probes import Imports, Probe, Repeated, Steps
from mnist_repro.comparison.versions.summary import summarize_versions
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import PROFILES, Protocol
from mnist_repro.documents.revision import Revision
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.figures.report import FigureFiles
from mnist_repro.reporting.html.page import render_page
from mnist_repro.reporting.templating import load_templates
from mnist_repro.stats.summary import Interval
from mnist_repro.studies.timing import Part
from mnist_repro.verdicts.causes.alternatives import Answer, Cause, Effect
from mnist_repro.verdicts.causes.finder import ExperimentCauses
from mnist_repro.verdicts.causes.rounding import RoundingSensitivity
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

# A folder's name has no slash.
HOSTILE_NAME = "b \"'><script>alert(1)<img src=x onerror=alert(1)>{{ 7 * 7 }}"

REVISION = Revision(printed=date(2018, 3, 17), changed=date(2018, 9, 15), text="the loss is a sum")

FIGURES = FigureFiles(speed="speed.svg", preview="figures/preview.png")
# Names of our own: an environment's, profiles', engines', and those of the parts of a study.
_OURS = frozenset({"never-run", *PROFILES, "compiled", "floor", *(part.name for part in Part)})


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
    revised = replace(documents["tf1-notebook"], revisions=(REVISION,))
    documents = {**documents, revised.id: revised}
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
    timed = Artifacts(
        times={"tf1-basic": _ENGINES}, busy_times={"tf1-basic": _ENGINES}, studies=_STUDIES, busy_studies=_STUDIES
    )
    versions = summarize_versions(
        results, expected=["never-run"], outdated=[], code=frozenset("b"), protocols=protocols
    )
    probe = _make_probe(results[0])
    columns = [replace(column, probe=probe if column.result else None) for column in versions.columns]
    return Results(
        documents=documents,
        environments=results,
        shown=results,
        atlas=results[0],
        atlas_documents=documents,
        artifacts={results[0].name: timed, results[1].name: Artifacts()},
        versions=replace(versions, columns=tuple(columns)),
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
_ENGINES = {"compiled": _ENGINE, "floor": replace(_ENGINE, engine="floor"), "other": replace(_ENGINE, engine="other")}
_STUDIES = tuple(
    MeasuredStudy(
        round=0,
        experiment="tf1-basic",
        seeds=40,
        workers=workers,
        wall_seconds=100.0,
        seconds=dict.fromkeys((part.name for part in Part), 1.0),
        processor_share=0.9,
        processor="A processor",
    )
    for workers in (1, 2)
)


def _make_probe(result: EnvironmentResult) -> Probe:
    name = result.experiments[0].protocol.id
    steps = Steps(first_call_seconds=1.0, rounds=((1.0, 1.0),), peak_bytes=2)
    return Probe(
        started="2025-01-31T23:59:59+00:00",
        probe_sha256="a" * 64,
        environment=result.environment,
        dataset_sha256="b" * 64,
        bytecode_is_kept=True,
        import_seconds=Imports(tensorflow=(3.0,), control=(1.0,)),
        control="zlib 1.2.13",
        steps={"compiled": {name: steps}},
        control_peak_bytes=1,
        installed_bytes=1,
        repeated={"compiled": {name: Repeated(in_one_process=True, in_two_processes=False)}},
        first_losses={"compiled": {name: ((2.5, 2.25),)}},
        defaults={"name": "auto | `a`"},
    )


def _make_causes(result: EnvironmentResult) -> list[ExperimentCauses]:
    experiment = next(each for each in result.experiments if each.protocol.id == "tf1-basic")
    claims = tuple(family.claim for family in experiment.families)
    effects = tuple(
        Effect(claim=claim, difference=0.01, interval=Interval(0.0, 0.02))
        for claim in claims
        if claim.metric in {"loss", "accuracy"}
    )
    variant = next(each for each in load_catalogue().alternatives if each.experiment == "tf1-basic")
    reconstruction = Cause(variant=None, runs=20, unfinished=0, tested=Answer.POSSIBLE, reason="so", p=0.5)
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
        changed=20,
        seeds=10,
        gate_runs=400,
        caught=60,
        interval=Interval(0.02, 0.6),
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
            environment="a",
            false_alarms=FalseAlarms(trials=1000, alarms=1),
            elsewhere=OtherEnvironments(names=("b",), alarms=("b",), equal=1, tested=5, smallest_p=0.0001),
            detections=(detection,),
            not_run=("one",),
        ),
    )


def poison_results(results: Results) -> Results:
    """Return results with hostile text before every text, but for the names of environments."""
    poisoned: Results = poison(results, keep={*(each.name for each in results.environments), *_OURS})
    return poisoned


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
