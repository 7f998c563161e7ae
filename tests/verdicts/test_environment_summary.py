"""Each claim of a document gets one verdict by an environment's runs; stand-ins and incomplete runs judge nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_up_claims import EXPERIMENT, Summarize
from made_up_runs import MakeRecord, make_unfinished, write_store

from mnist_repro.datasets.dataset import MNIST_SHA256, Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.explanation import Explanation
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import variant_store
from mnist_repro.studies.artifacts import save_labels
from mnist_repro.verdicts.environment import EnvironmentResult, summarize_environment
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Judgement

OTHER = "tf1-basic"


def places_of(result: EnvironmentResult) -> dict[str, dict[str, int]]:
    """Return how many of each family's numbers have which place."""
    return {
        family.id.removeprefix(f"{EXPERIMENT}."): {j.value: n for j, n in family.places.items()}
        for family in result.families
    }


def verdicts_of(result: EnvironmentResult) -> dict[str, str]:
    """Return the verdict on each family."""
    return {family.id.removeprefix(f"{EXPERIMENT}."): family.finding.verdict.value for family in result.families}


def test_summarize_environment_points_are_counted_by_place(summarize: Summarize, make: MakeRecord) -> None:
    """A curve is one family with a count for each place; single claims are families of one."""
    result = summarize(*(make(seed) for seed in range(9)))

    assert places_of(result) == {
        "loss": {"inside": 2, "outside": 1},
        "accuracy": {"inside": 1},
        "seconds": {"not comparable": 1},
        "promise": {"not judged": 1},
        "label": {"not judged": 1},
    }


@pytest.mark.parametrize(
    ("runs", "of_run", "promise"),
    [
        pytest.param(9, "inconclusive", "inconclusive", id="few"),
        pytest.param(40, "not reproduced", "reproduced", id="many"),
    ],
)
def test_summarize_environment_every_family_has_its_verdict(
    summarize: Summarize, make: MakeRecord, runs: int, of_run: str, promise: str
) -> None:
    """With enough runs the curve that no run reaches refutes its run, and so the accuracy that was printed with it."""
    assert verdicts_of(summarize(*(make(seed) for seed in range(runs)))) == {
        "loss": of_run,
        "accuracy": of_run,
        "seconds": "not comparable",
        "promise": promise,
        "label": "not run",
    }


def test_summarize_environment_family_stands_for_its_last_point(summarize: Summarize, make: MakeRecord) -> None:
    """Where a curve has one row, it is the curve's end."""
    result = summarize(*(make(seed) for seed in range(3)))

    assert [family.claim.period for family in result.families] == [3, None, None, None, None]


def test_summarize_environment_every_claim_is_assessed_once(
    protocols: dict[str, Protocol], make: MakeRecord, tmp_path: Path
) -> None:
    """Whatever was run, the experiments and what belongs to none hold every claim of every document."""
    documents = load_catalogue().documents
    store = write_store(tmp_path / "somewhere", [make(0)])

    result = summarize_environment(store, documents=documents, protocols=protocols, alternatives=(), labels={})

    assert Counter(a.claim.id for family in result.families for a in family.assessments) == Counter(
        claim.id for document in documents.values() for claim in document.claims
    )


def test_summarize_environment_experiment_without_runs_is_not_run(
    protocols: dict[str, Protocol], make: MakeRecord, tmp_path: Path
) -> None:
    """Every experiment is there; those without runs have claims that were not run, and no times."""
    store = write_store(tmp_path / "somewhere", [make(0), make(1)])

    result = summarize_environment(
        store, documents=load_catalogue().documents, protocols=protocols, alternatives=(), labels={}
    )

    assert [experiment.protocol.id for experiment in result.experiments] == list(protocols)
    for experiment in result.experiments:
        judgements = {a.judgement for f in experiment.families for a in f.assessments if a.claim.is_of_run}
        assert (judgements == {Judgement.NOT_RUN}) is (experiment.protocol.id != EXPERIMENT)
        assert (experiment.seconds is None) is (experiment.protocol.id != EXPERIMENT)


