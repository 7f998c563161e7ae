"""The verbs that need images: `data` finds them; `run`, `explain`, `faults` and `confirm` train on them.

Each takes its options and a console, and returns an exit code.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import (
    add_data_options,
    add_document_option,
    add_environment_option,
    add_experiments_option,
    add_records_option,
    add_seeds_option,
    add_study_options,
    add_workers_option,
    name_environment,
)
from mnist_repro.comparison.gate.faults import plant_faults
from mnist_repro.datasets.dataset import Dataset, load_dataset
from mnist_repro.documents.document import labelled_examples, load_documents
from mnist_repro.documents.protocol import load_protocols, select_protocols
from mnist_repro.documents.variant import load_alternatives
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import describe_environment, hash_training_code
from mnist_repro.records.run import RunRecord
from mnist_repro.records.store import RecordStore, open_store
from mnist_repro.reporting.terminal.causes import print_causes
from mnist_repro.reporting.terminal.claims import print_claims
from mnist_repro.reporting.terminal.progress import StudyProgress, format_plan
from mnist_repro.reporting.terminal.timing import print_timing
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING, format_unfinished
from mnist_repro.studies.cluster.connection import Cluster, connect_cluster
from mnist_repro.studies.confirm import compare_outcomes, format_same_code, plan_confirmation, train_revision
from mnist_repro.studies.first_layer import keep_early_weights
from mnist_repro.studies.study import Plan, plan_study, profile_seeds, run_study
from mnist_repro.studies.timing import StudyClock
from mnist_repro.studies.variant_runs import plan_variants, variant_store
from mnist_repro.studies.worker import THREADS
from mnist_repro.verdicts.causes.finder import find_causes, plan_trials
from mnist_repro.verdicts.environment import summarize_environment

# Runs of each experiment that are trained again to confirm code.
_CONFIRMED_SEEDS = 2


def find_data(options: argparse.Namespace, console: Console) -> int:
    """Find MNIST, and say where it is."""
    _load(options, console)
    return 0


def run(options: argparse.Namespace, console: Console) -> int:
    """Train, record, and print the table of claims."""
    clock = StudyClock()
    _check_cluster(options)
    protocols, documents = select_protocols(options.experiments), load_documents()
    dataset = _load(options, console)
    store = _store(options, dataset)
    seeds = profile_seeds(protocols.values(), profile=options.profile)
    if options.seeds is not None:
        seeds = dict.fromkeys(protocols, options.seeds)
    with connect_cluster(options.cluster) if options.cluster is not None else nullcontext() as cluster:
        plan = plan_study(
            protocols,
            seeds=seeds,
            dataset=dataset,
            store=store,
            workers=cluster.workers if cluster else options.workers,
            environment=cluster.environment if cluster else None,
        )
        records = _train(
            plan,
            dataset=dataset,
            store=store,
            console=console,
            labelled=labelled_examples(documents.values()),
            keep_models=options.keep_models,
            clock=clock,
            cluster=cluster,
        )
    unfinished = [record for record in records if record.status != "completed"]
    result = summarize_environment(store, documents=documents, protocols=protocols, records=records)
    print_claims(result, console=console)
    if options.timing:
        print_timing(clock.read(), console=console)
    console.print(_format_counts(plan, records_unfinished=len(unfinished)), highlight=False)
    keep_early_weights(records, protocols=protocols, dataset=dataset, store=store)
    console.print(f"Records: {store.file}", highlight=False, soft_wrap=True)
    return 1 if unfinished else 0


def _check_cluster(options: argparse.Namespace) -> None:
    """See that no option was given that only makes sense without a cluster.

    Raises
    ------
    ReproError
        If one was.
    """
    if options.cluster is not None and options.workers is not None:
        msg = "A study on a cluster has the workers of the cluster: leave --workers out, or --cluster."
        raise ReproError(msg)


def explain(options: argparse.Namespace, console: Console) -> int:
    """Make every open choice otherwise, and say in which ways the documents could have been made."""
    protocols, documents = select_protocols(options.experiments), load_documents()
    dataset = _load(options, console)
    store = _store(options, dataset)
    trials = [plan_trials(protocol) for protocol in protocols.values()]
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
    labelled = labelled_examples(documents.values())
    records = _train(own, dataset=dataset, store=store, console=console, labelled=labelled)
    console.print("Every choice made otherwise, and the initial values moved:")
    records += _train_variants(plans, store=store, console=console)
    print_causes(find_causes(store, documents=documents, protocols=protocols), console=console)
    console.print("`mnist-repro report` writes it to the page of causes.", highlight=False)
    return 1 if any(record.status == "failed" for record in records) else 0


def train_faults(options: argparse.Namespace, console: Console) -> int:
    """Train with faults planted."""
    dataset = _load(options, console)
    store = _store(options, dataset)
    alternatives = {variant.id: variant for variant in load_alternatives()}
    faults = plant_faults(load_protocols(), alternatives=alternatives)
    plans = plan_variants(faults, dataset=dataset, store=store, workers=options.workers)
    records = _train_variants(plans, store=store, console=console)
    console.print("`mnist-repro baseline` measures which of them the regression gate catches.", highlight=False)
    return 1 if any(record.status == "failed" for record in records) else 0


def confirm(options: argparse.Namespace, console: Console) -> int:
    """Train recorded runs again, and say whether today's training code gives the same."""
    dataset = _load(options, console)
    if options.against is None:
        return _confirm(open_store(options.records, environment=options.environment), dataset, console)
    with TemporaryDirectory() as folder:
        console.print(f"Training with the code of {options.against}.", highlight=False)
        store = train_revision(
            options.against,
            folder=Path(folder),
            environment=options.environment,
            seeds=_CONFIRMED_SEEDS,
            dataset=dataset,
        )
        return _confirm(store, dataset, console)


