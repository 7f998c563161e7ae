"""`data` finds MNIST; `run` trains on it."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb, name_environment
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.documents.chance import is_deterministic
from mnist_repro.documents.document import labelled_examples
from mnist_repro.errors import ReproError
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.terminal.claims import print_claims
from mnist_repro.reporting.terminal.progress import StudyProgress, format_plan
from mnist_repro.reporting.terminal.timing import print_timing
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING, format_unfinished
from mnist_repro.studies.artifacts import find_labels
from mnist_repro.studies.cluster.connection import Cluster, connect_cluster
from mnist_repro.studies.first_layer import keep_early_weights
from mnist_repro.studies.replay import keep_replays
from mnist_repro.studies.stopping import IsDecided, note_rules, plan_rules
from mnist_repro.studies.study import Plan, find_alike, find_other_pools, plan_study, profile_seeds, run_study
from mnist_repro.studies.timing import StudyClock
from mnist_repro.verdicts.environment import summarize_environment
from mnist_repro.verdicts.in_turn import until_decided


def add_verbs(verbs: Any) -> None:
    """Add `data` and `run`."""
    add_verb(
        verbs, "data", find_data, shared="--data --dataset", help="find MNIST, check it bit for bit, print where it is"
    )
    run_parser = add_verb(
        verbs,
        "run",
        run,
        shared="experiments --profile --seeds --workers --records --data --dataset --document",
        environment="name under which the runs are recorded and reported",
        help="train, record, and print the table of claims",
        description="Train every experiment, or those named, over many seeds. Runs that the records already have are "
        "reused; an interrupted study goes on where it stopped.",
    )
    run_parser.add_argument(
        "--keep-models",
        action="store_true",
        help="also keep each trained network, in Keras's format; recorded runs that have none are trained again, and a "
        "network is kept only where its run comes out as recorded",
    )
    run_parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="train on a Dask cluster's workers, such as tcp://127.0.0.1:8786 (default: processes on this machine)",
    )
    run_parser.add_argument(
        "--until-decided",
        action="store_true",
        help="make no more runs than a verdict takes: the first 20 of an experiment set the scale, and the third later "
        "one that lies as far out as the document's ends it; at most those of --seeds 0-N, or of the profile `full`",
    )
    run_parser.add_argument("--timing", action="store_true", help="also print how the workers spent their time")


def find_data(options: argparse.Namespace, console: Console) -> int:
    """Find MNIST, and say where it is."""
    load_images(options, console)
    return 0


def run(options: argparse.Namespace, console: Console) -> int:
    """Train, record, and print the table of claims."""
    clock = StudyClock()
    if options.cluster is not None and options.workers is not None:
        msg = "A study on a cluster has the workers of the cluster: leave --workers out, or --cluster."
        raise ReproError(msg)
    if options.cluster is not None and options.until_decided:
        msg = "A cluster is given all runs at once: leave --until-decided out, or --cluster."
        raise ReproError(msg)
    atlas = load_atlas()
    protocols = atlas.select(options.experiments)
    catalogue = atlas.select_documents({atlas.owners[name] for name in protocols})
    dataset = load_images(options, console)
    if options.until_decided and dataset.is_stand_in:
        msg = "The stand-in decides nothing: leave --until-decided out, or name a folder with MNIST by --data."
        raise ReproError(msg)
    store = store_for(options, dataset)
    # Versions are compared by their records alone: no page shows what their networks look like.
    keep_pictures = options.profile != "versions"
    seeds = profile_seeds(protocols.values(), profile="full" if options.until_decided else options.profile)
    if options.seeds is not None:
        seeds = dict.fromkeys(protocols, options.seeds)
    by_chance = {name: seeds[name] for name, protocol in protocols.items() if not is_deterministic(protocol)}
    rules = plan_rules(by_chance) if options.until_decided else {}
    with connect_cluster(options.cluster) if options.cluster is not None else nullcontext() as cluster:
        plan = plan_study(
            protocols,
            seeds=seeds,
            dataset=dataset,
            store=store,
            workers=cluster.workers if cluster else options.workers,
            environment=cluster.environment if cluster else None,
            keep_models=options.keep_models,
        )
        note_rules(
            store.folder,
            rules,
            fixed={name: len(planned) for name, planned in seeds.items()},
            recorded=Counter(record.experiment for record in plan.reused),
        )
        records = train(
            plan,
            dataset=dataset,
            store=store,
            console=console,
            labelled=labelled_examples(atlas.documents.values()),
            keep_pictures=keep_pictures,
            keep_models=options.keep_models,
            clock=clock,
            cluster=cluster,
            is_decided=until_decided(catalogue, rules) if rules else None,
        )
    keep_replays(store.folder, catalogue.documents.values(), dataset=dataset)
    unfinished = sum(record.status != "completed" for record in records)
    result = summarize_environment(
        store,
        documents=catalogue.documents,
        protocols=protocols,
        alternatives=catalogue.alternatives,
        labels=find_labels(store, folder=options.records),
        records=find_alike(store, records=records),
    )
    print_claims(result, console=console)
    for name, differences in find_other_pools(store, records=records, protocols=protocols).items():
        others = f"{name}: `mnist-repro verdicts` and `report` judge other runs that are recorded: {differences}."
        console.print(
            f"{others} Record runs of other settings under --environment NAME.", highlight=False, soft_wrap=True
        )
    if options.timing:
        print_timing(clock.read(), console=console)
    trained = len(records) - len(plan.reused)
    counts = f"{trained} trained, {len(plan.reused)} reused, {unfinished} of them not completed."
    console.print(f"{plan.planned} runs planned: {counts}", highlight=False)
    if keep_pictures:
        keep_early_weights(records, protocols=protocols, dataset=dataset, store=store)
    console.print(f"Records: {store.file}", highlight=False, soft_wrap=True)
    return 1 if unfinished else 0


def train(
    plan: Plan,
    *,
    dataset: Dataset,
    store: RecordStore,
    console: Console,
    labelled: Collection[int] = (),
    keep_pictures: bool = True,
    keep_models: bool = False,
    clock: StudyClock | None = None,
    cluster: Cluster | None = None,
    is_decided: IsDecided | None = None,
    later: int = 0,
) -> list[RunRecord]:
    """Make the missing runs of a plan, with progress; return the records of all its runs.

    `later` is the cost of the plans that follow in the same command.
    """
    # Not before all is known to be in order: bad input leaves nothing behind.
    store.prepare()
    console.print(format_plan(plan), highlight=False)
    for record in plan.reused:
        if record.status != "completed":
            console.print(format_unfinished(record))
    with StudyProgress(plan, console=console, later=later) as progress:
        return run_study(
            plan,
            dataset=dataset,
            store=store,
            labelled_examples=labelled,
            keep_pictures=keep_pictures,
            keep_models=keep_models,
            on_record=progress.advance,
            clock=clock,
            cluster=cluster,
            is_decided=is_decided,
        )


def store_for(options: argparse.Namespace, dataset: Dataset) -> RecordStore:
    """Return the store of the environment that the options name."""
    return RecordStore(options.records / name_environment(options.environment, dataset=dataset))


def load_images(options: argparse.Namespace, console: Console) -> Dataset:
    """Load the images that the options name, and print where they come from."""
    dataset = load_dataset(options.dataset, folder=options.data, progress=console.is_terminal)
    console.print(f"Images: {dataset.name}, {dataset.source}", highlight=False, soft_wrap=True)
    if dataset.note:
        console.print(dataset.note, highlight=False, soft_wrap=True)
    if dataset.is_stand_in:
        console.print(STAND_IN_WARNING, style="bold yellow")
    return dataset
