"""The study that the benchmarks assert on: trained once for a test session, or taken from the records."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from rich.console import Console

from mnist_repro.causes.finder import find_causes, possible_variants
from mnist_repro.claims import load_documents
from mnist_repro.datasets import Dataset, load_dataset
from mnist_repro.pools import check_whole
from mnist_repro.protocols import Protocol, load_protocols
from mnist_repro.records import RecordStore, RunRecord, open_stores
from mnist_repro.reporting.terminal import StudyProgress, format_plan
from mnist_repro.study import plan_study, profile_seeds, run_study
from mnist_repro.verbs import name_environment


@pytest.fixture(scope="session")
def dataset(pytestconfig: pytest.Config) -> Dataset:
    """Return the images that the options name."""
    return load_dataset(pytestconfig.option.dataset, folder=pytestconfig.option.data)


@pytest.fixture(scope="session")
def study(request: pytest.FixtureRequest, dataset: Dataset) -> dict[str, list[RunRecord]]:
    """Train what the selected tests need, all in one study, and return its runs by experiment."""
    options = request.config.option
    protocols = _selected_protocols(request.session.items)
    seeds = profile_seeds(protocols.values(), profile=options.profile)
    if options.seeds is not None:
        seeds = dict.fromkeys(protocols, options.seeds)
    store = RecordStore(options.records / name_environment(options.environment, dataset=dataset))
    store.prepare()
    plan = plan_study(protocols, seeds=seeds, dataset=dataset, store=store, workers=options.workers)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        console = Console(quiet=request.config.get_verbosity() < 0)
        console.print(f"\n{format_plan(plan)}")
        with StudyProgress(plan, console=console) as progress:
            records = run_study(plan, dataset=dataset, store=store, on_record=progress.advance)
    for record in records:
        check_whole(record, protocol=protocols[record.experiment], store=store)
    return {name: [record for record in records if record.experiment == name] for name in protocols}


@pytest.fixture(scope="session")
def supported(pytestconfig: pytest.Config) -> frozenset[str]:
    """Return the ids of the variants under which any records find the documents possible: these may explain a miss."""
    documents, protocols = load_documents(), load_protocols()
    stores = open_stores(pytestconfig.option.records)
    causes = (find_causes(store, documents=documents, protocols=protocols) for store in stores)
    return frozenset().union(*map(possible_variants, causes))


def _selected_protocols(items: Iterable[pytest.Item]) -> dict[str, Protocol]:
    """Return the protocols of the experiments that the selected cases of the study are parametrized with."""
    of_study = [item for item in items if "study" in getattr(item, "fixturenames", ())]
    cases = [item.callspec.params for item in of_study if hasattr(item, "callspec")]
    wanted = {name for case in cases for name in (case.get("experiment"), *case.get("experiments", ()))}
    return {name: protocol for name, protocol in load_protocols().items() if name in wanted}