def _confirm(store: RecordStore, dataset: Dataset, console: Console) -> int:
    protocols = load_protocols()
    alternatives = {variant.id: variant for variant in load_alternatives()}
    variants = {variant.id: variant for variant in plant_faults(protocols, alternatives=alternatives)}
    variants |= alternatives | {v.id: v for protocol in protocols.values() for v in plan_trials(protocol).variants}

    with TemporaryDirectory() as folder:
        planned = plan_confirmation(
            store,
            protocols=protocols,
            variants=list(variants.values()),
            seeds=_CONFIRMED_SEEDS,
            dataset=dataset,
            folder=Path(folder),
        )
        made: list[RunRecord] = []
        for plan, images, again in planned.plans:
            made += _train(plan, dataset=images, store=again, console=console, keep_pictures=False)
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
        console.print("To pool runs of today's training code with those, add to mnist_repro/records/same_code.toml:\n")
        console.print(format_same_code(confirmation, store=store), highlight=False, soft_wrap=True)
    return 0


def _train_variants(plans: Iterable[tuple[Plan, Dataset]], *, store: RecordStore, console: Console) -> list[RunRecord]:
    own = variant_store(store)
    records: list[RunRecord] = []
    for plan, images in plans:
        records += _train(plan, dataset=images, store=own, console=console, keep_pictures=False)
    return records


def _train(
    plan: Plan,
    *,
    dataset: Dataset,
    store: RecordStore,
    console: Console,
    keep_pictures: bool = True,
    labelled: Collection[int] = (),
    keep_models: bool = False,
    clock: StudyClock | None = None,
    cluster: Cluster | None = None,
) -> list[RunRecord]:
    """Make the missing runs of a plan, with progress; return the records of all its runs."""
    # Not before all is known to be in order: bad input leaves nothing behind.
    store.prepare()
    console.print(format_plan(plan), highlight=False)
    for record in plan.reused:
        if record.status != "completed":
            console.print(format_unfinished(record))
    with StudyProgress(plan, console=console) as progress:
        return run_study(
            plan,
            dataset=dataset,
            store=store,
            keep_pictures=keep_pictures,
            labelled_examples=labelled,
            keep_models=keep_models,
            on_record=progress.advance,
            clock=clock,
            cluster=cluster,
        )


