"""`explain` and `faults` train variants of experiments; `confirm` trains recorded runs again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb
from mnist_repro.cli.stored import open_named
from mnist_repro.cli.studies import load_images, store_for, train
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_atlas, load_catalogue
from mnist_repro.documents.document import labelled_examples
from mnist_repro.records.environment import LOCAL_ENVIRONMENT, describe_environment, hash_training_code
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.records.variant_runs import variant_store
from mnist_repro.reporting.terminal.causes import print_causes
from mnist_repro.studies.confirm import compare_outcomes, format_same_code, plan_confirmation, train_revision
from mnist_repro.studies.study import Plan, plan_study
from mnist_repro.studies.variant_plans import plan_variants
from mnist_repro.studies.worker import THREADS
from mnist_repro.verdicts.causes.finder import find_causes, plan_trials

# Runs of each experiment that are trained again to confirm code.
_CONFIRMED_SEEDS = 2


def add_verbs(verbs: Any) -> None:
    """Add `explain`, `faults` and `confirm`."""
    add_verb(
        verbs,
        "explain",
        explain,
        shared="experiments --seeds --workers --records --data --dataset --document",
        environment="name under which the runs are recorded and reported",
        help="change every choice that was reconstructed, and rank the documents among those runs",
        description="Train each experiment, or those named, with every choice that its document leaves open changed, "
        "and from initial values moved by a unit in the last place; then print which changes the document's values "
        "allow, and what rounding alone decides. Runs that the records already have are reused.",
    )
    add_verb(
        verbs,
        "faults",
        train_faults,
        shared="--workers --records --data --dataset --document",
        environment="name under which the runs are recorded",
        help="train with faults planted, to learn which of them the regression gate catches",
        description="Train experiments with small mistakes made on purpose; `mnist-repro baseline` then measures how "
        "often the regression gate catches each. Runs that the records already have are reused.",
    )
    confirm_parser = add_verb(
        verbs,
        "confirm",
        confirm,
        shared="--records --data --dataset --document",
        environment="environment whose runs are trained again",
        reads=True,
        help="train some recorded runs again, and print whether today's training code gives the same, bit for bit",
        description="After a change of the training code that should change no number: train the first runs of each "
        "experiment and variant again, in the environment where they were recorded, and compare all that a seed "
        "determines. Nothing is recorded.",
    )
    confirm_parser.add_argument(
        "--against",
        metavar="REVISION",
        help="compare with runs that the package of this git revision makes here, instead of the recorded ones",
    )


def explain(options: argparse.Namespace, console: Console) -> int:
    """Make every open choice otherwise, and say in which ways the documents could have been made."""
    catalogue = load_atlas()
    protocols = catalogue.select(options.experiments)
    dataset = load_images(options, console)
    store = store_for(options, dataset)
    trials = [plan_trials(protocol, alternatives=catalogue.alternatives) for protocol in protocols.values()]
    usual = {each.protocol.id: options.seeds or range(each.seeds) for each in trials}
    own = plan_study(protocols, seeds=usual, dataset=dataset, store=store, workers=options.workers)
    plans = plan_variants(
        (variant for each in trials for variant in each.variants),
        dataset=dataset,
        store=store,
        seeds=options.seeds,
        workers=options.workers,
    )
    console.print("The experiments as they were reconstructed:")
    labelled = labelled_examples(catalogue.documents.values())
    later = sum(plan.cost for plan, _ in plans)
    records = train(own, dataset=dataset, store=store, console=console, labelled=labelled, later=later)
    console.print("Every choice made otherwise, and the initial values moved:")
    records += _train_variants(plans, store=store, console=console)
    causes = find_causes(store, documents=catalogue.documents, protocols=protocols, alternatives=catalogue.alternatives)
    print_causes(causes, console=console)
    console.print("`mnist-repro report` writes it to the page of causes.", highlight=False)
    return 1 if any(record.status == "failed" for record in records) else 0


def train_faults(options: argparse.Namespace, console: Console) -> int:
    """Train with faults planted."""
    dataset = load_images(options, console)
    store = store_for(options, dataset)
    plans = plan_variants(load_catalogue().faults, dataset=dataset, store=store, workers=options.workers)
    records = _train_variants(plans, store=store, console=console)
    console.print("`mnist-repro baseline` measures which of them the regression gate catches.", highlight=False)
    return 1 if any(record.status == "failed" for record in records) else 0


def confirm(options: argparse.Namespace, console: Console) -> int:
    """Train recorded runs again, and say whether today's training code gives the same."""
    dataset = load_images(options, console)
    if options.against is None:
        return _confirm(open_named(options.records, options.environment), dataset, console)
    with TemporaryDirectory() as folder:
        console.print(f"Training with the code of {options.against}.", highlight=False)
        store = train_revision(
            options.against,
            folder=Path(folder),
            environment=options.environment or LOCAL_ENVIRONMENT,
            seeds=_CONFIRMED_SEEDS,
            dataset=dataset,
        )
        return _confirm(store, dataset, console)


def _confirm(store: RecordStore, dataset: Dataset, console: Console) -> int:
    catalogue = load_atlas()
    tried = [plan_trials(protocol, alternatives=catalogue.alternatives) for protocol in catalogue.protocols.values()]
    # By id: a fault that is an alternative too is trained once.
    variants = {
        v.id: v for v in (*catalogue.faults, *catalogue.alternatives, *(v for each in tried for v in each.variants))
    }

    with TemporaryDirectory() as folder:
        planned = plan_confirmation(
            store,
            protocols=catalogue.protocols,
            variants=list(variants.values()),
            seeds=_CONFIRMED_SEEDS,
            dataset=dataset,
            folder=Path(folder),
        )
        made: list[RunRecord] = []
        for plan, images, again in planned.plans:
            made += train(plan, dataset=images, store=again, console=console, keep_pictures=False)
    confirmation = compare_outcomes(planned.recorded, made=made)
    for name, seed in confirmation.different:
        console.print(f"{name}, seed {seed}: another run than the recorded one", highlight=False, soft_wrap=True)
    equal, different = len(confirmation.equal), len(confirmation.different)
    console.print(f"{equal} of {equal + different} recorded runs come out again, bit for bit.", highlight=False)
    if different:
        recorded = store.read()[0].environment.processor
        console.print("Today's training code gives other runs: the records have to be made again.")
        if describe_environment(threads=THREADS).processor != recorded:
            console.print(
                f"Or the processor does: the recorded runs were made on {recorded}. "
                "`mnist-repro confirm --against REVISION` trains with the earlier code on this machine and compares.",
                highlight=False,
                soft_wrap=True,
            )
        return 1
    if confirmation.code != hash_training_code():
        said = "To pool runs of today's training code with those, add to mnist_repro/records/same_code.toml:"
        for line in (said, "", *format_same_code(confirmation, store=store).split("\n")):
            console.print(line, highlight=False, soft_wrap=True)
    return 0


def _train_variants(plans: Sequence[tuple[Plan, Dataset]], *, store: RecordStore, console: Console) -> list[RunRecord]:
    own = variant_store(store)
    records: list[RunRecord] = []
    for made, (plan, images) in enumerate(plans, start=1):
        later = sum(other.cost for other, _ in plans[made:])
        records += train(plan, dataset=images, store=own, console=console, keep_pictures=False, later=later)
    return records
