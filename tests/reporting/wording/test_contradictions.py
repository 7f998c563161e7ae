"""What a document is at odds with itself about: gathered from all environments, each thing once."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_runs import make_run, write_store

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.wording.contradictions import collect_contradictions
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment

NOTEBOOK = ("tf1-basic", "tf1-dropout-piecewise", "tf1-dropout-exponential")


@pytest.fixture(scope="module")
def document() -> Document:
    """Return the notebook, which has remarks, statements and a number in the wrong unit."""
    return load_catalogue().documents["tf1-notebook"]


def _summarize(
    folder: Path, protocols: dict[str, Protocol], environment: Environment, *, names: tuple[str, ...], dataset: str
) -> EnvironmentResult:
    runs = [make_run(protocols[n], seed=s, environment=environment, dataset=dataset) for n in names for s in range(2)]
    return summarize_environment(
        write_store(folder, runs), documents=load_catalogue().documents, protocols=protocols, alternatives=(), labels={}
    )


def test_collect_contradictions_are_what_is_contradicted_and_what_is_remarked(
    document: Document, protocols: dict[str, Protocol], environment: Environment, tmp_path: Path
) -> None:
    """Statements and numbers come with what is against them, remarks without, all by their lines."""
    result = _summarize(tmp_path / "a", protocols, environment, names=NOTEBOOK, dataset="mnist")

    found = collect_contradictions(document, results=[result])

    assert [(entry.place, bool(entry.reason)) for entry in found] == [
        ("line 4", False),
        ("line 48", False),
        ("lines 156, 371, 561", True),
        ("lines 169, 392, 582", True),
        ("line 258", True),
    ]
    assert found[2].reason == "by the code a step takes 1,000 images"
    assert found[4].says == "tf1-basic, test error: 0.1101 %."


def test_collect_contradictions_of_several_environments_come_once(
    document: Document, protocols: dict[str, Protocol], environment: Environment, tmp_path: Path
) -> None:
    """What two environments show is said once, and what only one was run for is not lost."""
    part = _summarize(tmp_path / "a", protocols, environment, names=NOTEBOOK[:1], dataset="mnist")
    whole = _summarize(tmp_path / "b", protocols, environment, names=NOTEBOOK, dataset="mnist")

    assert len(collect_contradictions(document, results=[part])) == 3
    assert collect_contradictions(document, results=[part, whole]) == collect_contradictions(document, results=[whole])


def test_collect_contradictions_of_a_stand_in_are_remarks_alone(
    document: Document, protocols: dict[str, Protocol], environment: Environment, tmp_path: Path
) -> None:
    """Runs on the stand-in contradict nothing."""
    result = _summarize(tmp_path / "a", protocols, environment, names=NOTEBOOK, dataset="digits")

    assert [entry.reason for entry in collect_contradictions(document, results=[result])] == ["", ""]
