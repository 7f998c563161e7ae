"""`verdicts` and `compare` read records."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from mnist_repro.cli.options import add_verb, parse_ratio
from mnist_repro.cli.stored import find_pair, judge_environment
from mnist_repro.comparison.environments import compare_stores
from mnist_repro.documents.catalogue import load_atlas
from mnist_repro.reporting.terminal.differences import print_differences
from mnist_repro.reporting.terminal.verdicts import print_verdicts


def add_verbs(verbs: Any) -> None:
    """Add `verdicts` and `compare`."""
    add_verb(
        verbs,
        "verdicts",
        show_verdicts,
        shared="documents --records --document --format",
        environment="environment whose runs are judged",
        reads=True,
        help="print the verdict on everything that the documents report, with its reason",
        description="Print, from the records alone, whether each curve, each single number, each comparison and each "
        "statement of the documents is reproduced, with its exact p-value and the reason in words.",
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
    compare_parser.add_argument(
        "before",
        nargs="?",
        metavar="A",
        help="an environment, or a folder with the records of one (default: the published one with most runs)",
    )
    compare_parser.add_argument(
        "after", nargs="?", metavar="B", help="the same; compared with A (default: your own runs, or the last others)"
    )
    compare_parser.add_argument(
        "--speed",
        type=parse_ratio,
        metavar="RATIO",
        help="count it as worse, too, if training takes more than RATIO times as long, by the whole 95 %% interval",
    )


def show_verdicts(options: argparse.Namespace, console: Console) -> int:
    """Print the verdicts."""
    atlas = load_atlas()
    catalogue = atlas.select_documents(options.documents) if options.documents else atlas.front
    result = judge_environment(options, catalogue)
    if options.environment is None and options.format == "table":
        console.print(f"Runs of {result.name}:", highlight=False)
    print_verdicts(result, documents=catalogue.documents, form=options.format, console=console)
    return 0


def compare(options: argparse.Namespace, console: Console) -> int:
    """Print what differs between two sets of records; say by the exit code whether anything got worse."""
    before, after = find_pair(options.before, options.after, records=options.records)
    differences = compare_stores(before, after, protocols=load_atlas().protocols)
    names = options.before or before.environment, options.after or after.environment
    sides, limit = dict(zip(("before", "after"), names, strict=True)), options.speed
    print_differences(differences, **sides, form=options.format, console=console, slower_than=limit)
    return 1 if differences.find_worse(slower_than=limit) else 0
