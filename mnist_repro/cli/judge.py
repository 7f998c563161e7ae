"""`verdicts`, `baseline` and `compare` read records."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb, find_store, judge_environment, name_baseline, parse_ratio
from mnist_repro.comparison.environments import compare_stores
from mnist_repro.comparison.gate.baseline import select_baseline, write_baseline
from mnist_repro.comparison.gate.error_file import measure_errors
from mnist_repro.comparison.gate.resampling import check_enough
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.records.store import open_store
from mnist_repro.reporting.terminal.differences import print_differences
from mnist_repro.reporting.terminal.verdicts import print_verdicts
from mnist_repro.reporting.wording.gates import format_detections, format_false_alarms


def add_verbs(verbs: Any) -> None:
    """Add `verdicts`, `baseline` and `compare`."""
    add_verb(
        verbs,
        "verdicts",
        show_verdicts,
        shared="--records --document --format",
        environment="environment whose runs are judged",
        help="print the verdict on everything that the documents report, with its reason",
        description="Print, from the records alone, whether each curve, each single number, each comparison and each "
        "statement of the documents is reproduced, with its exact p-value and the reason in words.",
    )
    add_verb(
        verbs,
        "baseline",
        record_baseline,
        shared="--records --baseline --document",
        environment="environment whose runs become the baseline",
        help="make an environment's runs the baseline of the regression gate, and measure how often the gate errs",
        description="Replace the baseline by an environment's runs; then measure, from records alone, how often the "
        "gate fails though nothing changed, and which of the planted faults it catches. This takes a few minutes.",
    )
    compare_parser = add_verb(
        verbs,
        "compare",
        compare,
        shared="--records --document --format",
        help="print what differs between two sets of records; exit with 1 if anything got worse",
        description="Compare the runs of B with those of A: what they were made with, their final accuracies by exact "
        "permutation tests, adjusted together, and their training times. Exits with 1 if an accuracy is lower, at "
        "5 %% over all, or fewer of the runs completed.",
    )
    compare_parser.add_argument("before", metavar="A", help="an environment, or a folder with the records of one")
    compare_parser.add_argument("after", metavar="B", help="the same; compared with A")
    compare_parser.add_argument(
        "--speed",
        type=parse_ratio,
        metavar="RATIO",
        help="count it as worse, too, if training takes more than RATIO times as long, by the whole 95 %% interval",
    )


def record_baseline(options: argparse.Namespace, console: Console) -> int:
    """Make an environment's runs the baseline, and measure how often the gate errs."""
    catalogue = load_catalogue()
    protocols = catalogue.protocols
    folder = name_baseline(options.baseline, records=options.records)
    store = open_store(options.records, environment=options.environment)
    selected = select_baseline(store, protocols=protocols)
    # Before anything is replaced.
    check_enough(selected, protocols=protocols)
    write_baseline((record for records in selected.values() for record in records), folder=folder)
    runs = sum(map(len, selected.values()))
    console.print(f"Baseline: {runs} runs of {store.environment}, {folder}", highlight=False, soft_wrap=True)
    console.print("Measuring how often the gate errs; it takes a few minutes.")
    errors = measure_errors(folder, faults_of=store, faults=catalogue.faults, protocols=protocols)
    console.print(format_false_alarms(errors.false_alarms), highlight=False, soft_wrap=True)
    console.print(format_detections(errors), highlight=False, soft_wrap=True)
    return 0


def show_verdicts(options: argparse.Namespace, console: Console) -> int:
    """Print the verdicts."""
    catalogue = load_catalogue()
    result = judge_environment(options, catalogue)
    print_verdicts(result, documents=catalogue.documents, form=options.format, console=console)
    return 0


def compare(options: argparse.Namespace, console: Console) -> int:
    """Print what differs between two sets of records; say by the exit code whether anything got worse."""
    before, after = (find_store(name, records=options.records) for name in (options.before, options.after))
    differences = compare_stores(before, after, protocols=load_catalogue().protocols)
    sides, limit = {"before": options.before, "after": options.after}, options.speed
    print_differences(differences, **sides, form=options.format, console=console, slower_than=limit)
    return 1 if differences.find_worse(slower_than=limit) else 0
