"""The study that the benchmarks assert on: trained once for a test session, or taken from the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from filelock import FileLock
from rich.console import Console

from mnist_repro.cli.options import name_environment
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.document import labelled_examples
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore, open_stores
from mnist_repro.reporting.terminal.claims import print_families, print_outcome, print_runs
from mnist_repro.reporting.terminal.console import make_console
from mnist_repro.reporting.terminal.progress import StudyProgress, format_plan
from mnist_repro.reporting.wording.reported_runs import summarize_runs
from mnist_repro.studies.study import plan_study, profile_seeds, run_study
from mnist_repro.verdicts.causes.finder import ExperimentCauses, find_causes
from mnist_repro.verdicts.document import DocumentResult, Family, JudgedRun, judge_document
from mnist_repro.verdicts.finding import Basis, Finding, Verdict
from mnist_repro.verdicts.measured import Measurements


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What had a case."""

    runs: list[JudgedRun]
    families: list[Family]
    beside: Counter[Verdict]  #: verdicts on what is reported beside the runs


# What had a case; and the table of it that a process of pytest-xdist made.
_JUDGED = pytest.StashKey[_Judged]()
_TABLE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def dataset(pytestconfig: pytest.Config) -> Dataset:
    """Return the images that the options name."""
    return load_dataset(pytestconfig.option.dataset, folder=pytestconfig.option.data)


@pytest.fixture(scope="session")
def store(pytestconfig: pytest.Config, dataset: Dataset) -> RecordStore:
    """Return the records of the environment that the options name."""
    options = pytestconfig.option
    return RecordStore(options.records / name_environment(options.environment, dataset=dataset))


@pytest.fixture(scope="session")
def study(
    request: pytest.FixtureRequest, dataset: Dataset, store: RecordStore, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[RunRecord]]:
    """Train what the selected tests need, all in one study, and return its runs by experiment."""
    options = request.config.option
    protocols = _selected_protocols(request.session.items)
    seeds = profile_seeds(protocols.values(), profile=options.profile)
    if options.seeds is not None:
        seeds = dict.fromkeys(protocols, options.seeds)
    store.prepare()
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with (
        _one_at_a_time(request.config, tmp_path_factory),
        capture.global_and_fixture_disabled() if capture else nullcontext(),
    ):
        plan = plan_study(protocols, seeds=seeds, dataset=dataset, store=store, workers=options.workers)
        console = Console(quiet=request.config.get_verbosity() < 0)
        console.print(f"\n{format_plan(plan)}")
        with StudyProgress(plan, console=console) as progress:
            records = run_study(
                plan,
                dataset=dataset,
                store=store,
                labelled_examples=labelled_examples(load_atlas().usual.documents.values()),
                on_record=progress.advance,
            )
    return {
        name: list(pool_runs(records, protocol=protocol, store=store, is_altered=dataset.is_altered).records)
        for name, protocol in protocols.items()
    }


@contextmanager
def _one_at_a_time(config: pytest.Config, folders: pytest.TempPathFactory) -> Iterator[None]:
    """Let one process of pytest-xdist train; the others then find its runs."""
    # Their temporary folders lie in one of the session.
    is_shared = hasattr(config, "workerinput")
    with FileLock(folders.getbasetemp().parent / "study.lock") if is_shared else nullcontext():
        yield


@pytest.fixture(scope="session")
def causes(pytestconfig: pytest.Config) -> list[ExperimentCauses]:
    """Return what the recorded trials say of the alternatives, environment by environment: these may explain a miss."""
    given = {
        "documents": load_atlas().usual.documents,
        "protocols": load_atlas().usual.protocols,
        "alternatives": load_atlas().usual.alternatives,
    }
    stores = open_stores(pytestconfig.option.records)
    return [cause for store in stores for cause in find_causes(store, **given)]  # type: ignore[arg-type] # keywords by name


@pytest.fixture(scope="session")
def judged(
    study: dict[str, list[RunRecord]],  # noqa: ARG001 - its runs are recorded first
    dataset: Dataset,
    store: RecordStore,
    causes: list[ExperimentCauses],
) -> list[DocumentResult]:
    """Return the verdicts on all that the documents report: of all recorded runs, whatever this session selects."""
    if dataset.is_stand_in:
        pytest.skip("the stand-in says nothing about any number of the documents")
    documents, protocols = load_atlas().usual.documents, load_atlas().usual.protocols
    written = store.read()
    pools = (pool_runs(written, protocol=protocol, store=store) for protocol in protocols.values())
    measured = Measurements(record for pool in pools for record in pool.records)
    labels = {place: int(dataset.train_labels[place - 1]) for place in labelled_examples(documents.values())}
    return [
        judge_document(
            document,
            measured=measured,
            protocols=protocols,
            labels=labels,
            alternatives=load_atlas().usual.alternatives,
            causes=causes,
        )
        for document in documents.values()
    ]


@pytest.fixture(scope="session")
def findings(
    request: pytest.FixtureRequest, judged: list[DocumentResult]
) -> dict[str, tuple[Finding, JudgedRun | None]]:
    """Return each verdict and the reported run it belongs to, by id; the session's end shows those that have a case."""
    found = {finding.family: finding for each in judged for finding in each.findings}
    cases = {case["family"] for case in _selected_cases(request.session.items, fixture="findings")}
    request.config.stash[_JUDGED] = _Judged(
        runs=[run for each in judged for run in each.runs if cases.intersection(run.verdict.reported.family_ids)],
        families=[family for each in judged for family in each.families if family.id in cases],
        beside=Counter(found[case].verdict for case in cases if found[case].basis is Basis.ITSELF),
    )
    run_of = {family: run for each in judged for run in each.runs for family in run.verdict.reported.family_ids}
    return {family: (finding, run_of.get(family)) for family, finding in found.items()}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the claims that had a case, with our numbers and verdicts, as `mnist-repro run` does."""
    table = config.stash.get(_TABLE, "") or _format_verdicts(config, is_terminal=terminalreporter.hasmarkup)
    if table and config.get_verbosity() >= 0:
        terminalreporter.section("verdicts")
        terminalreporter.write(table)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the table to the process that prints it, from one of pytest-xdist's."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["verdicts"] = _format_verdicts(session.config, is_terminal=False)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep the table of one of them: each has the same cases."""
    node.config.stash[_TABLE] = getattr(node, "workeroutput", {}).get("verdicts") or node.config.stash.get(_TABLE, "")


def _format_verdicts(config: pytest.Config, *, is_terminal: bool) -> str:
    judged = config.stash.get(_JUDGED, None)
    if judged is None:
        return ""
    text = StringIO()
    console = make_console(text, is_terminal=is_terminal)
    print_runs(judged.runs, console=console)
    if judged.families:
        print_families(judged.families, console=console)
    print_outcome(summarize_runs(judged.runs, beside=judged.beside), console=console)
    return text.getvalue()


def _selected_protocols(items: Iterable[pytest.Item]) -> dict[str, Protocol]:
    """Return the protocols of the experiments that the selected cases of the study are parametrized with."""
    cases = _selected_cases(items, fixture="study")
    wanted = {name for case in cases for name in (case.get("experiment"), *case.get("experiments", ()))}
    return {name: protocol for name, protocol in load_atlas().usual.protocols.items() if name in wanted}


def _selected_cases(items: Iterable[pytest.Item], *, fixture: str) -> list[dict[str, Any]]:
    """Return the parameters of the selected cases that use a fixture."""
    using = [item for item in items if fixture in getattr(item, "fixturenames", ())]
    return [item.callspec.params for item in using if hasattr(item, "callspec")]
