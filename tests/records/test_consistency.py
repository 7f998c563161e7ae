"""Records that no run can have are refused, by one rule, wherever runs are taken from records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from lies import LIES, Lie
from made_up_reports import EXPERIMENT
from made_up_runs import OTHER_SHA256, MakeRecord, make_run, write_store

from mnist_repro.comparison.environments import compare_stores
from mnist_repro.comparison.gate.baseline import read_baseline, select_baseline
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import Catalogue, load_atlas, load_catalogue
from mnist_repro.documents.losses import Loss
from mnist_repro.documents.protocol import RunningMeans
from mnist_repro.errors import ReproError
from mnist_repro.records.consistency import check_runs
from mnist_repro.records.environment import Environment
from mnist_repro.records.pooling import pool_runs
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore, open_stores
from mnist_repro.records.variant_runs import read_variant_runs, variant_store
from mnist_repro.studies.study import plan_study
from mnist_repro.verdicts.causes.finder import plan_trials
from mnist_repro.verdicts.environment import summarize_environment
from mnist_repro.verdicts.planning import plan_experiments

PUBLISHED = Path(__file__).parents[2] / "reports"

Take = Callable[[RecordStore, Catalogue], object]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Return what all documents declare."""
    return load_catalogue()


def write_lie(store: RecordStore, lie: Lie, runs: Sequence[RunRecord]) -> None:
    """Write three runs, of which the second lies."""
    write_store(store.folder, runs[:1])
    with store.file.open("a", encoding="utf-8") as file:
        file.write(f"{lie.tell(runs[1])}\n")
    write_store(store.folder, runs[2:])


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: f"{lie.kind}, {lie.id}")
def test_pool_runs_lie_is_named(lie: Lie, make: MakeRecord, catalogue: Catalogue, store: RecordStore) -> None:
    """The error names file, line, run, rule, what was received and the next step."""
    write_lie(store, lie, [make(seed, lie.experiment) for seed in range(3)])

    with pytest.raises(ReproError) as caught:
        pool_runs(store.read(), protocol=catalogue.protocols[lie.experiment], store=store)

    message = str(caught.value)
    assert message.startswith(f"{store.file}, line 2: no run of {lie.experiment} has this record, seed 1: ")
    assert "; received " in message
    assert message.endswith(". Remove this line and run again to replace it.")


def test_pool_runs_published_records_keep_the_rule() -> None:
    """Every run that was ever published is one that there can be, and is pooled with those of its processor."""
    catalogue = load_atlas()
    stores = [*open_stores(PUBLISHED / "records"), RecordStore(PUBLISHED / "baseline")]
    trials = [plan_trials(each, alternatives=catalogue.alternatives) for each in catalogue.protocols.values()]
    variants = {v.id: v for v in (*catalogue.faults, *(v for each in trials for v in each.variants))}

    read = [(store, store.read()) for store in stores]
    pools = [
        pool_runs(records, protocol=protocol, store=store, processor=processor)
        for store, records in read
        for processor in {record.environment.processor for record in records}
        for protocol in catalogue.protocols.values()
    ]
    runs = [record for pool in pools for record in pool.records]
    recorded = [read_variant_runs(store) for store in stores if variant_store(store).file.exists()]
    runs += [r for all_runs in recorded for v in variants.values() if v.is_trained for r in all_runs.of_variant(v)]

    assert len(runs) == sum(len(records) + len(variant_store(store).read()) for store, records in read)


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(
            lambda store, known: summarize_environment(
                store, documents=known.documents, protocols=known.protocols, alternatives=(), labels={}
            ),
            id="verdicts",
        ),
        pytest.param(lambda store, known: compare_stores(store, store, protocols=known.protocols), id="comparison"),
        pytest.param(lambda store, known: select_baseline(store, protocols=known.protocols), id="new baseline"),
        pytest.param(lambda store, known: read_baseline(store.folder, protocols=known.protocols), id="baseline"),
        pytest.param(
            lambda store, known: read_variant_runs(store).of_experiment(known.protocols[EXPERIMENT]), id="causes"
        ),
        pytest.param(
            lambda store, known: plan_experiments(
                known.protocols, profile="brief", records=store.folder.parent, environment="local", documents=()
            ),
            id="plan",
        ),
    ],
)
def test_lie_is_refused_wherever_runs_are_taken(
    take: Take, make: MakeRecord, catalogue: Catalogue, store: RecordStore
) -> None:
    """No way from records to a number leads around the rule."""
    write_lie(store, LIES[0], [make(seed) for seed in range(3)])

    with pytest.raises(ReproError, match=r"line 2: no run of .*, seed 1: an accuracy on validation is a number of"):
        take(store, catalogue)


def test_plan_study_lie_is_not_reused(
    make: MakeRecord, catalogue: Catalogue, store: RecordStore, random_images: Dataset
) -> None:
    """A study does not count a run that cannot be among its own."""
    runs = [make(seed, dataset="digits", dataset_sha256=random_images.sha256) for seed in range(3)]
    write_lie(store, LIES[0], runs)

    with pytest.raises(ReproError, match="line 2: no run of"):
        plan_study(
            catalogue.select([EXPERIMENT]),
            seeds={EXPERIMENT: range(3)},
            dataset=random_images,
            store=store,
            environment=runs[0].environment,
        )