def test_summarize_environment_stand_in_is_judged_nowhere(summarize: Summarize, make: MakeRecord) -> None:
    """Runs on the stand-in are shown, and no number of the document gets a place or a verdict by them."""
    result = summarize(*(make(seed, dataset="digits") for seed in range(40)))

    assert result.is_stand_in
    assert len(result.records) == 40
    assert set(result.outcome()) == {Verdict.NOT_RUN}
    assert {place for places in places_of(result).values() for place in places} == {"not judged"}


@pytest.mark.parametrize("environment_folder", ["somewhere", "another"], ids=["its own", "another environment's"])
def test_summarize_environment_kept_label_is_judged(
    summarize: Summarize, make: MakeRecord, random_images: Dataset, tmp_path: Path, environment_folder: str
) -> None:
    """A label has its verdict by the label that any environment keeps, on the very images of the newest run."""
    kept = int(random_images.train_labels[71])
    save_labels(tmp_path / environment_folder, dataset=random_images, examples=[72])

    of_others = summarize(make(0))
    images = replace(random_images, name="mnist")
    vars(images)["sha256"] = MNIST_SHA256
    save_labels(tmp_path / environment_folder, dataset=images, examples=[72])
    of_these = summarize(make(0))

    assert verdicts_of(of_others)["label"] == "not run"
    assert verdicts_of(of_these)["label"] == ("reproduced" if kept == 7 else "not reproduced")


def test_summarize_environment_label_of_a_stand_in_judges_nothing(
    summarize: Summarize, make: MakeRecord, random_images: Dataset, tmp_path: Path
) -> None:
    """Labels that are kept of a stand-in are no labels of MNIST."""
    save_labels(tmp_path / "somewhere", dataset=random_images, examples=[72])

    result = summarize(make(0, dataset="digits", dataset_sha256=random_images.sha256))

    assert verdicts_of(result)["label"] == "not run"


def test_summarize_environment_supported_variant_explains_a_miss(
    made_up_document: Document, protocols: dict[str, Protocol], make: MakeRecord, tmp_path: Path
) -> None:
    """What the cause finder finds possible reaches the verdict of the family that it explains."""
    (variant,) = (variant for variant in load_catalogue().alternatives if variant.id == f"{EXPERIMENT}+sgd")
    reason = Explanation(family=f"{EXPERIMENT}.loss", date=date(2025, 1, 31), variant=variant.id, text="Plain descent.")
    documents = {"made-up": replace(made_up_document, explanations=(reason,))}
    store = write_store(tmp_path / "somewhere", (make(seed) for seed in range(40)))

    def verdict() -> str:
        result = summarize_environment(
            store, documents=documents, protocols=protocols, alternatives=[variant], labels={}
        )
        return verdicts_of(result)["loss"]

    def reach_the_last_loss(run: RunRecord) -> RunRecord:
        """Let the third loss be about 9, as the document has it."""
        losses = {**run.periods[2].loss, "validation": 9.0 + 0.1 * (run.seed % 3 - 1)}
        periods = (*run.periods[:2], replace(run.periods[2], loss=losses), *run.periods[3:])
        return replace(run, experiment=variant.id, protocol_sha256=variant.protocol.sha256, periods=periods)

    assert verdict() == "not reproduced"
    write_store(variant_store(store).folder, (reach_the_last_loss(make(seed)) for seed in range(40)))
    assert verdict() == "explained"


def test_summarize_environment_mnist_is_no_stand_in(summarize: Summarize, make: MakeRecord) -> None:
    """Nothing is called a stand-in where all runs were made with MNIST."""
    assert not summarize(make(0)).is_stand_in


def test_summarize_environment_single_run_is_not_judged(summarize: Summarize, make: MakeRecord) -> None:
    """One run has no standard deviation: it gives no number a place, and reproduces nothing."""
    result = summarize(make(0))

    assert {place for places in places_of(result).values() for place in places} == {"not judged", "not comparable"}
    assert set(result.outcome()) == {Verdict.INCONCLUSIVE}
    assert set(result.beside()) == {Verdict.INCONCLUSIVE, Verdict.NOT_COMPARABLE}


