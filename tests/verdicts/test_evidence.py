"""What speaks for a reconstruction is read from the records: none of it is typed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from recorded_runs import CATALOGUE, RECORDS, REFERENCE, read_runs

from mnist_repro.documents.protocol import Reconstruction
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.wording.evidence import describe_evidence
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment
from mnist_repro.verdicts.evidence import find_evidence

(SLICE,) = (each for each in CATALOGUE.protocols["tf1-basic"].reconstructions if each.chosen_by)


@pytest.fixture(scope="module")
def result() -> EnvironmentResult:
    """Return all that the records of the reference environment say."""
    return summarize_environment(
        RecordStore(RECORDS / REFERENCE),
        documents=CATALOGUE.documents,
        protocols=CATALOGUE.protocols,
        alternatives=CATALOGUE.alternatives,
        labels={},
    )


def test_find_evidence_fit_is_counted_among_our_runs(result: EnvironmentResult) -> None:
    """How far each value that chose lies from our mean is what another computation finds."""
    runs = read_runs(REFERENCE)["tf1-basic"]
    expected = []
    for claim in CATALOGUE.documents["tf1-notebook"].claims:
        if claim.family in SLICE.chosen_by and claim.period:
            ours = [getattr(run.periods[claim.period - 1], claim.metric)["validation"] for run in runs]
            expected.append(abs(claim.value - np.mean(ours)) / np.std(ours, ddof=1))

    fit = find_evidence(result, SLICE).fit

    assert fit is not None
    assert fit.deviations == pytest.approx(expected)
    assert fit.count_within(1) == sum(each <= 1 for each in expected) == len(expected) == 20
    assert fit.count_within(0.5) == sum(each <= 0.5 for each in expected) < 20


def test_find_evidence_what_was_not_used_confirms(result: EnvironmentResult) -> None:
    """The test accuracies of all runs on the slice, and the curves of the dropout runs, were no part of the choice."""
    unused = {family.id for family in find_evidence(result, SLICE).unused}

    assert unused == {
        f"{run}.{value}"
        for run in ("tf1-basic", "tf1-dropout-piecewise", "tf1-dropout-exponential")
        for value in ("validation-loss", "validation-accuracy", "test-accuracy")
    } - set(SLICE.chosen_by)


def test_find_evidence_alternatives_to_the_same_choice_are_listed(result: EnvironmentResult) -> None:
    """They are tried on any experiment that shares the choice; an experiment's own come alone where it has any."""
    (sets,) = (
        each for each in CATALOGUE.protocols["julia-mlp-100x100"].reconstructions if each.choice == "evaluation sets"
    )

    def tried(reconstruction: Reconstruction, experiment: str | None = None) -> list[str]:
        found = find_evidence(result, reconstruction, experiment=experiment).otherwise
        return [cause.variant.id for cause in found if cause.variant]

    slices = [f"tf1-basic+validate-on-{name}" for name in ("last", "random", "5000")]
    assert tried(SLICE) == tried(SLICE, "tf1-dropout-piecewise") == slices
    assert tried(sets, "julia-mlp-100x100") == ["julia-mlp-100x100+text-sets", "julia-mlp-100x100+whole-test-set"]
    assert len(tried(sets)) == 6


def test_describe_evidence_says_what_else_fits(result: EnvironmentResult) -> None:
    """A reader learns that the slice is not determined, and by how much each other one was off."""
    text = describe_evidence(result, SLICE)

    assert "So our runs do not determine it: 3 of 3 others fit too." in text
    assert "a random 1,000 of the training images: cannot be told apart (p = 1.00, validation loss 0." in text
    assert "Not used for the choice, though they depend on it: tf1-basic.test-accuracy (p = " in text


def test_describe_evidence_is_told_once(result: EnvironmentResult) -> None:
    """An experiment that shares the choice refers to the one whose values made it."""
    text = describe_evidence(result, SLICE, experiment="tf1-dropout-piecewise")

    assert text == f"{SLICE.evidence} Chosen by values of tf1-basic: see there."


def test_describe_evidence_without_runs_is_the_reconstruction_s_own(result: EnvironmentResult) -> None:
    """Where nothing was run, nothing is said of runs."""
    nothing = replace(result, experiments=(), causes=())

    assert describe_evidence(nothing, SLICE) == SLICE.evidence
