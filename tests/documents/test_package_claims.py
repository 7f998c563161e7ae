"""The package's claims are those that the documents print, and fit the declared experiments."""

from __future__ import annotations

from collections import Counter

import pytest

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.claim import Claim
from mnist_repro.documents.document import Document


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """Load the documents of the package."""
    return load_catalogue().documents


@pytest.fixture(scope="module")
def claims(documents: dict[str, Document]) -> dict[str, Claim]:
    """Give the claims of all documents of the package by id."""
    return {claim.id: claim for document in documents.values() for claim in document.claims}


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [
        pytest.param(
            "tf1-basic",
            {"loss": 10, "accuracy": 11, "error": 1, "seconds_per_period": 10, "total_seconds": 1},
            id="basic net",
        ),
        *(
            pytest.param(
                experiment,
                {
                    "loss": 10,
                    "accuracy": 11,
                    "error": 1,
                    "learning_rate": 10,
                    "seconds_per_period": 10,
                    "total_seconds": 1,
                },
                id=words,
            )
            for experiment, words in (
                ("tf1-dropout-piecewise", "dropout net, piecewise rate"),
                ("tf1-dropout-exponential", "dropout net, exponential rate"),
            )
        ),
        pytest.param("julia-linear-lr0.02", {"loss": 10, "accuracy": 1}, id="linear model, rate 0.02"),
        pytest.param(
            "julia-linear-lr0.003", {"loss": 10, "accuracy": 1, "accuracy_promise": 1}, id="linear model, rate 0.003"
        ),
        pytest.param("julia-mlp-100x100", {"loss": 10, "accuracy": 2, "accuracy_target": 1}, id="100 x 100 network"),
        pytest.param(None, {"label": 1}, id="no experiment"),
    ],
)
def test_package_claims_of_experiment_are_all_there(
    claims: dict[str, Claim], *, experiment: str | None, expected: dict[str, int]
) -> None:
    """Each experiment has as many claims of each metric as its document prints."""
    found = Counter(claim.metric for claim in claims.values() if claim.experiment == experiment)

    assert found == expected


@pytest.mark.parametrize(
    ("id_", "value", "unit"),
    [
        # Read off the documents by eye.
        pytest.param("tf1-basic.validation-loss.10", 0.42103118, "nat", id="last loss of the basic net"),
        pytest.param("tf1-basic.test-error", 0.1101, "fraction", id="fraction printed as percent"),
        pytest.param("tf1-dropout-piecewise.test-error", 10.879999999999999, "percent", id="true percent"),
        pytest.param("tf1-basic.total-seconds", 44.0, "seconds", id="total of the basic net"),
        pytest.param("tf1-dropout-piecewise.total-seconds", 67.0, "seconds", id="total, piecewise"),
        pytest.param("tf1-dropout-exponential.total-seconds", 66.0, "seconds", id="total, exponential"),
        pytest.param("tf1-dropout-exponential.learning-rate.2", 0.48299998, "1", id="second rate"),
        pytest.param("julia-mlp-100x100.test-accuracy", 0.923, "fraction", id="test accuracy of the network"),
        pytest.param("julia-mlp-100x100.accuracy-target", 0.95, "fraction", id="what the exercise asks for"),
        pytest.param("julia-linear-lr0.003.accuracy-promise", 0.9, "fraction", id="what the text promises"),
        pytest.param("julia-example-72.label", 7.0, "1", id="label of example 72"),
    ],
)
def test_package_claim_has_the_printed_value(claims: dict[str, Claim], *, id_: str, value: float, unit: str) -> None:
    """Numbers that were read off the documents by eye are the claims' values."""
    assert (value, unit) == (claims[id_].value, claims[id_].unit)


def test_package_accuracies_and_errors_lie_between_nothing_and_all(claims: dict[str, Claim]) -> None:
    """Accuracies and errors lie in 0..1 as fractions and in 0..100 as percent."""
    highest = {"fraction": 1.0, "percent": 100.0}
    shares = [claim for claim in claims.values() if claim.unit in highest]

    assert len(shares) == 42
    assert [claim.id for claim in shares if not 0.0 <= claim.value <= highest[claim.unit]] == []


def test_package_claims_fit_the_declared_experiments(claims: dict[str, Claim]) -> None:
    """Experiments, evaluation sets and periods that claims name exist in the protocols."""
    protocols = load_catalogue().protocols
    of_experiments = [claim for claim in claims.values() if claim.experiment is not None]

    assert {claim.experiment for claim in of_experiments} == protocols.keys()
    for claim in of_experiments:
        protocol = protocols[claim.experiment or ""]
        sets = {None, *(evaluation_set.name for evaluation_set in protocol.evaluation_sets)}
        assert claim.evaluation_set in sets, claim.id
        assert (claim.period or 1) <= protocol.training.periods, claim.id


def test_package_claims_on_images_name_their_evaluation_set(claims: dict[str, Claim]) -> None:
    """A loss, an accuracy or an error says on which images; a rate, a time or a label does not."""
    on_images = {"loss", "accuracy", "error", "accuracy_promise", "accuracy_target"}

    assert [
        claim.id for claim in claims.values() if (claim.evaluation_set is None) == (claim.metric in on_images)
    ] == []


def test_package_curves_are_complete(claims: dict[str, Claim]) -> None:
    """Every series has each period of its experiment once and in order."""
    protocols = load_catalogue().protocols
    series: dict[str, list[int]] = {}
    for claim in claims.values():
        if claim.period is not None:
            series.setdefault(claim.id.rpartition(".")[0], []).append(claim.period)

    assert len(series) == 14
    for name, periods in series.items():
        periods_declared = protocols[name.rpartition(".")[0]].training.periods
        assert periods == list(range(1, periods_declared + 1)), name