@pytest.mark.parametrize("status", ["diverged", "failed"])
def test_summarize_environment_unfinished_runs_are_shown_and_not_measured(
    summarize: Summarize, make: MakeRecord, status: str
) -> None:
    """A run that did not complete stays in sight, and enters no mean, no curve and no time."""
    result = summarize(make(0), make(1), make_unfinished(make(2), status=status))
    (experiment,) = (e for e in result.experiments if e.records)

    assert [record.seed for record in experiment.records] == [0, 1, 2]
    assert [record.seed for record in experiment.completed] == [0, 1]
    assert [record.seed for record in experiment.unfinished] == [2]
    assert experiment.curves("loss").shape == (2, 10)
    assert experiment.confusion().sum() == 2 * 2_500
    assert {a.summary.n for f in experiment.families for a in f.assessments if a.summary} == {2}


def test_summarize_environment_no_run_completed_judges_nothing(summarize: Summarize, make: MakeRecord) -> None:
    """Where every run failed the claims are not run: nothing passes by absence."""
    result = summarize(make_unfinished(make(0), status="failed"), make_unfinished(make(1)))

    assert len(result.records) == 2
    assert places_of(result) == {
        "loss": {"not run": 3},
        "accuracy": {"not run": 1},
        "seconds": {"not run": 1},
        "promise": {"not judged": 1},
        "label": {"not judged": 1},
    }
    assert set(result.outcome()) == {Verdict.NOT_RUN}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"protocol_sha256": "0" * 64}, id="another protocol"),
        pytest.param({"training_sha256": "0" * 64}, id="another code"),
        pytest.param({"dataset": "digits"}, id="another dataset"),
    ],
)
def test_summarize_environment_earlier_records_are_set_aside(
    summarize: Summarize, make: MakeRecord, change: dict[str, Any]
) -> None:
    """Records of other conditions are counted as excluded, and pooled with nothing."""
    result = summarize(make(0, accuracy=0.2, **change), make(1), make(2), make(2))
    (experiment,) = (e for e in result.experiments if e.records)

    assert [record.seed for record in experiment.records] == [1, 2]
    assert experiment.set_aside == 2


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"periods": ()}, id="no periods"),
        pytest.param({"final_accuracy": {}}, id="no final accuracy"),
        pytest.param({"final_loss": {"another": 0.5}}, id="a set missing"),
        pytest.param({"confusion_matrix": ()}, id="no confusion matrix"),
        pytest.param({"confusion_matrix": ((1, 2), (3, 4))}, id="a small confusion matrix"),
    ],
)
def test_summarize_environment_damaged_run_is_refused(
    summarize: Summarize, make: MakeRecord, damage: dict[str, Any]
) -> None:
    """A run that says completed and lacks what its protocol measures is named; nothing is concluded from it."""
    with pytest.raises(ReproError, match=rf"line 2: no run of {EXPERIMENT} has this record, seed 1: "):
        summarize(make(0), replace(make(1), **damage), make(2))


def test_summarize_environment_only_other_protocols_is_refused(summarize: Summarize, make: MakeRecord) -> None:
    """A store that holds nothing of today's protocols has nothing to report, and says how many records it has."""
    with pytest.raises(ReproError, match=r"runs\.jsonl has no run of today's protocols; its 2 records are of other"):
        summarize(make(0, protocol_sha256="0" * 64), replace(make(1), experiment="another"))


def test_summarize_environment_empty_store_is_refused(protocols: dict[str, Protocol], tmp_path: Path) -> None:
    """No records are no result."""
    with pytest.raises(ReproError, match="has no run of today's protocols"):
        summarize_environment(
            RecordStore(tmp_path / "nowhere"), documents={}, protocols=protocols, alternatives=(), labels={}
        )
