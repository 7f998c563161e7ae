"""Versions are compared by runs of one kind of processor, whatever the verdicts of an environment are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from made_up_runs import write_store
from made_up_studies import Study

from mnist_repro.comparison.versions.pairwise import Relation
from mnist_repro.comparison.versions.summary import summarize_versions
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

NAME = "julia-linear-lr0.003"


def test_summarize_versions_compares_runs_of_the_processor_that_most_have(
    tmp_path: Path, protocol: Protocol, environment: Environment, study: Study
) -> None:
    """Runs elsewhere, which are more and judge the documents, make no version differ from those that lack them."""
    elsewhere = [_on("another", run, environment=environment) for run in study(range(30), shift=0.02)]
    names = {"large": [*study(), *elsewhere], "one": study(), "two": study()}
    results = [_summarize(tmp_path / name, runs, protocol=protocol) for name, runs in names.items()]

    versions = summarize_versions(
        results, expected=list(names), outdated=[], code=frozenset(), protocols={NAME: protocol}
    )

    assert versions is not None
    assert [len(experiment.records) for result in results for experiment in result.experiments] == [30, 20, 20]
    drift = versions.drift.experiments[NAME]
    assert drift.classes == (("large", "one", "two"),)
    assert {pair.agreement.relation for pair in drift.beside.values()} == {Relation.EQUAL}


def _on(processor: str, run: RunRecord, *, environment: Environment) -> RunRecord:
    return replace(run, environment=replace(environment, processor=processor))


def _summarize(folder: Path, runs: Sequence[RunRecord], *, protocol: Protocol) -> EnvironmentResult:
    return summarize_environment(
        write_store(folder, runs),
        documents=load_catalogue().documents,
        protocols={NAME: protocol},
        alternatives=(),
        labels={},
    )