def test_check_runs_without_their_protocol_are_held_against_themselves(make: MakeRecord, store: RecordStore) -> None:
    """Of an earlier protocol only images, status and confusion matrix can be judged; the rest may be anything."""
    record = make(0, protocol_sha256="e" * 64)
    (first, *rows) = record.confusion_matrix
    other, turned = (
        replace(record, periods=record.periods[:2]),
        replace(record, confusion_matrix=((1, *first[1:]), *rows)),
    )
    write_store(store.folder, [record, other, turned])

    check_runs([record, other], protocol=None, store=store)
    with pytest.raises(ReproError, match=r"line 3: .* confusion matrix has the accuracy of one of its evaluations"):
        check_runs([turned], protocol=None, store=store)


@pytest.mark.parametrize(
    ("loss", "smallest"),
    [
        pytest.param(Loss(), math.log(2), id="cross entropy"),
        pytest.param(Loss(kind="quadratic"), 0.25, id="quadratic"),
        pytest.param(Loss(divisor=10), math.log(2) / 10, id="divided"),
        pytest.param(Loss(summed=True), math.log(2) * 10_000, id="summed"),
    ],
)
def test_check_runs_loss_allows_the_accuracy(
    catalogue: Catalogue, environment: Environment, store: RecordStore, loss: Loss, smallest: float
) -> None:
    """Each wrong answer costs at least so much, in the declared loss; running means are no set of images."""
    protocol = catalogue.protocols["tf1-basic"]
    last = replace(protocol.layers[-1], activation=loss.activation)
    protocol = replace(protocol, loss=loss, layers=(*protocol.layers[:-1], last), running=RunningMeans())
    protocol = replace(protocol, evaluated_each_period=())
    run = make_run(protocol, seed=0, environment=environment)

    def lose(fraction: float) -> RunRecord:
        losses = {
            name: fraction * smallest * (1 - accuracy) * (0.1 if loss.summed and name == "validation" else 1)
            for name, accuracy in run.final_accuracy.items()
        }
        return replace(run, final_loss=losses)

    right, wrong = lose(1.0), lose(0.99)
    write_store(store.folder, [right, wrong])
    check_runs([right], protocol=protocol, store=store)
    with pytest.raises(ReproError, match=r"line 2: .* times the fraction of wrong answers"):
        check_runs([wrong], protocol=protocol, store=store)
    with pytest.raises(ReproError, match=r"line 1: .* it is evaluated on"):
        check_runs([right], protocol=replace(protocol, running=None), store=store)


@pytest.mark.parametrize(
    ("answers", "broken"),
    [
        pytest.param(9_216 / 10_112, "", id="answers in whole batches"),
        pytest.param(1 - 8 / 10_112, "", id="a mistake in the last one"),
        pytest.param(0.912345, "a number of 10112ths", id="no number of answers"),
        pytest.param(1 + 1 / 10_112, "from 0 to 1", id="too many answers"),
    ],
)
def test_check_runs_mean_over_batches_is_one(
    catalogue: Catalogue, environment: Environment, store: RecordStore, *, answers: float, broken: str
) -> None:
    """Of 79 batches of 10,000 images the last has 16, so that its answers weigh eight times as much."""
    protocol = catalogue.protocols["tf1-basic"]
    validation, test = protocol.evaluation_sets
    protocol = replace(protocol, evaluation_sets=(validation, replace(test, batch_size=128)))
    run = make_run(protocol, seed=0, environment=environment)
    told = replace(run, final_accuracy=run.final_accuracy | {"test": answers})
    write_store(store.folder, [told])

    if not broken:
        check_runs([told], protocol=protocol, store=store)
        return
    with pytest.raises(ReproError, match=broken):
        check_runs([told], protocol=protocol, store=store)


@pytest.mark.parametrize("alters", [False, True], ids=["MNIST", "altered images"])
def test_of_variant_images_are_altered_only_where_the_variant_alters_them(
    environment: Environment, catalogue: Catalogue, store: RecordStore, *, alters: bool
) -> None:
    """A fault in the images has another sum than MNIST's; any other run on MNIST has MNIST's."""
    fault = next(each for each in catalogue.faults if each.is_trained and (each.alter is not None) is alters)
    true, other = (
        make_run(fault.protocol, seed=seed, environment=environment, **changes)
        for seed, changes in enumerate(({}, {"dataset_sha256": OTHER_SHA256})[:: -1 if alters else 1])
    )
    own = write_store(variant_store(store).folder, [true])

    assert read_variant_runs(store).of_variant(fault) == (true,)
    write_store(own.folder, [other])
    with pytest.raises(ReproError, match=r"line 2: .*: the SHA-256 sum of MNIST is"):
        read_variant_runs(store).of_variant(fault)
