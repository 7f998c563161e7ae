"""The verbs of `mnist-repro export`: an environment's results in the forms of other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from mnist_repro.cli.options import add_verb
from mnist_repro.cli.stored import judge_environment, open_named
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.records.pooling import pool_runs
from mnist_repro.reporting.exports.benchmark_json import MEASURES, format_benchmark
from mnist_repro.reporting.exports.mlflow import export_runs


def add_verbs(verbs: Any) -> None:
    """Add `export` with its forms."""
    forms = verbs.add_parser(
        "export", help="write an environment's results in the forms of other programs"
    ).add_subparsers(title="forms", required=True, metavar="FORM")
    parser = add_verb(
        forms,
        "benchmark-json",
        export_benchmark,
        shared="--records --document",
        environment="environment that is exported",
        reads=True,
        help="accuracies or times as benchmark-tracking actions read them",
        description="Write the list that github-action-benchmark reads as customBiggerIsBetter, of accuracies, or as "
        "customSmallerIsBetter, of seconds.",
    )
    parser.add_argument("measure", choices=MEASURES, metavar="MEASURE", help="accuracy or seconds")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where it is written (default: standard output)")
    parser = add_verb(
        forms,
        "mlflow",
        export_mlflow,
        shared="--records --document",
        environment="environment that is exported",
        reads=True,
        help="training runs as runs of MLflow, in a store of yours",
        description="Add each run to an MLflow store, with its protocol, its curves and what it was made with, in an "
        "experiment with the environment's name. Runs that are there already stay as they are. Needs the extra "
        "`mlflow`.",
    )
    parser.add_argument(
        "--uri", required=True, metavar="URI", help="the store, such as sqlite:///mlflow.db, or a server's address"
    )


def export_benchmark(options: argparse.Namespace, console: Console) -> int:
    """Write accuracies or times as a benchmark-tracking action reads them."""
    text = format_benchmark(judge_environment(options, load_catalogue()), measure=options.measure)
    if options.output is None:
        console.file.write(text)
        return 0
    try:
        options.output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"--output names {options.output}, and that cannot be written: {error}. Correct it."
        raise ReproError(msg) from error
    console.print(f"Wrote {options.output}", highlight=False, soft_wrap=True)
    return 0


def export_mlflow(options: argparse.Namespace, console: Console) -> int:
    """Add an environment's runs to an MLflow store."""
    store = open_named(options.records, options.environment)
    protocols = load_catalogue().protocols
    records = store.read()
    pools = [pool_runs(records, protocol=protocol, store=store) for protocol in protocols.values()]
    runs = [record for pool in pools for record in pool.records]
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("runs", total=len(runs))
        exported = export_runs(
            runs,
            protocols=protocols,
            environment=store.environment,
            uri=options.uri,
            on_run=lambda: progress.advance(task),
        )
    console.print(f"{exported.added} runs added, {exported.present} there already.", highlight=False)
    return 0
