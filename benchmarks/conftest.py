"""The study that the benchmarks assert on: trained once for a test session, or taken from the records."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from rich.console import Console

from mnist_repro.cli import name_environment
from mnist_repro.datasets import Dataset, load_dataset
from mnist_repro.protocols import Protocol, load_protocols
from mnist_repro.records import RecordStore, RunRecord
from mnist_repro.reporting.terminal import StudyProgress
from mnist_repro.study import plan_study, profile_seeds, run_study


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
        console.print(f"\n{plan.planned} runs: {len(plan.reused)} in the records, {len(plan.missing)} to train.")
        with StudyProgress(plan, console=console) as progress:
            records = run_study(plan, dataset=dataset, store=store, on_record=progress.advance)
    return {name: [record for record in records if record.experiment == name] for name in protocols}


def _selected_protocols(items: Iterable[pytest.Item]) -> dict[str, Protocol]:
    """Return the protocols of the experiments that the selected tests are parametrized with."""
    wanted = {item.callspec.params.get("experiment") for item in items if hasattr(item, "callspec")}
    return {name: protocol for name, protocol in load_protocols().items() if name in wanted}
