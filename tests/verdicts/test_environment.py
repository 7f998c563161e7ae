"""An experiment shows the medians, curves and accuracies of its runs, and each family's verdict is counted once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_claims import EXPERIMENT, Summarize, make_claims
from made_up_runs import MakeRecord, write_store

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.reporting.html.run_rows import list_run_rows
from mnist_repro.reporting.wording.numbers import format_subject
from mnist_repro.verdicts.environment import summarize_environment
from mnist_repro.verdicts.finding import Basis, Verdict


def test_outcome_counts_each_run_once(summarize: Summarize, make: MakeRecord) -> None:
    """What belongs to a run is counted with it; a time and a promise stand beside it, and a label counts nothing."""
    result = summarize(*(make(seed) for seed in range(9)))

    assert result.outcome() == {Verdict.INCONCLUSIVE: 1}
    assert result.beside() == {Verdict.NOT_COMPARABLE: 1, Verdict.INCONCLUSIVE: 1}
    bases = Counter(finding.basis for finding in result.findings)
    assert bases == {Basis.RUN: 2, Basis.ITSELF: 2, Basis.FACT: 1}
    assert bases.total() == len({claim.family for claim in make_claims()})


def test_outcome_of_document_counts_its_runs_alone(
    protocols: dict[str, Protocol], make: MakeRecord, tmp_path: Path
) -> None:
    """The documents' outcomes add up to that of all, and count each reported run once."""
    documents = load_catalogue().documents
    store = write_store(tmp_path / "somewhere", [make(seed) for seed in range(3)])
    result = summarize_environment(store, documents=documents, protocols=protocols, alternatives=(), labels={})

    outcomes = {name: result.outcome(name) for name in documents}

    assert {name: outcome.total() for name, outcome in outcomes.items()} == {
        name: len({claim.experiment for claim in document.claims if claim.experiment})
        for name, document in documents.items()
    }
    assert sum(outcomes.values(), Counter()) == result.outcome()
    assert set(outcomes["tf1-notebook"]) == {Verdict.NOT_RUN}


def test_experiment_certainties_are_of_losses_accuracies_and_errors(summarize: Summarize, make: MakeRecord) -> None:
    """The end of the curve and the final accuracy have an uncertainty; a time, a promise and a label have none."""
    (experiment,) = (e for e in summarize(*(make(seed) for seed in range(9))).experiments if e.records)

    assert [(c.claim.id.removeprefix(f"{EXPERIMENT}."), c.runs) for c in experiment.certainties] == [
        ("loss.3", 9),
        ("accuracy", 9),
    ]


def test_experiment_seconds_are_medians(summarize: Summarize, make: MakeRecord) -> None:
    """One slow run does not move the time that is shown; training is the periods' time alone."""
    result = summarize(make(0, total_seconds=1.0), make(1, total_seconds=2.0), make(2, total_seconds=90.0))
    (seconds,) = (e.seconds for e in result.experiments if e.seconds)

    assert (seconds.total, seconds.training) == (2.0, 10 * 0.25)


def test_experiment_curves_have_a_row_for_each_run(summarize: Summarize, make: MakeRecord) -> None:
    """Rows are runs by seed, columns are periods, and the steps are those of the protocol."""
    records = [make(seed) for seed in (4, 1, 3)]
    (experiment,) = (e for e in summarize(*records).experiments if e.records)

    curves = experiment.curves("accuracy")

    assert curves.shape == (3, len(experiment.steps)) == (3, 10)
    assert curves[1, 4] == records[2].periods[4].accuracy["validation"]
    assert list(experiment.steps) == [period.step for period in records[0].periods]


def test_experiment_reported_curve_is_the_documents(summarize: Summarize, make: MakeRecord) -> None:
    """The document's points are its claims with a period; what it prints no curve of is empty."""
    (experiment,) = (e for e in summarize(make(0)).experiments if e.records)

    np.testing.assert_array_equal(experiment.reported("loss"), [0.3, 0.25, 9.0, *[np.nan] * 7])
    assert experiment.reported("accuracy").size == 0


def test_experiment_reported_curve_is_on_the_set_that_is_shown(
    protocols: dict[str, Protocol], make: MakeRecord, made_up_document: Document, tmp_path: Path
) -> None:
    """Percentages are shown as fractions, and a curve on another set is not mixed in."""
    first, second, third, *others = made_up_document.claims
    shown = replace(second, metric="accuracy", unit="percent", printed="25.0")
    other = replace(third, metric="accuracy", unit="fraction", printed="0.5", evaluation_set="training")
    document = replace(made_up_document, claims=(first, shown, other, *others))
    store = write_store(tmp_path / "somewhere", [make(0)])
    result = summarize_environment(
        store, documents={"made-up": document}, protocols=protocols, alternatives=(), labels={}
    )

    (experiment,) = (e for e in result.experiments if e.records)

    np.testing.assert_array_equal(experiment.reported("accuracy"), [np.nan, 0.25, *[np.nan] * 8])


def test_experiment_shown_twice_has_a_row_for_either_run_and_the_curve_of_the_first(
    protocols: dict[str, Protocol], make: MakeRecord, made_up_document: Document, tmp_path: Path
) -> None:
    """Our runs are the same; each row has its own run's value, and curves of two runs are not mixed."""
    again = [
        replace(c, id=f"again.{c.id}", run="again", printed="0.5") for c in made_up_document.claims if c.experiment
    ]
    document = replace(made_up_document, claims=(*made_up_document.claims, *again))
    store = write_store(tmp_path / "somewhere", [make(seed) for seed in range(20)])
    result = summarize_environment(
        store, documents={"made-up": document}, protocols=protocols, alternatives=(), labels={}
    )
    (experiment,) = (e for e in result.experiments if e.records)

    rows = list_run_rows(result, documents={"made-up": document})

    np.testing.assert_array_equal(experiment.reported("loss"), [0.3, 0.25, 9.0, *[np.nan] * 7])
    assert [(row.run.id, row.claim and row.claim.printed) for row in rows] == [(EXPERIMENT, "0.90"), ("again", "0.5")]
    assert result.outcome().total() == 2
    assert {format_subject(row.claim) for row in rows if row.claim} == {
        "validation accuracy",
        "validation accuracy of again",
    }


@pytest.mark.parametrize("step", [1, -1], ids=["as declared", "in reverse"])
def test_experiment_final_accuracy_is_on_the_asserted_set(
    protocols: dict[str, Protocol], make: MakeRecord, tmp_path: Path, step: int
) -> None:
    """The overview shows the accuracy at the end on the set that is asserted, in whatever order a document has them."""
    documents = {
        name: replace(document, claims=document.claims[::step]) for name, document in load_catalogue().documents.items()
    }
    store = write_store(tmp_path / "somewhere", [make(0)])
    result = summarize_environment(store, documents=documents, protocols=protocols, alternatives=(), labels={})

    finals = {e.protocol.id: e.final_accuracy for e in result.experiments}

    assert {name: claim and claim.printed for name, claim in finals.items()} == {
        "julia-linear-lr0.02": "0.8336",
        "julia-linear-lr0.003": "0.8836",
        "julia-mlp-100x100": "0.9232",
        "tf1-basic": "0.8899",
        "tf1-dropout-piecewise": "0.8912",
        "tf1-dropout-exponential": "0.8843",
    }