def _store(options: argparse.Namespace, dataset: Dataset) -> RecordStore:
    return RecordStore(options.records / name_environment(options.environment, dataset=dataset))


def _format_counts(plan: Plan, *, records_unfinished: int) -> str:
    return (
        f"{plan.planned} runs planned: {len(plan.missing)} trained, {len(plan.reused)} reused, "
        f"{records_unfinished} of them not completed."
    )


def _load(options: argparse.Namespace, console: Console) -> Dataset:
    dataset = load_dataset(options.dataset, folder=options.data, progress=console.is_terminal)
    console.print(f"Images: {dataset.name}, {dataset.source}", highlight=False, soft_wrap=True)
    if dataset.note:
        console.print(dataset.note, highlight=False, soft_wrap=True)
    if dataset.is_stand_in:
        console.print(STAND_IN_WARNING, style="bold yellow")
    return dataset


def add_training_verbs(parsers: Any) -> None:
    """Add the verbs that train."""
    verb = parsers.add_parser(
        "run",
        help="train, record, and print the table of claims",
        description="Train every experiment, or those named, over many seeds. Runs that the records already have are "
        "reused; an interrupted study goes on where it stopped.",
    )
    add_experiments_option(verb)
    add_study_options(verb)
    add_data_options(verb)
    verb.add_argument("--keep-models", action="store_true", help="also keep each trained network, in Keras's format")
    verb.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="have a Dask cluster's workers train, such as tcp://127.0.0.1:8786 (default: processes on this machine)",
    )
    verb.add_argument("--timing", action="store_true", help="print, after the study, what the workers' time went to")
    add_document_option(verb)
    verb.set_defaults(verb=run)

    verb = parsers.add_parser(
        "explain",
        help="make every choice that was reconstructed otherwise, and rank the documents among those runs",
        description="Train each experiment, or those named, with every choice that its document leaves open made "
        "otherwise, and from initial values moved by a unit in the last place; then print in which ways the document "
        "could have been made, and what rounding alone decides. Runs that the records already have are reused.",
    )
    add_experiments_option(verb)
    add_seeds_option(verb, help="seeds of every run in place of the usual number, such as 0-3 or 0,2,5")
    add_workers_option(verb)
    add_records_option(verb)
    add_environment_option(verb, help="name under which the runs are recorded and reported (default: %(default)s)")
    add_data_options(verb)
    add_document_option(verb)
    verb.set_defaults(verb=explain)

    verb = parsers.add_parser(
        "faults",
        help="train with faults planted, to learn which of them the regression gate catches",
        description="Train experiments in which small mistakes were made on purpose; `mnist-repro baseline` then "
        "measures how often the regression gate catches each. Runs that the records already have are reused.",
    )
    add_workers_option(verb)
    add_records_option(verb)
    add_environment_option(verb, help="name under which the runs are recorded (default: %(default)s)")
    add_data_options(verb)
    verb.set_defaults(verb=train_faults)

    verb = parsers.add_parser(
        "confirm",
        help="train some recorded runs again, and say whether today's training code gives the same, bit for bit",
        description="After a change of the training code that should change no number: train the first runs of each "
        "experiment and variant again, in the environment where they were recorded, and compare all that a seed "
        "determines. Nothing is recorded.",
    )
    add_records_option(verb)
    add_environment_option(verb, help="environment whose runs are made again (default: %(default)s)")
    add_data_options(verb)
    add_document_option(verb)
    verb.add_argument(
        "--against",
        metavar="REVISION",
        help="compare with runs that the package of this git revision makes here, in place of the recorded ones",
    )
    verb.set_defaults(verb=confirm)
